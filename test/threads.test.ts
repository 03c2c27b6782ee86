import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { handOver } from '../src/backend/pass.js';
import { dispose, init, type KMeansOptions, kmeans, kmeansAsync, makeBlobs } from '../src/index.js';
import { backends } from './helpers/backends.js';
import { bitsOf, blobs, describeThreads } from './helpers/thread-suite.js';

// What one call finds and what the other does: the same bits, whoever made the passes.

const { little, lane } = handOver;

beforeAll(() => {
  Object.assign(handOver, { little: 0, lane: 0 });
});

afterAll(() => {
  Object.assign(handOver, { little, lane });
  dispose();
});

describe('worker threads give the bits of one', () => {
  describeThreads(
    {
      backend: 'wasm-simd-shared',
      isShared: true,
      shapes: [
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
        // Threads take several ranges at a time.
        [70_001, 5, 3],
      ],
      algorithms: ['lloyd', 'hamerly', 'yinyang', 'filtering', 'hartigan-wong'],
      many: 4000,
      some: 3000,
    },
    (expectSame, precision) => {
      test('trees with several roots, grown at once or in the middle of a run', async () => {
        for (const k of [3, 30])
          await expectSame(blobs(30_000, 2, k, precision), k, { nFeatures: 2, nInit: 2, maxIter: 30, tol: 0 });
      });
    },
  );
});

test.each(backends)('without threads the calling thread gives them too: %s', async (backend) => {
  init({ backend });
  try {
    const data = blobs(3000, 5, 6, 'float32');
    const options = { nFeatures: 5, seed: 2 };
    const result = await kmeansAsync(data, 6, options);
    expect(result.threads).toBe(1);
    const here = kmeans(data, 6, options);
    expect(result.algorithm).toBe(here.algorithm);
    expect(bitsOf(result)).toEqual(bitsOf(here));
  } finally {
    init();
  }
});

test('where it makes a large pass in several slices, too', async () => {
  vi.stubGlobal('crossOriginIsolated', false);
  try {
    const { data } = makeBlobs({ nSamples: 300_000, nFeatures: 3, centers: 8, seed: 1 });
    const options: KMeansOptions = { algorithm: 'lloyd', maxIter: 3, init: 'random', nInit: 1 };
    const result = await kmeansAsync(data, 8, options);
    expect([result.backend, result.threads]).toEqual(['wasm-simd', 1]);
    expect(result.inertia).toBe(kmeans(data, 8, options).inertia);
  } finally {
    vi.unstubAllGlobals();
  }
});
