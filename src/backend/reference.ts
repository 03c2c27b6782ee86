import type { Precision } from '../types.js';
import type { Backend, Kernels } from './backend.js';
import { arithmetic } from './reference/arithmetic.js';
import { boundsKernels } from './reference/bounds.js';
import { centroidsKernels } from './reference/centroids.js';
import { distancesKernels } from './reference/distances.js';
import { PlainMemory } from './reference/memory.js';
import { samplesKernels } from './reference/samples.js';
import { seedingKernels } from './reference/seeding.js';
import { treeKernels } from './reference/tree.js';

/** The kernels in plain TypeScript: the oracle of the tests, and the fallback where WebAssembly or its SIMD is missing. */
export function createReferenceBackend(): Backend {
  const memory = new PlainMemory();
  const backend: Backend = {
    name: 'js',
    memory,
    kernels: { float32: referenceKernels(memory, 'float32'), float64: referenceKernels(memory, 'float64') },
    estimateBytes: 0,
    relaxed: () => backend,
  };
  return backend;
}

function referenceKernels(memory: PlainMemory, precision: Precision): Kernels {
  const common = arithmetic(memory, precision);
  const ofCentroids = centroidsKernels(common);
  return {
    ...samplesKernels(common),
    ...ofCentroids,
    ...boundsKernels(common, ofCentroids.accumulate),
    ...treeKernels(common),
    ...distancesKernels(common),
    ...seedingKernels(common),
  };
}
