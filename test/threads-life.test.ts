import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bytesIn } from '../src/backend/control.js';
import { handOver, type RangeCall } from '../src/backend/pass.js';
import { Pool, takePart } from '../src/backend/pool.js';
import {
  dispose,
  elbow,
  elbowAsync,
  init,
  KMeans,
  kmeans,
  kmeansAsync,
  kmeansFromJSON,
  makeBlobs,
  matrix,
  silhouetteScore,
  silhouetteScoreAsync,
  type WorkerThread,
} from '../src/index.js';
import { inProcess } from './helpers/in-process.js';

// Workers start, are shared, stop, die and end; whoever waits for them hears of it.

const { data } = makeBlobs({ nSamples: 20_000, nFeatures: 6, centers: 30, spread: 2, seed: 1, precision: 'float32' });
const { data: small } = makeBlobs({ nSamples: 3000, nFeatures: 3, centers: 4, seed: 2 });
const { data: large } = makeBlobs({
  nSamples: 100_000,
  nFeatures: 16,
  centers: 64,
  seed: 3,
  precision: 'float32',
}).data;
/** Takes seconds, the first of them in seeding. */
const long = { k: 2000, options: { threads: 2, tol: 0 } };

const made: Worker[] = [];
const createWorker = (source: string) => {
  const worker = new Worker(source, { eval: true });
  made.push(worker);
  return worker;
};
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const exited = (worker: Worker) => new Promise((resolve) => worker.once('exit', resolve));

/** Makes workers of which only the first tells that it failed. */
function failingAlone(): () => WorkerThread {
  let made = 0;
  return () => {
    const fails = made++ === 0;
    const addEventListener = (type: string, listener: (event: unknown) => void) => {
      if (fails && type === 'error') setTimeout(listener, 1);
    };
    return { postMessage: () => {}, terminate: () => {}, addEventListener };
  };
}

/** That the workers do as they should. */
async function expectUsable(): Promise<void> {
  const result = await kmeansAsync(small, 4, { threads: 2 });
  expect(result.threads).toBe(2);
  expect(result.labels).toEqual(kmeans(small, 4).labels);
}

const { little, lane } = handOver;

// Also what is too little to be worth it goes to workers.
beforeEach(() => {
  Object.assign(handOver, { little: 0, lane: 0 });
});

afterEach(() => {
  Object.assign(handOver, { little, lane });
  vi.unstubAllGlobals();
  init();
  made.length = 0;
});

describe('a signal', () => {
  test('that was aborted before: nothing begins', async () => {
    const reason = new Error('no');
    await expect(kmeansAsync(data, 2, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('stops seeding, and its workers go on with the next call', async () => {
    const controller = new AbortController();
    const onProgress = vi.fn();
    const fit = kmeansAsync(data, long.k, { ...long.options, onProgress, signal: controller.signal });
    await later(150);
    const reason = { why: 'enough' };
    controller.abort(reason);
    await expect(fit).rejects.toBe(reason);
    expect(onProgress).not.toHaveBeenCalled();
    await expectUsable();
  });

  test('stops iterations', async () => {
    const controller = new AbortController();
    let iterations = 0;
    const onProgress = () => {
      iterations++;
      if (iterations === 3) controller.abort();
    };
    const options = { threads: 2, init: 'random', nInit: 1, tol: 0, onProgress, signal: controller.signal } as const;
    await expect(kmeansAsync(data, 300, options)).rejects.toMatchObject({ name: 'AbortError' });
    expect(iterations).toBe(3);
    await expectUsable();
  });

  test('is heard while another call has the workers', async () => {
    const first = new AbortController();
    const second = new AbortController();
    const running = kmeansAsync(data, long.k, { ...long.options, signal: first.signal });
    const waiting = kmeansAsync(data, long.k, { ...long.options, signal: second.signal });
    const third = kmeansAsync(small, 4, { threads: 2 });
    await later(50);
    second.abort('second');
    await expect(waiting).rejects.toBe('second');
    first.abort('first');
    await expect(running).rejects.toBe('first');
    expect((await third).labels).toEqual(kmeans(small, 4).labels);
  });

  test('stops work on the calling thread, and silhouettes', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    init();
    const controller = new AbortController();
    const fit = kmeansAsync(data, long.k, { ...long.options, signal: controller.signal });
    const labels = Int32Array.from({ length: 20_000 }, (_, i) => i % 7);
    const score = silhouetteScoreAsync(data, labels, { signal: controller.signal });
    await later(40);
    controller.abort('late');
    await Promise.all([expect(fit).rejects.toBe('late'), expect(score).rejects.toBe('late')]);
  });
});

describe('a worker', () => {
  const { milliseconds } = takePart;

  // Where the calling thread takes part, it may make all of a pass.
  beforeEach(() => {
    takePart.milliseconds = 0;
  });

  afterEach(() => {
    takePart.milliseconds = milliseconds;
  });

  test('that dies in the middle of a call makes it reject; the next call gets new ones', async () => {
    init({ createWorker });
    const fit = kmeansAsync(data, long.k, long.options);
    const waiting = kmeansAsync(small, 4, { threads: 2 });
    await later(200);
    made[1]!.terminate();
    await expect(fit).rejects.toMatchObject({ code: 'ERR_WORKER', cause: 'exit code 1' });
    expect((await waiting).labels).toEqual(kmeans(small, 4).labels);
    expect(made.length).toBe(4);
    await expectUsable();
  });

  test('that dies while nothing is to be done is replaced', async () => {
    init({ createWorker });
    await expectUsable();
    made[0]!.terminate();
    await exited(made[0]!);
    await expectUsable();
    expect(made.length).toBe(4);
  });

  test('that is ended before it is up leaves that call to the calling thread; the next one gets new ones', async () => {
    init({
      createWorker(source) {
        const worker = createWorker(source);
        if (made.length === 1) worker.terminate();
        return worker;
      },
    });
    expect((await kmeansAsync(small, 4, { threads: 2 })).labels).toEqual(kmeans(small, 4).labels);
    await expectUsable();
  });

  test.each([
    ['does not come up', () => new Worker('throw new Error("no")', { eval: true })],
    [
      'cannot be made',
      () => {
        throw new Error('no');
      },
    ],
    ['ends at once', () => new Worker('process.exit(0)', { eval: true })],
    ['fails, while the other never tells, as in Firefox,', failingAlone()],
  ] as const)(
    'that %s leaves the work to the calling thread',
    async (_, broken) => {
      init({ createWorker: broken });
      const result = await kmeansAsync(data, 8, { threads: 2 });
      expect(result.threads).toBe(1);
      expect(result.labels).toEqual(kmeans(data, 8).labels);
    },
    8000,
  );

  test('that throws tells what', async () => {
    const limited = `let subtracted = 0;
      const { sub } = Atomics;
      Atomics.sub = (...all) => {
        if (subtracted++ > 5) throw new Error('five are enough');
        return sub(...all);
      };`;
    init({ createWorker: (source) => createWorker(`${limited}\n${source}`) });
    const cause = expect.objectContaining({ message: 'five are enough' });
    await expect(kmeansAsync(data, 8, { threads: 2 })).rejects.toMatchObject({ code: 'ERR_WORKER', cause });
  });

  test('sees memory that has just grown', async () => {
    const pool = Pool.create(false)!;
    const sums = await pool.lend(
      2,
      new Promise<never>(() => {}),
      async (workspace) => {
        await pool.ready;
        const found: number[] = [];
        for (let i = 0; i < 1000; i++) {
          workspace.reserve(65536, 1);
          const { ones, values } = workspace.take({ ones: 16, values: 16 }, 1);
          workspace.float64(ones, 2).fill(1);
          const call: RangeCall = (kernels, from, count) => kernels.weightedSum(ones + 8 * from, count, 0);
          const { backend } = workspace;
          found.push(await pool.make({ call, backend, precision: 'float64', n: 2, rows: 1, work: 1, values }));
        }
        return found;
      },
      async () => [],
    );
    pool.retire();
    expect(sums).toEqual(Array(1000).fill(2));
  });

  test('asks how much there is of memory that looks as it was before it grew', () => {
    const grown = new ArrayBuffer(131_072);
    const grow = vi.fn(() => {
      memory.buffer = grown;
      return 1;
    });
    const memory = { buffer: new ArrayBuffer(65_536), grow };
    expect(bytesIn(memory, 65_536)).toBe(memory.buffer);
    expect(grow).not.toHaveBeenCalled();
    expect(bytesIn(memory, 131_072)).toBe(grown);
    expect(grow.mock.calls).toEqual([[0]]);
  });

  test('sees memory that has grown since the last call, once engines have optimised what waits for passes', async () => {
    for (let cycle = 0; cycle < 10; cycle++) {
      for (const n of [20_000, 30_000, 60_000, 100_000]) {
        const samples = large.subarray(0, n * 16);
        const options = { nFeatures: 16, init: large.subarray(0, 64 * 16), maxIter: 3, tol: 0, threads: 2 };
        for (let i = 0; i < 2; i++) expect((await kmeansAsync(samples, 64, options)).threads).toBe(2);
      }
      dispose();
    }
  });

  test('serves one call after the other, also of other numbers of threads and kernels', async () => {
    init({ createWorker });
    const all = await Promise.all(
      [1, 3, 2].map((threads, i) => kmeansAsync(small, 4, { threads, seed: i, relaxedSimd: i === 2 })),
    );
    all.forEach((result, seed) => {
      expect(result.threads).toBe([1, 3, 2][seed]);
      expect(result.inertia).toBe(kmeans(small, 4, { seed, relaxedSimd: seed === 2 }).inertia);
    });
  });

  test('ends by dispose, after the work under way', async () => {
    init({ createWorker });
    const fit = kmeansAsync(data, 20, { threads: 2 });
    await later(5);
    dispose();
    dispose();
    expect((await fit).labels).toEqual(kmeans(data, 20).labels);
    await Promise.all(made.map(exited));
    await expectUsable();
    expect(made.length).toBe(4);
  });
});

test('what the functions of the caller throw comes through', async () => {
  const error = new Error('mine');
  const fail = () => {
    throw error;
  };
  await expect(kmeansAsync(data, 8, { threads: 2, onProgress: fail })).rejects.toBe(error);
  await expect(kmeansAsync(data, 8, { threads: 2, init: fail })).rejects.toBe(error);
  await expectUsable();
});

test('bad input rejects with its code', async () => {
  await expect(kmeansAsync(data, 0)).rejects.toMatchObject({ code: 'ERR_K' });
  await expect(kmeansAsync([[1], [Number.NaN]], 1, { threads: 2 })).rejects.toMatchObject({ code: 'ERR_NON_FINITE' });
  for (const options of [{ threads: 0 }, { threads: 'two' }, { signal: {} }, { thread: 1 }])
    await expect(kmeansAsync(data, 2, options as object)).rejects.toMatchObject({ code: 'ERR_OPTION' });
  expect(() => kmeans(data, 2, { threads: 2 } as object)).toThrow('threads');
  expect(() => init({ threads: 0 })).toThrow('threads');
});

test('restarts, functions, progress and matrices are as in the call that waits', async () => {
  const m = matrix(3000, 3, 'float64');
  m.data.set(small.data);
  const seen: object[][] = [[], []];
  const options = (list: object[]) => ({
    nInit: 3,
    init: (_: unknown, k: number, random: () => number) => Array.from({ length: k }, () => [random(), random(), 9]),
    onProgress: ({ elapsedMs, ...rest }: { elapsedMs: number }) => list.push(rest),
  });
  const expected = kmeans(m, 5, options(seen[0]!));
  const result = await kmeansAsync(m, 5, { ...options(seen[1]!), threads: 2 });
  expect(result.inertia).toBe(expected.inertia);
  expect(seen[1]).toEqual(seen[0]);
  expect(kmeans(m, 5, options([])).inertia).toBe(expected.inertia);
});

test('models, predictions, elbows and silhouettes have their asynchronous forms', async () => {
  const model = await new KMeans({ k: 8, seed: 4 }).fitAsync(data, { threads: 2 });
  const expected = new KMeans({ k: 8, seed: 4 }).fit(data);
  expect(model.labels).toEqual(expected.labels);
  expect(model.threads).toBe(2);
  const predictions = expected.predict(data);
  expect(await model.predictAsync(data, { threads: 3 })).toEqual(predictions);
  expect(await kmeansFromJSON(model.toJSON()).predictAsync(data)).toEqual(predictions);
  await expect(new KMeans({ k: 8 }).predictAsync(data)).rejects.toMatchObject({ code: 'ERR_NOT_FITTED' });
  await expect(model.predictAsync([[1]])).rejects.toMatchObject({ code: 'ERR_FEATURES' });
  expect(await elbowAsync(small, { kMax: 6, threads: 2 })).toEqual(elbow(small, { kMax: 6 }));
  const { labels } = kmeans(small, 4);
  expect(await silhouetteScoreAsync(small, labels, { sampleSize: 500 })).toBe(
    silhouetteScore(small, labels, { sampleSize: 500 }),
  );
});

describe('a process', () => {
  const fit = `const { data } = library.makeBlobs({ nSamples: 30000, nFeatures: 5, centers: 9, seed: 1 });
    const { inertia } = library.kmeans(data, 9);
    const check = async (options) => {
      const result = await library.kmeansAsync(data, 9, { threads: 2, ...options });
      console.log(result.threads, result.inertia === inertia);
    };`;

  test('waits for the answer and then ends by itself', () => {
    expect(inProcess(`${fit}\ncheck().then(() => check()).then(() => console.log('done'));`)).toBe(
      '2 true\n2 true\ndone',
    );
  });

  test('hears of passes by messages where it cannot wait otherwise', () => {
    const source = fit.replace('library.makeBlobs', 'fresh.makeBlobs').replaceAll('library.', 'fresh.');
    const load = `delete Atomics.waitAsync;\nconst fresh = await import('./dist/esm/index.js?again');`;
    expect(inProcess(`${load}\n${source}\nawait check();\nawait check({ threads: 1 });`)).toBe('2 true\n1 true');
  });
});
