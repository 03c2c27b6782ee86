import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handOver } from '../src/backend/pass.js';
import {
  dispose,
  init,
  type KMeansAsyncOptions,
  type KMeansResult,
  kmeans,
  kmeansAsync,
  makeBlobs,
} from '../src/index.js';
import type { FloatArray, Precision } from '../src/types.js';
import { backends } from './helpers/backends.js';

// What one call finds and what the other does: the same bits, whoever made the passes.

const THREADS = [1, 2, 3, 4, 7];
const precisions: Precision[] = ['float32', 'float64'];

const bitsOf = ({ labels, centroids, counts, inertia, iterations, converged, algorithm }: KMeansResult) => ({
  labels: [...labels],
  centroids: [...(centroids[0]!.buffer.byteLength ? new Uint8Array(centroids[0]!.buffer) : [])],
  counts: [...counts],
  inertia,
  iterations,
  converged,
  algorithm,
});

const blobs = (n: number, d: number, k: number, precision: Precision, seed = n + d): FloatArray =>
  makeBlobs({ nSamples: n, nFeatures: d, centers: Math.min(k, 12), spread: 1 + (seed % 3), seed, precision }).data
    .data as FloatArray;

async function expectSame(data: FloatArray, k: number, options: KMeansAsyncOptions, threads = THREADS): Promise<void> {
  const expected = bitsOf(kmeans(data, k, options));
  for (const count of threads) {
    const result = await kmeansAsync(data, k, { ...options, threads: count });
    expect(result.threads).toBe(count);
    expect(result.backend).toBe('wasm-simd-shared');
    expect(bitsOf(result)).toEqual(expected);
  }
}

const { little } = handOver;

beforeAll(() => {
  handOver.little = 0;
});

afterAll(() => {
  handOver.little = little;
  dispose();
});

describe('worker threads give the bits of one', () => {
  describe.each(precisions)('%s', (precision) => {
    test.each([
      [1, 1, 1],
      [2, 2, 2],
      [255, 1, 4],
      [256, 3, 3],
      [257, 5, 9],
      [1023, 4, 17],
      [1025, 8, 3],
      [2049, 2, 40],
      [5000, 13, 33],
      [3001, 33, 20],
      [4097, 65, 70],
    ])('%s × %s, k %s', async (n, d, k) => {
      await expectSame(blobs(n, d, k, precision), k, { nFeatures: d, tol: 0 });
    });

    test('trees with several roots, grown at once or in the middle of a run', async () => {
      for (const k of [3, 30])
        await expectSame(blobs(30_000, 2, k, precision), k, { nFeatures: 2, nInit: 2, maxIter: 30, tol: 0 });
    });

    test.each(['lloyd', 'hamerly', 'yinyang', 'filtering', 'hartigan-wong'] as const)(
      'algorithm %s',
      async (algorithm) => {
        for (const d of [2, 7, 40])
          await expectSame(blobs(4000, d, 24, precision), 24, { nFeatures: d, algorithm, maxIter: 40 }, [1, 3]);
      },
    );

    test.each(['k-means++', 'k-means||', 'afk-mc2', 'random'] as const)('seeding %s', async (seeding) => {
      const sampleWeight = Float64Array.from({ length: 4000 }, (_, i) => ((i * 7919) % 13) / 7);
      for (const d of [3, 20]) {
        const data = blobs(4000, d, 20, precision);
        await expectSame(data, 20, { nFeatures: d, init: seeding, seed: 3, maxIter: 9 }, [2, 4]);
        await expectSame(data, 20, { nFeatures: d, init: seeding, nInit: 2, sampleWeight, maxIter: 9 }, [3]);
      }
    });

    test.each(['euclidean', 'cosine'] as const)('metric %s, far from the origin', async (metric) => {
      const data = blobs(3000, 6, 8, precision).map((x) => x + 1000) as FloatArray;
      await expectSame(data, 8, { nFeatures: 6, metric }, [2, 7]);
    });

    test('clusters that run empty, copies, and an early stop', async () => {
      const data = blobs(3000, 4, 3, precision).map((x) => Math.round(x)) as FloatArray;
      const start = Array.from({ length: 30 }, (_, j) => (j < 15 ? [0, 0, 0, 1e3 + j] : [j, -j, j % 3, 1]));
      await expectSame(data, 30, { nFeatures: 4, init: start, maxIter: 5 }, [2, 3]);
    });
  });
});

test.each(backends)('without threads the calling thread gives them too: %s', async (backend) => {
  init({ backend });
  try {
    const data = blobs(3000, 5, 6, 'float32');
    const options = { nFeatures: 5, seed: 2 };
    const result = await kmeansAsync(data, 6, options);
    expect(result.threads).toBe(1);
    expect(bitsOf(result)).toEqual(bitsOf(kmeans(data, 6, options)));
  } finally {
    init();
  }
});
