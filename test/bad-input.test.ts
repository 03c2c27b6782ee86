import { describe, expect, it } from 'vitest';
import { init, KMeans, kmeans, kmeansFromJSON, kmeansSteps, matrix } from '../src/index.js';
import type { Data, KMeansOptions } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { bits } from './helpers/compare.js';
import { type ErrorClass, expectCode } from './helpers/errors.js';

const rows = [
  [0, 0],
  [1, 0],
  [0, 1],
  [9, 9],
];

/** What it is, the thing itself, and what the message must hold. */
type BadData = [name: string, data: unknown, message?: RegExp, options?: KMeansOptions];

const empty: BadData[] = [
  ['no rows', []],
  ['one row without features', [[]]],
  ['rows without features', [[], []]],
  ['a flat array of nothing', new Float64Array(0), /./, { nFeatures: 2 }],
  ['an ndarray without samples', { data: new Float64Array(0), shape: [0, 2] }],
  ['an ndarray without features', { data: new Float64Array(0), shape: [3, 0] }],
  ['no columns', { columns: [] }],
  ['a column of nothing', { columns: [[]] }],
];

const ragged: BadData[] = [
  ['a short row', [[1, 2], [3, 4], [5]], /row 2\b.*\b1\b.*\b2\b/],
  [
    'a long row',
    [
      [1, 2],
      [3, 4, 5],
    ],
    /row 1\b.*\b3\b.*\b2\b/,
  ],
  ['an empty row after others', [[1], [2], [3], []], /row 3\b/],
  ['typed rows', [Float32Array.of(1, 2), Float32Array.of(3)], /row 1\b/],
  [
    'unequal columns',
    {
      columns: [
        [1, 2, 3],
        [4, 5],
      ],
    },
    /column 1\b/,
  ],
];

const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;
const nonFinite: BadData[] = [
  [
    'NaN in a row',
    [
      [1, 2],
      [3, 4],
      [5, nan],
    ],
    /NaN.*row 2\b.*column 1\b|row 2\b.*column 1\b.*NaN/,
  ],
  [
    'Infinity in a row',
    [
      [1, infinity],
      [3, 4],
    ],
    /row 0\b.*column 1\b/,
  ],
  ['−Infinity in a typed row', [Float64Array.of(1, 2), Float64Array.of(-infinity, 4)], /row 1\b.*column 0\b/],
  ['NaN in a flat array', Float32Array.of(1, 2, 3, 4, nan, 6), /row 2\b.*column 0\b/, { nFeatures: 2 }],
  ['NaN in number[]', [1, 2, nan, 4], /row 2\b.*column 0\b/],
  [
    'NaN in a column',
    {
      columns: [
        [1, 2],
        [3, 4],
        [5, nan],
      ],
    },
    /row 1\b.*column 2\b/,
  ],
  ['NaN in an ndarray', { data: [9, 1, nan, 2, 4], shape: [2, 2], stride: [1, 2], offset: 1 }, /row 1\b.*column 0\b/],
  ['squares that overflow float64', [[1e200], [-1e200]], /1e\+200/],
  ['squares that overflow float32', [[1e30], [-1e30]], /float64/, { precision: 'float32' }],
  ['sums that overflow float64', [[1.7e308], [1.7e308]], /overflow/],
  [
    'float64 that float32 cannot hold',
    [[1], [1e39]],
    /row 1\b.*column 0\b|column 0\b.*float32/,
    { precision: 'float32' },
  ],
];

const noData: BadData[] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 42, /42|number/],
  ['text', 'abc'],
  ['a function', () => [[1]]],
  ['an object', { rows }],
  ['a Map', new Map()],
  ['a promise', Promise.resolve(rows)],
  ['BigInt64Array', BigInt64Array.of(1n, 2n), /BigInt64Array/, { nFeatures: 1 }],
  ['a DataView', new DataView(new ArrayBuffer(16))],
  ['an ArrayBuffer', new ArrayBuffer(16)],
  [
    'text in a row',
    [
      ['1', '2'],
      ['3', '4'],
    ],
  ],
  [
    'text among numbers',
    [
      [1, 2],
      [3, '4'],
    ],
    /row 1\b.*column 1\b/,
  ],
  ['text among samples', [1, 2, '3'], /\b2\b/],
  ['rows of text', ['12', '34']],
  ['a row of null', [[1, 2], null], /row 1\b/],
  ['numbers after rows', [[1, 2], 3], /row 1\b/],
  ['rows after numbers', [1, [2, 3]]],
  ['BigInt in a row', [[1n, 2n]]],
  ['columns that are none', { columns: 7 }],
  ['a column that is none', { columns: [[1, 2], 'ab'] }, /column 1\b/],
  ['an ndarray of one dimension', { data: new Float64Array(4), shape: [4] }],
  ['an ndarray of three dimensions', { data: new Float64Array(8), shape: [2, 2, 2] }, /\b3\b|2, ?2, ?2/],
  ['a shape that is none', { data: new Float64Array(4), shape: 'wide' }],
  ['an ndarray longer than its data', { data: new Float64Array(5), shape: [3, 2] }, /\b5\b/],
  ['strides out of the data', { data: new Float64Array(6), shape: [3, 2], stride: [3, 1] }],
  ['a negative stride out of the data', { data: new Float64Array(6), shape: [3, 2], stride: [-2, 1], offset: 3 }],
  ['an offset out of the data', { data: new Float64Array(6), shape: [3, 2], offset: 1 }],
  ['ndarray data that is none', { data: 'abcdef', shape: [3, 2] }],
];

/** The option's value, and what the message must hold: the name, the value and what is allowed. */
type BadOption = [options: Record<string, unknown>, words: string[], errorClass?: ErrorClass];

const badOptions: BadOption[] = [
  [{ maxIterations: 10 }, ['maxIterations', 'maxIter,', 'init', 'tol', 'seed', 'sampleWeight']],
  [{ k: 2 }, ['k', 'nInit']],
  [{ maxIter: 0 }, ['maxIter', '0', '1'], RangeError],
  [{ maxIter: -3 }, ['maxIter', '-3'], RangeError],
  [{ maxIter: 2.5 }, ['maxIter', '2.5'], RangeError],
  [{ maxIter: nan }, ['maxIter', 'NaN']],
  [{ maxIter: '10' }, ['maxIter', '10'], TypeError],
  [{ tol: -1e-9 }, ['tol', '-1e-9', '0'], RangeError],
  [{ tol: nan }, ['tol', 'NaN']],
  [{ tol: '0' }, ['tol'], TypeError],
  [{ nInit: 0 }, ['nInit', '0', 'auto'], RangeError],
  [{ nInit: 1.5 }, ['nInit', '1.5'], RangeError],
  [{ nInit: 'many' }, ['nInit', 'many', 'auto']],
  [{ seed: -1 }, ['seed', '-1'], RangeError],
  [{ seed: 0.5 }, ['seed', '0.5'], RangeError],
  [{ seed: 2 ** 53 }, ['seed', '9007199254740992'], RangeError],
  [{ seed: '1' }, ['seed', '1'], TypeError],
  [{ metric: 'manhattan' }, ['metric', 'manhattan', 'euclidean', 'cosine']],
  [{ metric: 2 }, ['metric', '2', 'euclidean', 'cosine']],
  [{ algorithm: 'elkan' }, ['algorithm', 'elkan', 'auto', 'lloyd']],
  [{ emptyCluster: 'drop' }, ['emptyCluster', 'drop', 'relocate', 'keep', 'error']],
  [{ precision: 'float16' }, ['precision', 'float16', 'auto', 'float32', 'float64']],
  [{ init: 'kmeans++' }, ['init', 'kmeans++', 'k-means++', 'random']],
  [{ onProgress: 'yes' }, ['onProgress', 'yes'], TypeError],
  [{ nFeatures: 0 }, ['nFeatures', '0']],
  [{ nFeatures: 1.5 }, ['nFeatures', '1.5']],
  [{ nFeatures: '2' }, ['nFeatures', '2'], TypeError],
];

onEveryBackend('bad input', (ran) => {
  const tables = [
    ['ERR_EMPTY_DATA', empty],
    ['ERR_RAGGED_DATA', ragged],
    ['ERR_NON_FINITE', nonFinite],
    ['ERR_DATA_TYPE', noData],
  ] as const;
  describe.each(tables)('%s', (code, table) => {
    const errorClass = code === 'ERR_DATA_TYPE' ? TypeError : undefined;
    it.each(table)('%s', (_, data, message = /./, options = {}) => {
      const error = expectCode(() => kmeans(data as Data, 1, options), code, errorClass);
      expect(error.message).toMatch(message);
      expectCode(() => kmeansSteps(data as Data, 1, options).next(), code);
      expectCode(() => new KMeans({ k: 1, ...options }).fit(data as Data), code);
    });
  });

  it('a value that is neither number nor text has no place in a row', () => {
    for (const value of [undefined, null, true, {}, []])
      expectCode(() => kmeans([[1], [value]] as never, 1), ['ERR_DATA_TYPE', 'ERR_NON_FINITE']);
  });

  it('a flat array whose length is no multiple of nFeatures: both are named', () => {
    const codes = ['ERR_DATA_TYPE', 'ERR_OPTION', 'ERR_RAGGED_DATA'] as const;
    expect(expectCode(() => kmeans(new Float64Array(7), 1, { nFeatures: 3 }), codes).message).toMatch(/7.*3|3.*7/);
  });

  describe('ERR_K', () => {
    it.each([0, -1, 5, 2.5, nan, infinity])('k = %s', (k) => {
      expect(expectCode(() => kmeans(rows, k), 'ERR_K', RangeError).message).toMatch(new RegExp(`${k}.*4|4.*${k}`));
    });
    it.each(['2', null, undefined, {}, [2], 2n])('k = %s is no number', (k) => {
      expectCode(() => kmeans(rows, k as number), 'ERR_K', TypeError);
    });
    it('of a model', () => {
      expectCode(() => new KMeans({ k: 9 }).fit(rows), 'ERR_K', RangeError);
      for (const options of [{}, undefined, null, 5, 'k'])
        expectCode(() => new KMeans(options as never).fit(rows), 'ERR_K', TypeError);
    });
  });

  describe('ERR_OPTION', () => {
    it.each(badOptions)('%o', (options, words, errorClass) => {
      const error = expectCode(() => kmeans(rows, 2, options), 'ERR_OPTION', errorClass);
      for (const word of words) expect(error.message).toContain(word);
      expectCode(() => kmeansSteps(rows, 2, options).next(), 'ERR_OPTION');
      if (!('k' in options)) expectCode(() => new KMeans({ k: 2, ...options }).fit(rows), 'ERR_OPTION');
    });

    it.each([5, 'fast', true])('options = %s', (options) => {
      expectCode(() => kmeans(rows, 2, options as never), 'ERR_OPTION', TypeError);
    });

    it('undefined is as if the option were not there', () => {
      const names = ['init', 'nInit', 'maxIter', 'tol', 'seed', 'sampleWeight', 'metric', 'algorithm', 'emptyCluster'];
      const options = Object.fromEntries([...names, 'precision', 'onProgress', 'nFeatures'].map((n) => [n, undefined]));
      expect(bits(ran(kmeans(rows, 2, options)))).toBe(bits(kmeans(rows, 2)));
      expect(bits(kmeans(rows, 2, undefined))).toBe(bits(kmeans(rows, 2)));
    });

    it('steps are those of a single run', () => {
      expectCode(() => kmeansSteps(rows, 2, { nInit: 3 }).next(), 'ERR_OPTION');
    });
  });

  describe('ERR_INIT_SHAPE', () => {
    it.each([
      ['too few', [[0, 0]], /\b1\b.*\b2\b|\b2\b.*\b1\b/],
      [
        'too many',
        [
          [0, 0],
          [1, 1],
          [2, 2],
        ],
        /\b3\b.*\b2\b|\b2\b.*\b3\b/,
      ],
      ['too narrow', [[0], [1]], /\b1\b/],
      [
        'too wide',
        [
          [0, 0, 0],
          [1, 1, 1],
        ],
        /\b3\b/,
      ],
      ['flat, of another length', Float64Array.of(1, 2, 3), /\b3\b/],
      ['an ndarray transposed', { data: new Float64Array(6), shape: [2, 3] }, /\b3\b/],
    ])('%s', (_, init, message) => {
      expect(expectCode(() => kmeans(rows, 2, { init: init as Data }), 'ERR_INIT_SHAPE').message).toMatch(message);
      expectCode(() => kmeans(rows, 2, { init: () => init as Data }), 'ERR_INIT_SHAPE');
    });

    it('starting centroids are data: NaN and text are refused as there', () => {
      expectCode(
        () =>
          kmeans(rows, 2, {
            init: [
              [0, nan],
              [1, 1],
            ],
          }),
        'ERR_NON_FINITE',
      );
      expectCode(
        () =>
          kmeans(rows, 2, {
            init: () => [
              [0, 0],
              [infinity, 1],
            ],
          }),
        'ERR_NON_FINITE',
      );
      expectCode(
        () =>
          kmeans(rows, 2, {
            init: [
              ['a', 'b'],
              ['c', 'd'],
            ] as never,
          }),
        'ERR_DATA_TYPE',
      );
      expectCode(() => kmeans(rows, 2, { init: 5 as never }), ['ERR_OPTION', 'ERR_DATA_TYPE']);
      expectCode(() => kmeans(rows, 2, { init: (() => undefined) as never }), ['ERR_OPTION', 'ERR_DATA_TYPE']);
    });
  });

  describe('ERR_SAMPLE_WEIGHT', () => {
    const bad: [string, unknown, RegExp, ErrorClass][] = [
      ['too few', [1, 2, 3], /\b3\b.*\b4\b/, RangeError],
      ['too many', new Float32Array(5).fill(1), /\b5\b.*\b4\b/, RangeError],
      ['none', [], /\b0\b.*\b4\b/, RangeError],
      ['negative', [1, 2, -0.5, 3], /\b2\b.*-0\.5/, RangeError],
      ['NaN', [1, nan, 1, 1], /\b1\b.*NaN/, RangeError],
      ['Infinity', [1, 1, infinity, 1], /\b2\b.*Infinity/, RangeError],
      ['all 0', [0, 0, 0, 0], /\b0\b/, RangeError],
      ['so large that sums overflow', [1e308, 1e308, 1e308, 1], /1e\+308/, RangeError],
      ['so small that products lose digits', [1e-310, 1e-310, 0, 0], /1e-310/, RangeError],
      ['text', ['1', '1', '1', '1'], /\b0\b/, TypeError],
      ['a gap', [1, undefined, 1, 1], /\b1\b.*undefined/, TypeError],
      ['a number', 3, /\b4\b/, TypeError],
      ['an object', {}, /\b4\b/, TypeError],
    ];
    it.each(bad)('%s', (_, sampleWeight, message, errorClass) => {
      const options = { sampleWeight: sampleWeight as number[] };
      const error = expectCode(() => kmeans(rows, 2, options), 'ERR_SAMPLE_WEIGHT', errorClass);
      expect(error.message).toMatch(message);
    });
  });

  describe('ERR_FEATURES', () => {
    it.each([
      ['rows', [[1, 2, 3]]],
      ['samples of one feature', [1, 2, 3, 4]],
      ['columns', { columns: [[1, 2]] }],
      ['an ndarray', { data: new Float64Array(6), shape: [2, 3] }],
    ])('%s', (_, data) => {
      const model = ran(kmeans(rows, 2));
      for (const ask of ['predict', 'nearest', 'transform'] as const)
        expect(expectCode(() => model[ask](data as Data), 'ERR_FEATURES').message).toMatch(/\b2\b/);
      expectCode(() => kmeansFromJSON(JSON.parse(JSON.stringify(model))).predict(data as Data), 'ERR_FEATURES');
      expectCode(() => new KMeans({ k: 2 }).fit(rows).predict(data as Data), 'ERR_FEATURES');
    });

    it('flat, no multiple of the features', () => {
      const model = ran(kmeans(rows, 2));
      expectCode(() => model.predict(new Float64Array(5)), ['ERR_FEATURES', 'ERR_DATA_TYPE', 'ERR_RAGGED_DATA']);
    });

    it('new samples are data: refused as there', () => {
      const model = ran(kmeans(rows, 2));
      expectCode(() => model.predict([]), 'ERR_EMPTY_DATA');
      expectCode(() => model.predict([[1, nan]]), 'ERR_NON_FINITE');
      expectCode(() => model.predict([[1, 2], [3]]), 'ERR_RAGGED_DATA');
      expectCode(() => model.predict('text' as never), 'ERR_DATA_TYPE');
    });
  });

  it('ERR_EMPTY_CLUSTER, where the caller asked for it: cluster and iteration are named', () => {
    const options = { init: [[0.5], [100]], emptyCluster: 'error' } as const;
    expect(expectCode(() => kmeans([0, 1], 2, options), 'ERR_EMPTY_CLUSTER').message).toMatch(
      /cluster 1\b.*iteration 1/,
    );
    expect(ran(kmeans([0, 1], 2, { ...options, init: [[0], [1]] })).inertia).toBe(0);
  });

  describe('ERR_OUT_OF_MEMORY', () => {
    const nSamples = 2 ** 31;

    it('a matrix: says rows, bytes and what to do', () => {
      const error = expectCode(() => matrix(nSamples, 64, 'float64'), 'ERR_OUT_OF_MEMORY', RangeError);
      expect(error.message.replace(/[ ,_  ]/g, '')).toMatch(/2147483648/);
      expect(error.message).toMatch(/bytes|GiB|TiB|GB|TB/);
    });

    it('samples: an ndarray that repeats one number', () => {
      const data = { data: Float64Array.of(1), shape: [nSamples, 64], stride: [0, 0] };
      expectCode(() => kmeans(data, 2), 'ERR_OUT_OF_MEMORY', RangeError);
    });

    it('the library works on afterwards', () => {
      expectCode(() => matrix(nSamples, 64, 'float64'), 'ERR_OUT_OF_MEMORY');
      expect(ran(kmeans(rows, 2)).counts).toEqual(Float64Array.of(3, 1));
    });
  });

  describe('matrix', () => {
    it.each([
      [0, 2],
      [2, 0],
      [-1, 2],
      [1.5, 2],
      [nan, 2],
      ['3', 2],
    ])('matrix(%s, %s)', (nSamples, nFeatures) => {
      const codes = ['ERR_EMPTY_DATA', 'ERR_DATA_TYPE', 'ERR_OPTION'] as const;
      expectCode(() => matrix(nSamples as number, nFeatures, 'float64'), codes);
    });

    it('of another precision', () => {
      const error = expectCode(() => matrix(2, 2, 'float16' as never), 'ERR_OPTION');
      for (const word of ['float16', 'float32', 'float64']) expect(error.message).toContain(word);
    });

    it('use after dispose', () => {
      const disposed = matrix(4, 2, 'float64');
      disposed.dispose();
      disposed.dispose();
      expectCode(() => kmeans(disposed, 2), 'ERR_DISPOSED');
      expectCode(() => kmeans(rows, 2).predict(disposed), 'ERR_DISPOSED');
      expectCode(() => disposed.data, 'ERR_DISPOSED');
      expectCode(() => disposed.row(0), 'ERR_DISPOSED');
    });
  });

  it('JSON that is no model', () => {
    for (const json of [null, 5, 'x', [], {}, { centroids: [] }, { k: 2, centroids: 'AAAA' }])
      expectCode(() => kmeansFromJSON(json as never), ['ERR_DATA_TYPE', 'ERR_OPTION', 'ERR_EMPTY_DATA']);
  });

  it('an error in a callback of the caller is the caller’s own', () => {
    const own = new Error('mine');
    const fail = () => {
      throw own;
    };
    expect(() => kmeans(rows, 2, { init: fail })).toThrow(own);
    expect(() => kmeans(rows, 2, { onProgress: fail })).toThrow(own);
    expect(ran(kmeans(rows, 2)).counts).toEqual(Float64Array.of(3, 1));
  });
});

describe('init', () => {
  it('names what is allowed', async () => {
    const bad: [unknown, string[]][] = [
      [{ backend: 'gpu' }, ['gpu', 'auto', 'wasm', 'js']],
      [{ turbo: true }, ['turbo', 'backend']],
    ];
    for (const [options, words] of bad) {
      const error = await Promise.resolve()
        .then(() => init(options as never))
        .then(
          () => expect.fail('it did not throw'),
          (thrown: Error & { code?: string }) => thrown,
        );
      expect(error.code).toBe('ERR_OPTION');
      for (const word of words) expect(error.message).toContain(word);
    }
  });
});
