import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Backend, BackendName, KernelName } from '../src/backend/backend.js';
import { createReferenceBackend } from '../src/backend/reference.js';
import { COLUMNS_MAX_D } from '../src/backend/shapes.js';
import type { Precision } from '../src/types.js';
import { GuardedMemory } from './helpers/guarded-memory.js';
import { Bench, type Shape, shapes } from './helpers/kernel-bench.js';
import { labelsOf } from './helpers/kernel-checks.js';
import { kernelTests } from './helpers/kernel-table.js';

/** Kernels that callers keep away from the ends of the range of floats, see algorithms/choose.ts. */
const MODERATE_ONLY: ReadonlySet<KernelName> = new Set(['assignEstimated', 'advance', 'filter', 'quantise']);

/** Kernels that compare scores, which relaxed SIMD may round otherwise: their tests know how much that may be. */
const SCORING: ReadonlySet<KernelName> = new Set(['assign', 'assignEstimated', 'advance', 'filter']);

const isExtreme = ({ kind }: Shape): boolean => kind === 'huge' || kind === 'tiny';

const kernelNames = Object.keys(kernelTests) as KernelName[];

/** Declares the tests of all kernels of one backend and precision. */
export function kernelSuite(
  name: BackendName,
  createBackend: () => Backend,
  precision: Precision,
  ...more: string[]
): void {
  describe(`kernels [${[name, precision, ...more].join(', ')}]`, () => {
    let memory: GuardedMemory;

    beforeAll(() => {
      memory = new GuardedMemory(createBackend());
    });

    test('are those of the backend under test', () => {
      expect(memory.backend.name).toBe(name);
      expect(Object.keys(memory.backend.kernels[precision]).sort()).toEqual([...kernelNames].sort());
    });

    test.each(kernelNames)('%s', (kernel) => {
      compareOn(
        shapes.filter((shape) => !isExtreme(shape)),
        kernel,
      );
    });

    test.each(kernelNames.filter((kernel) => !MODERATE_ONLY.has(kernel)))(
      '%s, of very large and very small values',
      (kernel) => {
        compareOn(shapes.filter(isExtreme), kernel);
      },
    );

    function compareOn(some: readonly Shape[], kernel: KernelName): void {
      for (const shape of some) {
        const written = digestOf(kernel, memory, precision, shape);
        if (name === 'js') referenceDigests.set(keyOf(kernel, precision, shape), written);
        else if (name === 'wasm-relaxed-simd' && SCORING.has(kernel)) continue;
        else if (written !== digestOnReference(kernel, precision, shape))
          expect.fail(`the bytes are not those of the reference backend for ${JSON.stringify(shape)}`);
      }
    }

    test.each([1, 2, 3, 4, 5, 8, 9])('sums of %s features are not finite where a sample is not', (d) => {
      for (const bad of [Number.NaN, Infinity, -Infinity])
        for (const n of [1, 3, 4, 5, 9])
          for (let i = 0; i < n; i++) {
            const bench = new Bench(memory, precision, shapeOf(n, d, 1));
            const at = d <= COLUMNS_MAX_D ? bench.stride * (d - 1) + i : bench.stride * i + d - 1;
            memory.workspace.floats(precision, bench.x, at + 1)[at] = bad;
            const sums = bench.placeFloat64(Array(d).fill(0));
            bench.kernels.addFeatureSums(bench.x, n, d, bench.stride, sums);
            expect(Array.from(bench.readFloat64(sums, d), Number.isFinite)).toEqual(
              Array.from({ length: d }, (_, f) => f < d - 1),
            );
          }
    });

    test('of centroids that are all the same the first wins; the nearest wins, though it be the last', () => {
      for (const d of [1, 2, 3, 4, 5, 8])
        for (const k of [1, 2, 3, 4, 5, 7, 8, 9, 16, 17]) {
          const bench = new Bench(memory, precision, shapeOf(9, d, k));
          expect([...labelsOf(bench, Array(k).fill(bench.rows[8]))]).toEqual(Array(9).fill(0));
          const far = bench.rows[8]!.map((value) => value + 100);
          expect([...labelsOf(bench, [...Array(k - 1).fill(far), bench.rows[8]!])]).toEqual(Array(9).fill(k - 1));
        }
    });

    test('labels of slices are those of the whole', () => {
      for (const d of [2, 4, 5, 9])
        for (const step of [8, 16, 40]) {
          const bench = new Bench(memory, precision, shapeOf(131, d, 9));
          const whole = labelsOf(bench, bench.centroids);
          const sliced = labelsOf(bench, bench.centroids, step);
          expect(sliced).toEqual(whole);
        }
    });
  });
}

/** Runs the test of a kernel on a problem; a digest of the bytes that it wrote. */
function digestOf(kernel: KernelName, memory: GuardedMemory, precision: Precision, shape: Shape): string {
  try {
    const digest = createHash('sha1');
    for (const output of kernelTests[kernel](new Bench(memory, precision, shape))) digest.update(output);
    return digest.digest('hex');
  } catch (error) {
    throw new Error(`${kernel} of ${JSON.stringify(shape)}: ${(error as Error).message}`, { cause: error });
  }
}

const keyOf = (kernel: KernelName, precision: Precision, { seed }: Shape): string => `${kernel} ${precision} ${seed}`;
const referenceMemory = new GuardedMemory(createReferenceBackend());
const referenceDigests = new Map<string, string>();

/** The same on the reference backend, once for all that are compared with it. */
function digestOnReference(kernel: KernelName, precision: Precision, shape: Shape): string {
  const key = keyOf(kernel, precision, shape);
  const digest = referenceDigests.get(key) ?? digestOf(kernel, referenceMemory, precision, shape);
  referenceDigests.set(key, digest);
  return digest;
}

const shapeOf = (n: number, d: number, k: number): Shape => ({ n, d, k, kind: 'normal', weighted: false, seed: 7 });
