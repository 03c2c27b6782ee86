import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { memoryLimit } from '../src/backend/workspace.js';
import {
  type AsyncOptions,
  dispose,
  elbow,
  elbowAsync,
  init,
  KMeans,
  kmeans,
  kmeansAsync,
  makeBlobs,
  silhouetteScoreAsync,
} from '../src/index.js';
import { inProcess } from './helpers/in-process.js';
import { bitsOf, blobs, describeThreads } from './helpers/thread-suite.js';

// Where memory cannot be shared, or one memory does not hold the samples, workers have a part of them each: the same bits.

/** As in a page that is not isolated. */
function withoutSharing(): void {
  beforeAll(() => {
    init();
    vi.stubGlobal('crossOriginIsolated', false);
  });
  afterAll(() => {
    vi.unstubAllGlobals();
    dispose();
  });
}

describe('workers that share no memory give the bits of one thread', () => {
  withoutSharing();

  describeThreads({
    backend: 'wasm-simd',
    // Bounds stand in for the tree of boxes.
    isShared: false,
    shapes: [
      [1, 1, 1],
      [2, 2, 2],
      [1023, 4, 17],
      [1025, 8, 3],
      [2049, 2, 40],
      [5000, 13, 33],
      [6001, 33, 20],
      [9097, 65, 70],
    ],
    algorithms: ['lloyd', 'hamerly', 'yinyang', 'filtering'],
    many: 9000,
    some: 9000,
  });
});

describe('samples beyond one memory', () => {
  const { bytes } = memoryLimit;

  afterEach(() => {
    memoryLimit.bytes = bytes;
  });

  test.each([
    [1, 3],
    [2, 17],
  ])('are spread over several for every worker, of which there are %s, %s features', async (threads, d) => {
    const data = blobs(20_000, d, 9, 'float32');
    const sampleWeight = Float64Array.from({ length: 20_000 }, (_, i) => i % 3);
    const options = { nFeatures: d, sampleWeight, nInit: 2 };
    const expected = bitsOf(kmeans(data, 9, options));
    memoryLimit.bytes = 700_000;
    expect(() => kmeans(data, 9, options)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY' }));
    const result = await kmeansAsync(data, 9, { ...options, threads });
    expect(result.backend).toBe('wasm-simd');
    expect(result.threads).toBe(threads);
    expect(bitsOf(result)).toEqual(expected);
  });

  test('are too many where not even the least part fits', async () => {
    memoryLimit.bytes = 70_000;
    const call = kmeansAsync(blobs(20_000, 3, 9, 'float32'), 9, { nFeatures: 3 });
    await expect(call).rejects.toMatchObject({ code: 'ERR_OUT_OF_MEMORY' });
  });

  test('are refused at once by the call that waits', () => {
    const data = { data: new Float32Array(8), shape: [500_000_000, 8] as [number, number], stride: [0, 1] };
    expect(() => kmeans(data, 2)).toThrow(/^500000000 rows take \d+ bytes .*kmeansAsync/);
  });
});

describe('workers that share no memory', () => {
  withoutSharing();

  const { data } = makeBlobs({ nSamples: 20_000, nFeatures: 6, centers: 30, spread: 2, seed: 1, precision: 'float32' });
  /** Takes seconds, the first of them in seeding. */
  const long = { k: 2000, options: { threads: 2, tol: 0 } };
  /** So do these, on one thread. */
  const codebook = kmeans(data, 3000, { init: 'random', nInit: 1, maxIter: 1 });
  const others = blobs(300_000, 6, 9, 'float32');
  const predictions = (options: AsyncOptions) => codebook.predictAsync(others, options);
  const silhouettes = (options: AsyncOptions) => silhouetteScoreAsync(data, codebook.labels, options);
  const streams = (options: AsyncOptions) =>
    new KMeans({ k: 300, nFeatures: 6, init: others.subarray(0, 1800), tol: 0 }).fitStream(() => [others], options);
  const made: Worker[] = [];
  const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const exited = (worker: Worker) => new Promise((resolve) => worker.once('exit', resolve));

  async function expectUsable(): Promise<void> {
    const result = await kmeansAsync(data, 4, { threads: 2 });
    expect(result.threads).toBe(2);
    expect(result.labels).toEqual(kmeans(data, 4).labels);
  }

  beforeEach(() => {
    made.length = 0;
    init({
      createWorker: (source) => {
        const worker = new Worker(source, { eval: true });
        made.push(worker);
        return worker;
      },
    });
  });

  test('serve calls at the same time, and later ones', async () => {
    const results = await Promise.all([1, 3, 2].map((threads) => kmeansAsync(data, 5 + threads, { threads })));
    results.forEach(({ labels, k }) => {
      expect(labels).toEqual(kmeans(data, k).labels);
    });
    await expectUsable();
    expect(made.length).toBe(3);
  });

  test('stop where the call is aborted, in seeding and in iterations', async () => {
    const controller = new AbortController();
    const fit = kmeansAsync(data, long.k, { ...long.options, signal: controller.signal });
    await later(150);
    const reason = { why: 'enough' };
    controller.abort(reason);
    await expect(fit).rejects.toBe(reason);
    const second = new AbortController();
    let iterations = 0;
    const onProgress = () => {
      iterations++;
      if (iterations === 3) second.abort('third');
    };
    const options = { threads: 2, init: 'random', nInit: 1, tol: 0, onProgress, signal: second.signal } as const;
    await expect(kmeansAsync(data, 300, options)).rejects.toBe('third');
    expect(iterations).toBe(3);
    await expectUsable();
    expect(made.length).toBe(2);
  });

  test('that die in the middle of a call make it reject; the next call gets new ones', async () => {
    await expectUsable();
    const fit = kmeansAsync(data, long.k, long.options);
    await later(200);
    made[1]!.terminate();
    await expect(fit).rejects.toMatchObject({ code: 'ERR_WORKER' });
    await expectUsable();
    expect(made.length).toBe(4);
  });

  test.each([
    ['do not come up', () => new Worker('throw new Error("no")', { eval: true })],
    [
      'cannot be made',
      () => {
        throw new Error('no');
      },
    ],
    ['end at once', () => new Worker('process.exit(0)', { eval: true })],
  ] as const)('that %s leave the work to the calling thread', async (_, createWorker) => {
    init({ createWorker });
    const result = await kmeansAsync(data, 8, { threads: 2 });
    expect(result.threads).toBe(1);
    expect(result.labels).toEqual(kmeans(data, 8).labels);
  });

  test('end by dispose, after the work under way', async () => {
    const fit = kmeansAsync(data, 20, { threads: 2 });
    await later(5);
    dispose();
    expect((await fit).labels).toEqual(kmeans(data, 20).labels);
    await Promise.all(made.map(exited));
    await expectUsable();
    expect(made.length).toBe(4);
  });

  describe.each([
    ['predictions', () => predictions],
    ['silhouettes', () => silhouettes],
    ['streams', () => streams],
  ] as const)('make %s', (_, callOf) => {
    test('until the call is aborted', async () => {
      const controller = new AbortController();
      const call = callOf()({ threads: 2, signal: controller.signal });
      await later(100);
      const reason = { why: 'enough' };
      controller.abort(reason);
      await expect(call).rejects.toBe(reason);
      await expectUsable();
      expect(made.length).toBe(2);
    });

    test('until one of them dies', async () => {
      await expectUsable();
      const call = callOf()({ threads: 2 });
      await later(150);
      made[1]!.terminate();
      await expect(call).rejects.toMatchObject({ code: 'ERR_WORKER' });
      await expectUsable();
      expect(made.length).toBe(4);
    });
  });

  test('make elbows, and restarts, one after the other', async () => {
    const options = { kMax: 4, nInit: 2, threads: 2 };
    expect(await elbowAsync(data, options)).toEqual(elbow(data, { kMax: 4, nInit: 2 }));
    expect(made.length).toBe(2);
    const restarts = { init: 'random', nInit: 3, maxIter: 5 } as const;
    const result = await kmeansAsync(data, 6, { ...restarts, threads: 2 });
    expect([result.threads, result.backend]).toEqual([2, 'wasm-simd']);
    expect(bitsOf(result)).toEqual(bitsOf(kmeans(data, 6, restarts)));
  });

  test('mind nothing that is left in their memories', async () => {
    const broken = data.data.map(() => Number.NaN);
    await expect(kmeansAsync(broken, 9, { threads: 2, nFeatures: 5 })).rejects.toMatchObject({
      code: 'ERR_NON_FINITE',
    });
    const options = { k: 5, nFeatures: 5, init: others.subarray(0, 25), maxIter: 4 };
    const some = others.subarray(0, 5 * 5000);
    const streamed = await new KMeans(options).fitStream(() => [some], { threads: 2 });
    const { centroids, inertia } = new KMeans(options).fit(some);
    expect([streamed.centroids, streamed.inertia]).toEqual([centroids, inertia]);
  });

  test('label the blocks of a stream', async () => {
    const model = () =>
      new KMeans({
        k: 5,
        maxIter: 4,
        init: Array.from({ length: 5 }, (_, j) => [...data.data.subarray(j * 6, j * 6 + 6)]),
      });
    const streamed = await model().fitStream(() => [data], { threads: 2 });
    expect([streamed.threads, streamed.backend]).toEqual([2, 'wasm-simd']);
    const { centroids, inertia, iterations } = model().fit(data);
    expect([streamed.centroids, streamed.inertia, streamed.iterations]).toEqual([centroids, inertia, iterations]);
  });

  test('hear nothing of what was given back before they make a pass again', async () => {
    // The candidates of k-means‖ stand, for a while, where workers have no memory.
    const options = { nFeatures: 64, init: 'k-means||', maxIter: 3 } as const;
    const many = blobs(3000, 64, 12, 'float32');
    expect(bitsOf(await kmeansAsync(many, 200, { ...options, threads: 2 }))).toEqual(
      bitsOf(kmeans(many, 200, options)),
    );
  });

  test('pass on what the functions of the caller throw, and what is wrong with the data', async () => {
    const error = new Error('mine');
    const fail = () => {
      throw error;
    };
    await expect(kmeansAsync(data, 8, { threads: 2, onProgress: fail })).rejects.toBe(error);
    const broken = new Float64Array(3 * 5000);
    broken[3 * 4321 + 1] = Number.NaN;
    await expect(kmeansAsync(broken, 2, { nFeatures: 3, threads: 2 })).rejects.toThrow(/4321.*1/);
    await expectUsable();
  });
});

test('a process without shared memory ends by itself', () => {
  const source = `globalThis.crossOriginIsolated = false;
    const { data } = library.makeBlobs({ nSamples: 30000, nFeatures: 5, centers: 9, seed: 1 });
    const result = await library.kmeansAsync(data, 9, { threads: 2 });
    console.log(result.threads, result.backend, result.inertia === library.kmeans(data, 9).inertia);`;
  expect(inProcess(source)).toBe('2 wasm-simd true');
});
