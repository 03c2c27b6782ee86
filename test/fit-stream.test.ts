import { afterAll, describe, expect, it, vi } from 'vitest';
import { acquireWorkspace, releaseWorkspace } from '../src/backend/workspace.js';
import { dispose, init, KMeans, type KMeansOptions, kmeans, kmeansAsync, MiniBatchKMeans } from '../src/index.js';
import type { Batch, Batches } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { hex } from './helpers/compare.js';
import { rejectedCode } from './helpers/errors.js';
import { flat, type Kind, mulberry32, normal, problem } from './helpers/problems.js';

/** Cuts n rows into batches of the sizes, again and again. */
function* cut(n: number, sizes: readonly number[]): Generator<[number, number]> {
  for (let from = 0, s = 0; from < n; s++) {
    const to = Math.min(n, from + sizes[s % sizes.length]!);
    yield [from, to];
    from = to;
  }
}

const sourceOf = (rows: Batch & readonly unknown[], sizes: readonly number[], weights?: readonly number[]) =>
  async function* () {
    for (const [from, to] of cut(rows.length, sizes)) {
      const data = rows.slice(from, to) as Batch & number[][];
      yield weights ? { data, sampleWeight: weights.slice(from, to) } : data;
    }
  };

/** Every bit but the labels. */
function bitsOf(model: Pick<KMeans, 'centroids' | 'counts' | 'inertia' | 'iterations' | 'converged'>): string {
  const { centroids, counts, inertia, iterations, converged } = model;
  const parts = [counts, Float64Array.of(inertia, iterations, Number(converged)), ...centroids];
  return parts.map((part) => `${part.constructor.name}:${hex(part)}`).join(' ');
}

/** Of batches, again and again. */
const SIZES = [[1], [255], [256], [257], [1023], [1025], [7, 2000, 1, 333], [100_000]];

onEveryBackend('KMeans.fitStream', (ran) => {
  it.each([
    [1, 1, 1, 'normal'],
    [255, 2, 3, 'normal'],
    [256, 5, 4, 'blobs'],
    [257, 3, 9, 'grid'],
    [1023, 1, 20, 'copies'],
    [1025, 6, 7, 'normal'],
    [2500, 4, 6, 'grid'],
  ] as const)('gives the bits of fit, whatever the batches: %i × %i, k %i, %s', async (n, d, k, kind: Kind) => {
    for (const precision of ['float32', 'float64'] as const)
      for (const [extra, sizes] of [
        [{ maxIter: 30 }, SIZES],
        [{ maxIter: 20, tol: 0, metric: 'cosine' }, [[1023]]],
        [{ maxIter: 3, emptyCluster: 'keep' }, [[300]]],
        [{ tol: 0.05 }, [[1000]]],
      ] as [KMeansOptions, number[][]][]) {
        const { rows, start, weights } = problem(n, d, k, kind, precision, n);
        const options = { k, init: start, precision, ...extra };
        const plain = bitsOf(ran(new KMeans(options).fit(rows)));
        const weighted = bitsOf(new KMeans({ ...options, sampleWeight: weights }).fit(rows));
        for (const size of sizes) {
          const model = new KMeans(options);
          expect(await model.fitStream(sourceOf(rows, size))).toBe(model);
          expect(bitsOf(ran(model)), `${size}`).toBe(plain);
          await model.fitStream(sourceOf(rows, size, weights));
          expect(bitsOf(model), `weighted, ${size}`).toBe(weighted);
        }
      }
  });

  it('and where the samples take several blocks of memory, far from the origin', async () => {
    const { rows, start } = problem(2500, 600, 3, 'blobs', 'float32', 3);
    const far = (table: number[][]) => table.map((row) => row.map((value) => Math.fround(value + 1000)));
    const options = { k: 3, init: far(start), precision: 'float32' as const, maxIter: 5 };
    const model = await new KMeans(options).fitStream(sourceOf(far(rows), [999]));
    expect(bitsOf(ran(model))).toBe(bitsOf(new KMeans(options).fit(far(rows))));
  });

  it.each(['float32', 'float64'] as const)(
    'and where many clusters run empty again and again, %s',
    async (precision) => {
      const { rows, weights } = problem(3000, 2, 4, 'grid', precision, 8);
      const spread = rows.map((row, i) => row.map((value) => value + (i % 7)));
      for (const k of [3, 12, 60]) {
        // Nearly all first centroids are one and the same.
        const init = Array.from({ length: k }, (_, j) => (j === 0 ? [0, 0] : [1000, 1000]));
        const options = { k, init, precision, tol: 0 };
        const model = await new KMeans(options).fitStream(sourceOf(spread, [700]));
        expect(bitsOf(ran(model)), `k ${k}`).toBe(bitsOf(new KMeans(options).fit(spread)));
        await model.fitStream(sourceOf(spread, [700], weights));
        expect(bitsOf(model), `k ${k}, weighted`).toBe(
          bitsOf(new KMeans({ ...options, sampleWeight: weights }).fit(spread)),
        );
      }
    },
  );

  it('predicts what the stream was clustered into', async () => {
    const { rows, start } = problem(500, 3, 4, 'blobs', 'float64', 5);
    const model = await new KMeans({ k: 4, init: start }).fitStream(sourceOf(rows, [64]));
    expect(model.labels).toBeUndefined();
    expect(model.nSamples).toBe(500);
    expect(hex(model.predict(rows))).toBe(hex(kmeans(rows, 4, { init: start }).labels));
    expect(KMeans.fromJSON(JSON.parse(JSON.stringify(model))).score(rows)).toBe(model.score(rows));
  });

  it('begins with a sample of the stream where no centroids are given, and goes by the seed', async () => {
    const random = mulberry32(4);
    const rows = Array.from({ length: 6000 }, (_, i) => [20 * (i % 5) + normal(random), normal(random)]);
    for (const init of ['k-means++', 'random', 'k-means||', 'afk-mc2', 'growing'] as const) {
      const options = { k: 5, init, seed: 3, nInit: 10 };
      const models = await Promise.all(
        [[100], [4096]].map((sizes) => new KMeans(options).fitStream(sourceOf(rows, sizes))),
      );
      expect(bitsOf(ran(models[0]!)), init).toBe(bitsOf(models[1]!));
      expect(Array.from(models[0]!.counts).sort(), init).toEqual([1200, 1200, 1200, 1200, 1200]);
    }
  });

  it('begins with the clustering of all samples where there are few', async () => {
    const { rows, weights } = problem(400, 2, 3, 'normal', 'float64', 6);
    const centroids = kmeans(rows, 3, { seed: 5, sampleWeight: weights }).centroids.map((row) => Array.from(row));
    const model = await new KMeans({ k: 3, seed: 5 }).fitStream(sourceOf(rows, [33], weights));
    expect(bitsOf(model)).toBe(bitsOf(new KMeans({ k: 3, seed: 5, init: centroids, sampleWeight: weights }).fit(rows)));
  });

  it('tells of every iteration', async () => {
    const { rows, start } = problem(600, 2, 6, 'normal', 'float64', 7);
    const [told, expected] = [[] as number[][], [] as number[][]];
    const heard = (into: number[][]) => ({
      onProgress: ({ iteration, inertia, shift }: { iteration: number; inertia: number; shift: number }) => {
        into.push([iteration, inertia, shift]);
      },
    });
    new KMeans({ k: 6, init: start, ...heard(expected) }).fit(rows);
    await new KMeans({ k: 6, init: start, ...heard(told) }).fitStream(sourceOf(rows, [100]));
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual(expected);
  });

  it('takes batches of every form, and what opens them late', async () => {
    const { rows, start } = problem(90, 2, 3, 'normal', 'float32', 9);
    const values = flat(rows, 'float32');
    const batches: Batch[] = [
      values.subarray(0, 40),
      { data: values.subarray(40, 60), shape: [10, 2] },
      [],
      {
        data: { columns: [values.filter((_, i) => i >= 60 && i % 2 === 0), values.filter((_, i) => i >= 60 && i % 2)] },
      },
      new Float32Array(0),
    ];
    const options = { k: 3, init: flat(start, 'float32'), nFeatures: 2 };
    const expected = bitsOf(new KMeans(options).fit(values));
    for (const source of [() => batches, async () => batches, () => new Set(batches)])
      expect(bitsOf(await new KMeans(options).fitStream(source))).toBe(expected);
  });
});

describe('KMeans.fitStream by worker threads', () => {
  const n = 9000;
  afterAll(dispose);

  it.each(['shared', 'not shared'])('gives the bits of one thread, memory %s', async (memory) => {
    if (memory === 'not shared') vi.stubGlobal('crossOriginIsolated', false);
    init();
    for (const [d, k, extra] of [
      [2, 30, {}],
      [7, 12, { metric: 'cosine' }],
      [33, 40, { maxIter: 4 }],
    ] as [number, number, KMeansOptions][]) {
      const { rows, start, weights } = problem(n, d, k, 'blobs', 'float32', d);
      // Most clusters are empty at first.
      const first = start.map((row, j) => (j % 3 ? row.map(() => 50 + j) : row));
      const options = { k, init: first, precision: 'float32', maxIter: 12, ...extra } as const;
      for (const sampleWeight of [undefined, weights]) {
        const expected = bitsOf(new KMeans({ ...options, sampleWeight }).fit(rows));
        for (const threads of [1, 2, 3, 4, 7]) {
          const model = await new KMeans(options).fitStream(sourceOf(rows, [4000, 77], sampleWeight), { threads });
          expect(model.threads).toBe(threads);
          expect(model.backend).toBe(memory === 'shared' ? 'wasm-simd-shared' : 'wasm-simd');
          expect(bitsOf(model)).toBe(expected);
        }
      }
    }
    vi.unstubAllGlobals();
  });

  it.each(['shared', 'not shared'])('waits for no call that its source makes, memory %s', async (memory) => {
    if (memory === 'not shared') vi.stubGlobal('crossOriginIsolated', false);
    const { rows, start } = problem(n, 3, 4, 'blobs', 'float64', 1);
    const source = async function* () {
      for await (const batch of sourceOf(rows, [3000])()) {
        await kmeansAsync(rows, 3, { threads: 2 });
        yield batch;
      }
    };
    const options = { k: 4, init: start };
    const model = await new KMeans(options).fitStream(source, { threads: 2 });
    expect(bitsOf(model)).toBe(bitsOf(new KMeans(options).fit(rows)));
    vi.unstubAllGlobals();
  });

  it.each(['shared', 'not shared'])(
    'reads on only after a batch was copied: its array may be used again, memory %s',
    async (memory) => {
      if (memory === 'not shared') vi.stubGlobal('crossOriginIsolated', false);
      const { rows, start } = problem(n, 6, 5, 'normal', 'float32', 2);
      const buffer = new Float32Array(6 * 2048);
      const source = function* () {
        for (const [from, to] of cut(n, [2048])) {
          buffer.set(rows.slice(from, to).flat());
          yield buffer.subarray(0, (to - from) * 6);
        }
      };
      const options = { k: 5, init: start, nFeatures: 6, precision: 'float32' } as const;
      for (const threads of [1, 2]) {
        const model = await new KMeans(options).fitStream(source, { threads });
        expect(bitsOf(model)).toBe(bitsOf(new KMeans(options).fit(flat(rows, 'float32'))));
      }
      vi.unstubAllGlobals();
    },
  );
});

describe('what KMeans.fitStream refuses', () => {
  const rows = Array.from({ length: 50 }, (_, i) => [i, i % 7]);
  const stream = (source: unknown, options: object = {}, streamOptions?: object) =>
    new KMeans({ k: 2, ...options }).fitStream(source as () => Batches, streamOptions);

  it('what is no source', async () => {
    await rejectedCode(stream(rows), 'ERR_DATA_TYPE');
    await rejectedCode(stream(sourceOf(rows, [5])()), 'ERR_DATA_TYPE');
    for (const none of [undefined, 5, 'text', {}])
      await rejectedCode(
        stream(() => none),
        'ERR_DATA_TYPE',
      );
    await rejectedCode(
      stream(() => ['text']),
      'ERR_DATA_TYPE',
    );
  });

  it('streams without samples, or with fewer than clusters', async () => {
    await rejectedCode(
      stream(() => []),
      'ERR_EMPTY_DATA',
    );
    await rejectedCode(
      stream(() => [[], []]),
      'ERR_EMPTY_DATA',
    );
    await rejectedCode(stream(sourceOf(rows, [7]), { k: 51 }), 'ERR_K');
  });

  it('other features, with the batch', async () => {
    const error = await rejectedCode(
      stream(() => [rows, [[1, 2, 3]]]),
      'ERR_RAGGED_DATA',
    );
    expect(error.message).toMatch(/batch 1 .*3 features.*2/);
    expect(
      (
        await rejectedCode(
          stream(() => [rows, [[1, 2], [3]]]),
          'ERR_RAGGED_DATA',
        )
      ).message,
    ).toMatch(/batch 1 .*row 1/);
    await rejectedCode(stream(sourceOf(rows, [7]), { init: [[1], [2]] }), 'ERR_INIT_SHAPE');
  });

  it('values that are not finite, with their row in the stream', async () => {
    const bad = rows.map((row, i) => (i === 37 ? [1, Number.NaN] : row));
    for (const sizes of [[1], [10], [50]]) {
      const error = await rejectedCode(stream(sourceOf(bad, sizes)), 'ERR_NON_FINITE');
      expect(error.message).toContain('row 37, column 1 is NaN');
    }
  });

  it('weights that are none', async () => {
    for (const sampleWeight of [[1], rows.map(() => -1), rows.map(() => 0)])
      await rejectedCode(
        stream(() => [{ data: rows, sampleWeight }]),
        'ERR_SAMPLE_WEIGHT',
      );
    await rejectedCode(stream(sourceOf(rows, [9]), { sampleWeight: rows.map(() => 1) }), 'ERR_OPTION');
  });

  it('options that a stream cannot have', async () => {
    await rejectedCode(stream(sourceOf(rows, [9]), { algorithm: 'hartigan-wong' }), 'ERR_OPTION');
    await rejectedCode(stream(sourceOf(rows, [9]), {}, { threads: 0 }), 'ERR_OPTION');
    await rejectedCode(new MiniBatchKMeans({ k: 2 }).fitStream([rows], { threads: 2 } as object), 'ERR_OPTION');
    await rejectedCode(stream(sourceOf(rows, [9]), {}, { signal: 'now' }), 'ERR_OPTION');
  });

  it.each([
    ['more', (pass: number) => (pass < 3 ? rows : [...rows, [1, 1]])],
    ['fewer', (pass: number) => (pass < 3 ? rows : rows.slice(1))],
    ['none', (pass: number) => (pass < 2 ? rows : [])],
    ['bad', (pass: number) => (pass < 3 ? rows : rows.map(() => [Number.NaN, 1]))],
  ])('a source that gives others later: %s', async (_, rowsOf) => {
    let pass = 0;
    await rejectedCode(
      stream(() => [rowsOf(++pass)], { init: rows.slice(0, 2), tol: 0 }),
      'ERR_DATA_TYPE',
    );
  });

  it('keeps what was fitted before', async () => {
    const model = new KMeans({ k: 2 }).fit(rows);
    const before = bitsOf(model);
    await rejectedCode(
      model.fitStream(() => []),
      'ERR_EMPTY_DATA',
    );
    expect(bitsOf(model)).toBe(before);
  });

  it('passes on what the stream or a listener throws, and closes the stream', async () => {
    const trouble = new Error('the disk is on fire');
    const broken = async function* () {
      yield rows;
      throw trouble;
    };
    await expect(stream(broken)).rejects.toBe(trouble);
    await expect(
      stream(() => {
        throw trouble;
      }),
    ).rejects.toBe(trouble);
    const onProgress = () => {
      throw trouble;
    };
    await expect(stream(sourceOf(rows, [5]), { onProgress })).rejects.toBe(trouble);

    let closed = 0;
    const guarded = async function* () {
      try {
        yield rows;
        yield [[1, 2, 3]];
      } finally {
        closed++;
      }
    };
    await rejectedCode(stream(guarded), 'ERR_RAGGED_DATA');
    expect(closed).toBe(1);
  });
});

describe('an aborted fitStream', () => {
  const rows = Array.from({ length: 3000 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);

  it('does not open the stream where it was aborted before', async () => {
    let opened = false;
    const source = () => {
      opened = true;
      return [rows];
    };
    const signal = AbortSignal.abort('too late');
    await expect(new KMeans({ k: 2 }).fitStream(source, { signal })).rejects.toBe('too late');
    expect(opened).toBe(false);
  });

  it('rejects with the reason while the stream says nothing, and closes it', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let closed = false;
    const silent = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => {
          closed = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const fitting = new KMeans({ k: 2 }).fitStream(() => silent, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    await expect(fitting).rejects.toBe(reason);
    expect(closed).toBe(true);
  });

  it('rejects in the middle of a run over samples that are all there at once', async () => {
    const controller = new AbortController();
    const many = Array.from({ length: 200 }, () => rows);
    let iterations = 0;
    const onProgress = () => {
      if (++iterations === 1) setTimeout(() => controller.abort('stop'));
    };
    const model = new KMeans({ k: 50, init: rows.slice(0, 50), tol: 0, onProgress });
    await expect(model.fitStream(() => many, { signal: controller.signal })).rejects.toBe('stop');
    expect(iterations).toBeLessThan(300);
    expect(bitsOf(await new KMeans({ k: 2, seed: 1 }).fitStream(() => [rows]))).toBe(
      bitsOf(await new KMeans({ k: 2, seed: 1 }).fitStream(() => [rows])),
    );
  });
});

it('does not mind what calls before it left in memory', async () => {
  const samples = Array.from({ length: 300 }, (_, i) => [i % 7, (i * i) % 11, i % 3, (i * 5) % 13, i % 2]);
  const options = { k: 4, init: samples.slice(0, 4), tol: 0 };
  const { k, ...rest } = options;
  const expected = kmeans(samples, k, rest);
  const workspace = acquireWorkspace();
  workspace.float64(1024, 4000).fill(Number.NaN);
  releaseWorkspace(workspace);
  const model = await new KMeans(options).fitStream(() => [samples]);
  expect([model.inertia, model.iterations]).toEqual([expected.inertia, expected.iterations]);
});
