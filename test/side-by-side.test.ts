import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { handOver, now } from '../src/backend/pass.js';
import { Pool } from '../src/backend/pool.js';
import { createReferenceBackend } from '../src/backend/reference.js';
import { Lane, Workspace } from '../src/backend/workspace.js';
import { readSource } from '../src/data/source.js';
import { Fit } from '../src/fit.js';
import {
  dispose,
  elbow,
  elbowAsync,
  init,
  type KMeansOptions,
  kmeans,
  kmeansAsync,
  type Progress,
} from '../src/index.js';
import { resolveOptions } from '../src/options.js';
import { drawsFor } from '../src/seeding/plus-plus.js';
import { inProcess } from './helpers/in-process.js';
import { bitsOf, blobs } from './helpers/thread-suite.js';

// Restarts and the k of an elbow, several at a time: what comes out is as if one had followed the other.

const THREADS = [1, 2, 3, 4];
const { little, lane } = handOver;

/** All passes go to workers where there is one with nothing to do; or only what is worth it. */
const handOvers = [0, lane];

beforeEach(() => {
  Object.assign(handOver, { little: 0, lane: 0 });
});

afterEach(() => {
  vi.unstubAllGlobals();
  init();
});

afterAll(() => {
  Object.assign(handOver, { little, lane });
  dispose();
});

/** That the bits are those of runs one after the other, and how many threads there were. */
async function expectSame(data: Float32Array | Float64Array, k: number, options: KMeansOptions & { nInit: number }) {
  const expected = bitsOf(kmeans(data, k, options));
  for (const threads of THREADS)
    for (const least of handOvers) {
      handOver.lane = least;
      const result = await kmeansAsync(data, k, { ...options, threads });
      expect(bitsOf(result)).toEqual(expected);
      // Runs are each other's threads: there can be no more of these. Hartigan and Wong's transfers are one thread's.
      if (options.algorithm !== 'hartigan-wong') expect(result.threads).toBe(Math.min(threads, options.nInit));
    }
}

describe.each(['float32', 'float64'] as const)('restarts, %s', (precision) => {
  test.each(['lloyd', 'hamerly', 'yinyang', 'filtering', 'hartigan-wong', 'auto'] as const)(
    'algorithm %s',
    async (algorithm) => {
      for (const d of [2, 7, 30])
        await expectSame(blobs(900, d, 20, precision), 20, { nFeatures: d, algorithm, nInit: 5, init: 'random' });
    },
  );

  test.each(['k-means++', 'k-means||', 'afk-mc2', 'random'] as const)('seeding %s, with weights', async (seeding) => {
    const sampleWeight = Float64Array.from({ length: 700 }, (_, i) => ((i * 7919) % 13) / 7);
    for (const d of [3, 12]) {
      const options = { nFeatures: d, init: seeding, seed: 7, maxIter: 12 };
      await expectSame(blobs(700, d, 17, precision), 17, { ...options, nInit: 4, sampleWeight });
      await expectSame(blobs(700, d, 17, precision), 17, { ...options, nInit: 3 });
    }
  });

  test('cosine, one cluster, as many clusters as samples, and more samples than one root of a tree has', async () => {
    const data = blobs(600, 6, 8, precision);
    await expectSame(data, 8, { nFeatures: 6, metric: 'cosine', nInit: 3 });
    await expectSame(data, 1, { nFeatures: 6, nInit: 3 });
    await expectSame(data.slice(0, 60) as Float32Array, 10, { nFeatures: 6, nInit: 3 });
    await expectSame(blobs(20_000, 2, 9, precision), 9, { nFeatures: 2, nInit: 3 });
  });

  test('clusters that run empty', async () => {
    const data = blobs(500, 4, 3, precision).map((x) => Math.round(x)) as Float32Array;
    const far = (_: unknown, k: number, random: () => number) =>
      Array.from({ length: k }, (_, j) => [random() * 9, j % 2 ? 0 : 1e3 + j, 0, random()]);
    await expectSame(data, 12, { nFeatures: 4, init: far, nInit: 4 });
  });
});

test('of runs with the same inertia the first one is kept', async () => {
  // Two ways to cut a square in halves: the draws decide which one a run finds.
  const square = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  for (let seed = 0; seed < 8; seed++) {
    const expected = kmeans(square, 2, { nInit: 9, seed });
    const result = await kmeansAsync(square, 2, { nInit: 9, seed, threads: 3 });
    expect(bitsOf(result)).toEqual(bitsOf(expected));
  }
});

test('greedy k-means++ draws as many numbers as it says', () => {
  const rows = Array.from({ length: 60 }, (_, i) => [i % 7, (i * i) % 11]);
  for (const k of [1, 2, 7, 40]) {
    let drawn = 0;
    const random = () => {
      drawn++;
      return (drawn * 0.618) % 1;
    };
    const fit = now(
      Fit.prepare(new Workspace(createReferenceBackend()), rows, readSource(rows), k, resolveOptions({ maxIter: 1 })),
    );
    let seeded = 0;
    fit
      .iterate(random, false, () => {
        seeded = drawn;
      })
      .next();
    expect([seeded, drawn]).toEqual([drawsFor(k), drawsFor(k)]);
  }
});

describe('an elbow', () => {
  const data = blobs(800, 3, 6, 'float32');

  test.each([
    ['k-means++', {}],
    ['restarts', { init: 'random', nInit: 3 }],
    ['weights', { sampleWeight: Float64Array.from({ length: 800 }, (_, i) => i % 5) }],
    ['cosine', { metric: 'cosine' }],
    ['another algorithm', { algorithm: 'yinyang' }],
    ['transfers', { algorithm: 'hartigan-wong' }],
  ] as const)('by %s', async (_, options: KMeansOptions) => {
    const seen: Progress[] = [];
    const expected = elbow(data, { nFeatures: 3, ...options, onProgress: (progress) => seen.push(progress) });
    // What one clustering finds for itself.
    for (const [i, k] of expected.ks.entries())
      expect(expected.inertias[i]).toBe(kmeans(data, k, { nFeatures: 3, ...options }).inertia);
    for (const threads of THREADS) {
      expect(await elbowAsync(data, { nFeatures: 3, ...options, threads })).toEqual(expected);
      const told: Progress[] = [];
      const onProgress = (progress: Progress) => told.push(progress);
      expect(await elbowAsync(data, { nFeatures: 3, ...options, threads, onProgress })).toEqual(expected);
      expect(told.map(timeless)).toEqual(seen.map(timeless));
    }
  });

  test('of a function sees the k in their order, with data and draws of its own', async () => {
    const calls: [boolean, number, number][][] = [[], []];
    const options = (list: [boolean, number, number][]) => ({
      ...{ nFeatures: 3, kMin: 2, kMax: 5, nInit: 2 },
      init: (given: unknown, k: number, random: () => number) => {
        list.push([given === data, k, random()]);
        return Array.from({ length: k }, (_, j) => [j, random(), 0]);
      },
      onProgress: () => {},
    });
    const expected = elbow(data, options(calls[0]!));
    expect(await elbowAsync(data, { ...options(calls[1]!), threads: 3 })).toEqual(expected);
    expect(calls[0]!.every(([same]) => same)).toBe(true);
    const sorted = (list: (typeof calls)[0]) => list.map((call) => call.join()).sort();
    expect(sorted(calls[1]!)).toEqual(sorted(calls[0]!));
  });
});

const timeless = ({ elapsedMs, ...rest }: Progress) => {
  expect(elapsedMs).toBeGreaterThanOrEqual(0);
  return rest;
};

describe('onProgress', () => {
  const data = blobs(900, 7, 9, 'float32');
  const options = { nFeatures: 7, init: 'random', nInit: 6, tol: 0 } as const;

  test('hears of run after run, each whole, as if they had followed each other', async () => {
    const seen: Progress[] = [];
    kmeans(data, 9, { ...options, onProgress: (progress) => seen.push(progress) });
    for (const threads of [2, 3, 4]) {
      const told: Progress[] = [];
      await kmeansAsync(data, 9, { ...options, threads, onProgress: (progress) => told.push(progress) });
      expect(told.map(timeless)).toEqual(seen.map(timeless));
    }
  });

  test.each([0, 3, 5])('that throws in run %i ends the call with that error', async (run) => {
    const error = new Error('mine');
    const heard: number[] = [];
    const onProgress = (progress: Progress) => {
      heard.push(progress.run);
      if (progress.run === run && progress.iteration === 2) throw error;
    };
    await expect(kmeansAsync(data, 9, { ...options, threads: 3, onProgress })).rejects.toBe(error);
    const count = heard.length;
    await expectUsable();
    expect(heard.length).toBe(count);
    expect(heard).toEqual([...heard].sort());
    expect(heard.at(-1)).toBe(run);
  });

  test('may cluster something itself', async () => {
    const inertias: number[] = [];
    const onProgress = () => inertias.push(kmeans(data.subarray(0, 70), 2, { nFeatures: 7, nInit: 2 }).inertia);
    const result = await kmeansAsync(data, 9, { ...options, threads: 2, onProgress });
    expect(bitsOf(result)).toEqual(bitsOf(kmeans(data, 9, options)));
    expect(new Set(inertias).size).toBe(1);
  });
});

test('of runs that fail the first one tells why', async () => {
  const data = blobs(600, 4, 3, 'float32').map((x) => Math.round(x));
  const errorOf = async (call: () => unknown) => {
    try {
      await call();
    } catch (error) {
      return error as Error;
    }
    throw new Error('nothing failed');
  };
  // Later runs fail sooner: their far centroids are more.
  let made = 0;
  const start = (_: unknown, k: number, random: () => number) => {
    const run = made++;
    return Array.from({ length: k }, (_, j) =>
      j < 3 * run ? [1e4 + j, 0, 0, run] : [random() * 9, random() * 9, random(), random()],
    );
  };
  const options = { nFeatures: 4, init: start, nInit: 6, emptyCluster: 'error' } as const;
  const expected = await errorOf(() => kmeans(data, 9, options));
  for (const threads of [2, 3, 4]) {
    made = 0;
    const error = await errorOf(() => kmeansAsync(data, 9, { ...options, threads }));
    expect(error).toMatchObject({ code: 'ERR_EMPTY_CLUSTER', message: expected.message });
  }
  const failing = () => {
    throw expected;
  };
  await expect(kmeansAsync(data, 3, { nFeatures: 4, init: failing, threads: 2 })).rejects.toBe(expected);
  await expectUsable();
});

/** That workers do as they should. */
async function expectUsable(): Promise<void> {
  const small = blobs(500, 5, 4, 'float32');
  const options = { nFeatures: 5, nInit: 3 };
  const result = await kmeansAsync(small, 4, { ...options, threads: 2 });
  expect(result.threads).toBe(2);
  expect(bitsOf(result)).toEqual(bitsOf(kmeans(small, 4, options)));
}

const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('runs that take seconds', () => {
  const data = blobs(20_000, 6, 30, 'float32');
  const options = { nFeatures: 6, tol: 0, nInit: 50, threads: 2 };

  test.each([
    ['k-means++', 30],
    ['random', 10],
  ] as const)('stop where a signal says so: %s', async (seeding, wait) => {
    await expectUsable();
    for (const more of [0, 40, 200]) {
      const controller = new AbortController();
      const fit = kmeansAsync(data, 200, { ...options, init: seeding, signal: controller.signal });
      const waiting = kmeansAsync(data.subarray(0, 600), 3, { nFeatures: 6, nInit: 3, threads: 2 });
      await later(wait + more);
      controller.abort('enough');
      await expect(fit).rejects.toBe('enough');
      expect((await waiting).inertia).toBe(kmeans(data.subarray(0, 600), 3, { nFeatures: 6, nInit: 3 }).inertia);
      await expectUsable();
    }
    const controller = new AbortController();
    const curve = elbowAsync(data, { nFeatures: 6, kMin: 100, kMax: 300, threads: 2, signal: controller.signal });
    await later(wait);
    controller.abort('enough');
    await expect(curve).rejects.toBe('enough');
    await expectUsable();
  });

  test('stop where a signal is given by onProgress', async () => {
    const controller = new AbortController();
    let iterations = 0;
    const onProgress = () => {
      if (++iterations === 4) controller.abort();
    };
    const { signal } = controller;
    const fit = kmeansAsync(data, 50, { ...options, init: 'random', onProgress, signal });
    await expect(fit).rejects.toMatchObject({ name: 'AbortError' });
    await expectUsable();
  });

  test('fail where a worker dies; the next call gets new ones', async () => {
    const made: Worker[] = [];
    const isUp: Promise<unknown>[] = [];
    init({
      createWorker(source) {
        const worker = new Worker(source, { eval: true });
        made.push(worker);
        isUp.push(new Promise((resolve) => worker.once('message', resolve)));
        return worker;
      },
    });
    await expectUsable();
    await isUp[0];
    const fit = kmeansAsync(data, 200, options);
    const waiting = kmeansAsync(data.subarray(0, 600), 3, { nFeatures: 6, nInit: 3, threads: 2 });
    await later(100);
    made[0]!.terminate();
    await expect(fit).rejects.toMatchObject({ code: 'ERR_WORKER' });
    expect((await waiting).inertia).toBe(kmeans(data.subarray(0, 600), 3, { nFeatures: 6, nInit: 3 }).inertia);
    expect(made.length).toBe(2);
    await expectUsable();
  });

  test('stop, or fail, where one is left, whose passes all threads share', async () => {
    const made: Worker[] = [];
    init({ createWorker: (source) => made[made.push(new Worker(source, { eval: true })) - 1]! });
    const known = kmeans(data, 200, { nFeatures: 6, tol: 0 }).centroids;
    const far = Array.from({ length: 200 }, (_, j) => data.subarray(j * 6, j * 6 + 6));
    const { share } = Pool.prototype;
    const shared = vi.spyOn(Pool.prototype, 'share');
    /** Does something at the tenth pass that is shared. */
    const fitUntil = (happens: () => void, signal?: AbortSignal) => {
      shared.mockReset().mockImplementation(function (this: Pool, ...pass) {
        if (shared.mock.calls.length === 10) happens();
        return share.apply(this, pass);
      });
      let run = 0;
      const start = () => (run++ === 0 ? known : far);
      return kmeansAsync(data, 200, { ...options, nInit: 2, init: start, maxIter: 2000, ...(signal && { signal }) });
    };
    const controller = new AbortController();
    const stopped = fitUntil(() => controller.abort('enough'), controller.signal);
    await expect(stopped).rejects.toBe('enough');
    expect(shared.mock.calls.length).toBeLessThan(20);
    await expectUsable();
    const failed = fitUntil(() => made[0]!.terminate());
    await expect(failed).rejects.toMatchObject({ code: 'ERR_WORKER' });
    shared.mockRestore();
    await expectUsable();
  });

  test('let others have a go on the calling thread', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await kmeansAsync(data, 60, { ...options, nInit: 8 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

test.each([
  ['does not come up', () => new Worker('throw new Error("no")', { eval: true })],
  ['never tells', () => ({ postMessage: () => {}, terminate: () => {} })],
] as const)('a worker that %s leaves all runs to the calling thread', async (_, createWorker) => {
  // Nobody waits for it but passes that all threads share.
  handOver.little = little;
  init({ createWorker });
  const data = blobs(3000, 6, 9, 'float32');
  const options = { nFeatures: 6, nInit: 4 };
  expect(bitsOf(await kmeansAsync(data, 9, { ...options, threads: 2 }))).toEqual(bitsOf(kmeans(data, 9, options)));
});

test('where memory cannot be shared runs follow each other', async () => {
  vi.stubGlobal('crossOriginIsolated', false);
  init();
  const data = blobs(3000, 6, 9, 'float32');
  const options = { nFeatures: 6, nInit: 3 };
  const result = await kmeansAsync(data, 9, { ...options, threads: 2 });
  expect(result.backend).toBe('wasm-simd');
  expect(bitsOf(result)).toEqual(bitsOf(kmeans(data, 9, options)));
  expect(await elbowAsync(data, { nFeatures: 6, kMax: 4, threads: 2 })).toEqual(elbow(data, { nFeatures: 6, kMax: 4 }));
});

test('a process hears of passes by messages where it cannot wait otherwise, and ends', () => {
  const source = `delete Atomics.waitAsync;
    const fresh = await import('./dist/esm/index.js?again');
    const { data } = fresh.makeBlobs({ nSamples: 30000, nFeatures: 9, centers: 30, seed: 1 });
    const options = { nInit: 4, init: 'random', maxIter: 9 };
    const { inertia } = fresh.kmeans(data, 30, options);
    for (let i = 0; i < 2; i++) {
      const result = await fresh.kmeansAsync(data, 30, { ...options, threads: 3 });
      console.log(result.threads, result.inertia === inertia);
    }`;
  expect(inProcess(source)).toBe('3 true\n3 true');
});

describe('lanes', () => {
  test('take pieces of one memory that do not meet, and use again what was given back', () => {
    const whole = new Workspace(createReferenceBackend());
    const lanes = [new Lane(whole, 1000, 1), new Lane(whole, 5, 1)];
    const taken: [number, number][] = [];
    const take = (p: number, bytes: number) => {
      const { x } = lanes[p]!.take({ x: bytes }, 1);
      expect(x % 64).toBe(0);
      for (const [from, to] of taken) expect(x >= to || x + bytes <= from).toBe(true);
      taken.push([x, x + bytes]);
      return x;
    };
    take(0, 300);
    take(1, 900);
    const marks = lanes.map((lane) => lane.mark());
    const [first, second] = [take(0, 400), take(1, 100)];
    take(0, 5000);
    take(1, 70);
    const top = whole.mark();
    lanes.forEach((lane, p) => {
      lane.backTo(marks[p]!);
    });
    taken.length = 2;
    expect([take(0, 400), take(1, 100)]).toEqual([first, second]);
    take(0, 5000);
    take(1, 70);
    expect(whole.mark()).toBe(top);
    // Whoever gave all back begins anew.
    lanes[0]!.backTo(0);
    taken.length = 0;
    expect(take(0, 200)).toBeLessThan(first);
  });
});
