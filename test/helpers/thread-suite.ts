import { describe, expect, test } from 'vitest';
import { takePart } from '../../src/backend/pool.js';
import {
  type KMeansAsyncOptions,
  type KMeansResult,
  kmeans,
  kmeansAsync,
  makeBlobs,
  silhouetteScore,
  silhouetteScoreAsync,
} from '../../src/index.js';
import type { FloatArray, Precision } from '../../src/types.js';

const THREADS = [1, 2, 3, 4, 7];
const precisions: Precision[] = ['float32', 'float64'];

export const bitsOf = ({ labels, centroids, counts, inertia, iterations, converged }: KMeansResult) => ({
  labels: [...labels],
  centroids: [...new Uint8Array(centroids[0]!.buffer)],
  counts: [...counts],
  inertia,
  iterations,
  converged,
});

export const blobs = (n: number, d: number, k: number, precision: Precision, seed = n + d): FloatArray =>
  makeBlobs({ nSamples: n, nFeatures: d, centers: Math.min(k, 12), spread: 1 + (seed % 3), seed, precision }).data
    .data as FloatArray;

interface Suite {
  /** What the workers run on. */
  backend: string;
  /** Whether they share memory, and so run the algorithm of the calling thread, and restarts side by side. */
  isShared: boolean;
  /** n, d, k of plain calls. */
  shapes: readonly (readonly [number, number, number])[];
  algorithms: readonly NonNullable<KMeansAsyncOptions['algorithm']>[];
  /** Samples of the tests of algorithms and seedings, and of the others. */
  many: number;
  some: number;
}

export type ExpectSame = (
  data: FloatArray,
  k: number,
  options: KMeansAsyncOptions,
  threads?: readonly number[],
) => Promise<void>;

/** That asynchronous calls give the bits of synchronous ones, whatever the number of threads. */
export function describeThreads(
  { backend, isShared, shapes, algorithms, many, some }: Suite,
  more?: (expectSame: ExpectSame, precision: Precision) => void,
): void {
  const expectSame: ExpectSame = async (data, k, options, threads = THREADS) => {
    const here = kmeans(data, k, options);
    const { milliseconds } = takePart;
    for (const count of threads) {
      // The calling thread takes part, or workers make all of it.
      takePart.milliseconds = count % 2 === 0 ? milliseconds : 0;
      const result = await kmeansAsync(data, k, { ...options, threads: count });
      expect(result.threads).toBe(isShared ? Math.min(count, Number(options.nInit ?? count)) : count);
      expect(result.backend).toBe(backend);
      if (isShared) expect(result.algorithm).toBe(here.algorithm);
      expect(bitsOf(result)).toEqual(bitsOf(here));
    }
    takePart.milliseconds = milliseconds;
  };

  describe.each(precisions)('%s', (precision) => {
    test.each(shapes)('%s × %s, k %s', async (n, d, k) => {
      await expectSame(blobs(n, d, k, precision), k, { nFeatures: d, tol: 0 });
    });

    test.each(algorithms)('algorithm %s', async (algorithm) => {
      for (const d of [2, 7, 40])
        await expectSame(blobs(many, d, 24, precision), 24, { nFeatures: d, algorithm, maxIter: 40 }, [1, 3]);
    });

    test.each([
      ...(['k-means++', 'k-means||', 'afk-mc2', 'random'] as const).map((name) => [name, 20] as const),
      ['growing', 20],
      ['growing', 4],
    ] as const)('seeding %s, k %s', async (seeding, k) => {
      const sampleWeight = Float64Array.from({ length: many }, (_, i) => ((i * 7919) % 13) / 7);
      for (const d of [3, 20]) {
        const data = blobs(many, d, 20, precision);
        await expectSame(data, k, { nFeatures: d, init: seeding, seed: 3, maxIter: 9 }, [2, 4]);
        await expectSame(data, k, { nFeatures: d, init: seeding, nInit: 2, sampleWeight, maxIter: 9 }, [3]);
      }
    });

    test.each(['euclidean', 'cosine'] as const)('metric %s, far from the origin', async (metric) => {
      const data = blobs(some, 6, 8, precision).map((x) => x + 1000) as FloatArray;
      await expectSame(data, 8, { nFeatures: 6, metric }, [2, 7]);
    });

    test('clusters that run empty, copies, and an early stop', async () => {
      const data = blobs(some, 4, 3, precision).map((x) => Math.round(x)) as FloatArray;
      const start = Array.from({ length: 30 }, (_, j) => (j < 15 ? [0, 0, 0, 1e3 + j] : [j, -j, j % 3, 1]));
      await expectSame(data, 30, { nFeatures: 4, init: start, maxIter: 5 }, [2, 3]);
    });

    test.each([
      ['euclidean', 3],
      ['euclidean', 9],
      ['cosine', 4],
    ] as const)('predictions and silhouettes, %s, %s features', async (metric, d) => {
      const data = blobs(6000, d, 6, precision);
      const model = kmeans(data, 6, { nFeatures: d, metric });
      const others = blobs(7001, d, 6, precision, 5);
      const predicted = model.predict(others);
      const options = { nFeatures: d, metric, sampleSize: 4500 };
      const score = silhouetteScore(data, model.labels, options);
      for (const threads of THREADS) {
        expect(await model.predictAsync(others, { threads })).toEqual(predicted);
        expect(await silhouetteScoreAsync(data, model.labels, { ...options, threads })).toBe(score);
      }
    });

    more?.(expectSame, precision);
  });
}
