import type { KernelName } from '../../src/backend/backend.js';
import type { NumericArray } from '../../src/types.js';
import type { Bench } from './kernel-bench.js';
import { assignTests } from './kernel-tests/assign.js';
import { boundsTests } from './kernel-tests/bounds.js';
import { centroidsTests } from './kernel-tests/centroids.js';
import { filterTests } from './kernel-tests/filter.js';
import { prepareTests } from './kernel-tests/prepare.js';
import { seedTests } from './kernel-tests/seed.js';
import { silhouetteTests } from './kernel-tests/silhouette.js';

/**
 * Runs a kernel on a problem, compares what it wrote with an oracle that knows plain arrays only, and returns it: every
 * backend has to write the same bytes.
 */
type KernelTest = (bench: Bench) => NumericArray[];

/** Tests of some kernels. */
export type KernelTests = Partial<Record<KernelName, KernelTest>>;

/** One test for every kernel: a new kernel does not compile without its own. */
export const kernelTests: Record<KernelName, KernelTest> = {
  ...prepareTests,
  ...assignTests,
  ...centroidsTests,
  ...boundsTests,
  ...filterTests,
  ...seedTests,
  ...silhouetteTests,
};
