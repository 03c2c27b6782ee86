import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { handOver } from '../src/backend/pass.js';
import { worthSharing } from '../src/data/resident.js';
import {
  dispose,
  elbow,
  elbowAsync,
  init,
  type KMeansOptions,
  kmeans,
  kmeansAsync,
  kmeansSteps,
  type Matrix,
  MiniBatchKMeans,
  matrix,
  readRows,
} from '../src/index.js';
import type { FloatArray, Precision } from '../src/types.js';
import { inProcess } from './helpers/in-process.js';
import { bitsOf, blobs } from './helpers/thread-suite.js';

// A matrix is clustered where it lies: no second copy of its values, the bits of a copy, and its own bits afterwards.

const { little } = handOver;
const { bytes: usual } = worthSharing;

// Small ones are shared as large ones are.
beforeAll(() => {
  handOver.little = 0;
  worthSharing.bytes = 0;
});

afterEach(() => {
  vi.unstubAllGlobals();
  init();
});

afterAll(() => {
  handOver.little = little;
  worthSharing.bytes = usual;
  dispose();
});

const precisions: Precision[] = ['float32', 'float64'];
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const bytesOf = ({ buffer, byteOffset, byteLength }: FloatArray) => Buffer.from(buffer, byteOffset, byteLength);

function filled(values: FloatArray, d: number): Matrix {
  const m = matrix(values.length / d, d, values instanceof Float32Array ? 'float32' : 'float64');
  m.data.set(values);
  return m;
}

const expectValues = (m: Matrix, values: FloatArray) => expect(bytesOf(m.data).equals(bytesOf(values))).toBe(true);

/** Samples whose means are of the size of their spread: a shift takes digits from values near 0. Zeros have both signs. */
function lossy(n: number, d: number, precision: Precision): FloatArray {
  const values = blobs(n, d, 8, precision).map((x) => x / 8 + 1) as FloatArray;
  for (let i = 0; i < values.length; i += 97) values[i] = i % 2 ? -0 : 0;
  return values;
}

const samplesOf: Record<string, (n: number, d: number, precision: Precision) => FloatArray> = {
  'about the origin': (n, d, precision) => {
    const values = blobs(n, d, 8, precision);
    return values.map((x, i) => (i < values.length / 2 ? x : -values[i - values.length / 2]!)) as FloatArray;
  },
  'far from it': (n, d, precision) => blobs(n, d, 8, precision).map((x) => x + 1000) as FloatArray,
  'on one side of it': lossy,
};

describe.each(precisions)('a %s matrix', (precision) => {
  describe.each(Object.keys(samplesOf))('with samples %s', (place) => {
    const n = 4000;

    test.each([5, 40])('of %s features gives the bits of a copy, to any number of threads', async (d) => {
      const values = samplesOf[place]!(n, d, precision);
      const m = filled(values, d);
      expect(m.data.buffer).toBeInstanceOf(SharedArrayBuffer);
      for (const algorithm of ['lloyd', 'hamerly', 'yinyang', 'hartigan-wong'] as const) {
        const options = { algorithm, maxIter: 12, nInit: 2, seed: d, init: 'random' } as const;
        const expected = bitsOf(kmeans(values, 9, { ...options, nFeatures: d }));
        expect(bitsOf(kmeans(m, 9, options))).toEqual(expected);
        expectValues(m, values);
        for (const threads of algorithm === 'lloyd' ? [1, 2, 3, 7] : [2]) {
          const result = await kmeansAsync(m, 9, { ...options, threads });
          // Runs go on side by side, with a thread each.
          expect([result.threads, result.backend]).toEqual([Math.min(threads, 2), 'wasm-simd-shared']);
          expect(bitsOf(result)).toEqual(expected);
          expectValues(m, values);
        }
      }
    });

    test('takes weights, seeding and other metrics and precisions as a copy does', async () => {
      const values = samplesOf[place]!(n, 6, precision);
      const m = filled(values, 6);
      const sampleWeight = Float64Array.from({ length: n }, (_, i) => i % 4);
      for (const options of [
        { sampleWeight },
        { init: 'k-means||', nInit: 2 },
        { init: 'afk-mc2' },
        { metric: 'cosine' },
        { precision: precision === 'float32' ? 'float64' : 'float32' },
        { relaxedSimd: true },
      ] as KMeansOptions[]) {
        const expected = bitsOf(kmeans(values, 7, { ...options, nFeatures: 6 }));
        expect(bitsOf(kmeans(m, 7, options))).toEqual(expected);
        expect(bitsOf(await kmeansAsync(m, 7, { ...options, threads: 2 }))).toEqual(expected);
        expectValues(m, values);
      }
    });

    test('takes no room for a second one', async () => {
      const d = 100;
      const values = samplesOf[place]!(n, d, precision);
      const m = filled(values, d);
      kmeans(m, 3, { algorithm: 'lloyd' });
      await kmeansAsync(m, 3, { algorithm: 'lloyd', threads: 2 });
      await kmeansAsync(m, 3, { algorithm: 'lloyd' });
      expect(m.data.buffer.byteLength).toBeLessThan(1.5 * values.byteLength);
    });

    test('is read as it was filled while a call has it', async () => {
      const values = samplesOf[place]!(n, 7, precision);
      const m = filled(values, 7);
      const expected = (k: number) => bitsOf(kmeans(values, k, { nFeatures: 7 }));
      let looks = 0;
      const onProgress = () => {
        if (looks++ > 2) return;
        expect(readRows(m).values).toEqual(Float64Array.from(values));
        expect(bitsOf(kmeans(m, 4))).toEqual(expected(4));
        expect([...kmeansSteps(m, 4)].length).toBe([...kmeansSteps(values, 4, { nFeatures: 7 })].length);
      };
      const results = await Promise.all([
        kmeansAsync(m, 8, { threads: 2, onProgress }),
        kmeansAsync(m, 5, { threads: 3 }),
        kmeansAsync(m, 3),
      ]);
      expect(looks).toBeGreaterThan(0);
      results.forEach((result, i) => {
        expect(bitsOf(result)).toEqual(expected([8, 5, 3][i]!));
      });
      expectValues(m, values);
    });

    test('shows functions of the caller what it was filled with', async () => {
      const values = samplesOf[place]!(n, 7, precision);
      const m = filled(values, 7);
      const start = (data: unknown, k: number) => {
        expect(data).toBe(m);
        expectValues(m, values);
        return [...Array(k).keys()].map((i) => Array.from(m.row(i * 3)));
      };
      const options = { init: start, nInit: 2, onProgress: () => expectValues(m, values) };
      const expected = bitsOf(kmeans(m, 6, options));
      expect(bitsOf(await kmeansAsync(m, 6, { threads: 2, init: start, nInit: 2 }))).toEqual(expected);
      kmeans(m, 6, { onProgress: () => expectValues(m, values) });
    });

    test('has its values after errors', async () => {
      const values = samplesOf[place]!(n, 7, precision);
      const m = filled(values, 7);
      const error = new Error('mine');
      const fail = () => {
        throw error;
      };
      for (const options of [{ init: fail }, { onProgress: fail }]) {
        expect(() => kmeans(m, 4, options)).toThrow(error);
        expectValues(m, values);
        for (const threads of ['auto', 2] as const)
          await expect(kmeansAsync(m, 4, { ...options, threads })).rejects.toBe(error);
        expectValues(m, values);
      }
      const far = [...Array(4).keys()].map((j) => Array(7).fill(1e5 + j));
      const empty = { init: far, emptyCluster: 'error' } as const;
      expect(() => kmeans(m, 4, empty)).toThrow(expect.objectContaining({ code: 'ERR_EMPTY_CLUSTER' }));
      await expect(kmeansAsync(m, 4, { ...empty, threads: 2 })).rejects.toMatchObject({ code: 'ERR_EMPTY_CLUSTER' });
      expectValues(m, values);
      expect(bitsOf(await kmeansAsync(m, 4, { threads: 2 }))).toEqual(bitsOf(kmeans(values, 4, { nFeatures: 7 })));
    });

    test('goes through small steps and several k', async () => {
      const values = samplesOf[place]!(n, 7, precision);
      const m = filled(values, 7);
      const fitted = (data: Matrix | FloatArray) => new MiniBatchKMeans({ k: 5, seed: 2, nFeatures: 7 }).fit(data);
      expect(fitted(m).labels).toEqual(fitted(values).labels);
      expectValues(m, values);
      expect(await elbowAsync(m, { kMax: 4, threads: 2 })).toEqual(elbow(values, { kMax: 4, nFeatures: 7 }));
      expectValues(m, values);
    });

    test.each([
      ['where memory cannot be shared', () => vi.stubGlobal('crossOriginIsolated', false)],
      ['in plain JavaScript', () => init({ backend: 'js' })],
      ['where no worker starts', () => init({ createWorker: () => new Worker('process.exit(0)', { eval: true }) })],
    ] as const)('is clustered in place in slices %s', async (_, without) => {
      without();
      const values = samplesOf[place]!(n, 50, precision);
      const m = filled(values, 50);
      const result = await kmeansAsync(m, 6, { algorithm: 'lloyd' });
      expect(result.threads).toBe(1);
      expect(bitsOf(result)).toEqual(bitsOf(kmeans(values, 6, { algorithm: 'lloyd', nFeatures: 50 })));
      expect(m.data.buffer.byteLength).toBeLessThan(1.7 * values.byteLength);
      expectValues(m, values);
    });
  });
});

describe('while workers have a matrix', () => {
  const d = 6;
  const values = lossy(20_000, d, 'float32');
  /** Takes seconds. */
  const long = { threads: 2, tol: 0 };
  let made: { worker: Worker; exited: Promise<unknown> }[] = [];
  const createWorker = (source: string) => {
    const worker = new Worker(source, { eval: true });
    made.push({ worker, exited: new Promise((resolve) => worker.once('exit', resolve)) });
    return worker;
  };

  afterEach(() => {
    made = [];
  });

  async function expectUsable(m: Matrix): Promise<void> {
    expectValues(m, values);
    const result = await kmeansAsync(m, 4, { threads: 2 });
    expect(result.threads).toBe(2);
    expect(bitsOf(result)).toEqual(bitsOf(kmeans(values, 4, { nFeatures: d })));
    expectValues(m, values);
  }

  test.each([0, 1, 20, 300])('a signal %s ms after the call brings the values back', async (milliseconds) => {
    const m = filled(values, d);
    for (const threads of [2, 'auto'] as const) {
      const controller = new AbortController();
      const fit = kmeansAsync(m, 2000, { ...long, threads, signal: controller.signal });
      setTimeout(() => controller.abort('enough'), milliseconds);
      await expect(fit).rejects.toBe('enough');
      await expectUsable(m);
    }
  });

  test('an abort does not wait until values are back; who looks at them anew, or clusters them, does', async () => {
    const large = lossy(200_000, d, 'float32');
    // Each slice takes so long that others have a go after it.
    let clock = 0;
    const watch = vi.spyOn(performance, 'now').mockImplementation(() => (clock += 11));
    const m = filled(large, d);
    const bits = bytesOf(large);
    const before = m.data;
    const aborted = async () => {
      const controller = new AbortController();
      const fit = kmeansAsync(m, 200, { ...long, signal: controller.signal });
      // The last values are moved last.
      while (bytesOf(before).subarray(-4000).equals(bits.subarray(-4000))) await later(1);
      controller.abort('enough');
      await expect(fit).rejects.toBe('enough');
      expect(bytesOf(before).equals(bits)).toBe(false);
    };
    await aborted();
    expectValues(m, large);
    await aborted();
    expect(bitsOf(kmeans(m, 3, { maxIter: 2 }))).toEqual(bitsOf(kmeans(large, 3, { maxIter: 2, nFeatures: d })));
    expect(bytesOf(before).equals(bits)).toBe(true);
    await aborted();
    while (!bytesOf(before).equals(bits)) await later(1);
    watch.mockRestore();
  });

  test('a signal aborted before leaves it alone', async () => {
    const m = filled(values, d);
    await expect(kmeansAsync(m, 4, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    await expect(kmeansAsync(m, 4, { threads: 0 })).rejects.toMatchObject({ code: 'ERR_OPTION' });
    await expectUsable(m);
  });

  test('one that dies brings the values back', async () => {
    init({ createWorker });
    const m = filled(values, d);
    // Once it has work: a worker that ends before leaves it to the calling thread.
    const onProgress = () => made[1]!.worker.terminate();
    const fit = kmeansAsync(m, 2000, { ...long, onProgress });
    await expect(fit).rejects.toMatchObject({ code: 'ERR_WORKER' });
    await expectUsable(m);
  });

  test('it can be disposed of', async () => {
    const m = filled(values, d);
    const fits = [kmeansAsync(m, 30, { threads: 2 }), kmeansAsync(m, 20, { threads: 2 })];
    m.dispose();
    for (const [i, fit] of fits.entries())
      expect(bitsOf(await fit)).toEqual(bitsOf(kmeans(values, [30, 20][i]!, { nFeatures: d })));
    expect(() => m.data).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }));
  });

  test('other calls take turns with it, and its workers end with it', async () => {
    init({ createWorker });
    const [m, other] = [filled(values, d), filled(values, d)];
    const calls = [m, values, other, m].map((data) => kmeansAsync(data, 6, { threads: 2, nFeatures: d }));
    const expected = bitsOf(kmeans(values, 6, { nFeatures: d }));
    for (const result of await Promise.all(calls)) expect(bitsOf(result)).toEqual(expected);
    // Two for each matrix; the others stay, also for who comes second to a matrix, and is copied.
    expect(made.length).toBe(6);
    await Promise.all([0, 1, 4, 5].map((i) => made[i]!.exited));
    dispose();
    await Promise.all(made.map(({ exited }) => exited));
  });
});

test.each(precisions)('%s values of which too many would lose digits are copied, and stay', async (precision) => {
  const values = blobs(3000, 60, 4, precision).map((x, i) => (i % 9 < 5 ? 1e-9 * x : 1 + x / 64)) as FloatArray;
  const m = filled(values, 60);
  const expected = bitsOf(kmeans(values, 5, { nFeatures: 60 }));
  expect(bitsOf(kmeans(m, 5))).toEqual(expected);
  expect(bitsOf(await kmeansAsync(m, 5, { threads: 2 }))).toEqual(expected);
  expectValues(m, values);
  expect(m.data.buffer.byteLength).toBeGreaterThan(2 * values.byteLength);
});

test('a matrix is shared from 64 MiB on', () => {
  worthSharing.bytes = usual;
  try {
    expect(matrix(2 ** 20, 16).data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(matrix(2 ** 20 - 1, 16).data.buffer).toBeInstanceOf(ArrayBuffer);
    expect(matrix(2 ** 22, 4).data.buffer).toBeInstanceOf(ArrayBuffer);
  } finally {
    worthSharing.bytes = 0;
  }
});

test('shared memory that was given back is collected', () => {
  const source = `let most = 0;
    for (let i = 0; i < 30; i++) {
      const m = library.matrix(2 ** 20, 16);
      m.data.fill(i);
      if (i % 10 === 9) await library.kmeansAsync(m, 2, { threads: 2, maxIter: 1 });
      else m.dispose();
      most = Math.max(most, process.memoryUsage().rss);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    console.log(most < 1e9 ? 'flat' : most);`;
  expect(inProcess(source)).toBe('flat');
});
