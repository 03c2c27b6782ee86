import { describe, expect, it } from 'vitest';
import { dispose, init, kmeans, matrix } from '../src/index.js';
import type { Data, KMeansOptions, NumericArray, Precision } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { bits, hex } from './helpers/compare.js';
import { mulberry32 } from './helpers/problems.js';

/** 24 samples of 3 features, whole numbers from 0 to 100 so that every typed array can hold them. */
const random = mulberry32(42);
const rows = Array.from({ length: 24 }, (_, i) =>
  Array.from({ length: 3 }, (_, f) => Math.floor(15 * random()) + 40 * ((i + f) % 3)),
);
const [n, d] = [24, 3];
const values = rows.flat();
const columns = Array.from({ length: d }, (_, f) => rows.map((row) => row[f]!));

const types: [new (values: number[]) => NumericArray, Precision][] = [
  [Float32Array, 'float32'],
  [Int8Array, 'float32'],
  [Uint8Array, 'float32'],
  [Uint8ClampedArray, 'float32'],
  [Int16Array, 'float32'],
  [Uint16Array, 'float32'],
  [Float64Array, 'float64'],
  [Int32Array, 'float64'],
  [Uint32Array, 'float64'],
];

/** Puts element (i, f) at offset + i·stride[0] + f·stride[1] of an array that is 9 everywhere else. */
function spreadOut(length: number, [byRow, byColumn]: [number, number], offset: number): Float64Array {
  const data = new Float64Array(length).fill(9);
  rows.forEach((row, i) => {
    row.forEach((value, f) => {
      data[offset + i * byRow + f * byColumn] = value;
    });
  });
  return data;
}

/** As @stdlib/ndarray has it: the fields are getters of the class. */
class StdlibLike {
  get data() {
    return Float64Array.from(values);
  }
  get shape() {
    return [n, d];
  }
  get strides() {
    return [d, 1];
  }
  get offset() {
    return 0;
  }
}

const strided = (length: number, stride: [number, number], offset: number) => ({
  data: spreadOut(length, stride, offset),
  shape: [n, d],
  stride,
  offset,
});

const last = n * d - 1;
const float64Forms: [string, Data][] = [
  ['rows of numbers', rows],
  ['rows of Float64Array', rows.map((row) => Float64Array.from(row))],
  ['rows of Int32Array', rows.map((row) => Int32Array.from(row))],
  ['rows that are views', rows.map((_, i) => Float64Array.from(values).subarray(d * i, d * i + d))],
  ['columns of numbers', { columns }],
  ['columns of Float64Array', { columns: columns.map((column) => Float64Array.from(column)) }],
  ['ndarray without strides', { data: Float64Array.from(values), shape: [n, d] }],
  ['ndarray over number[]', { data: values, shape: [n, d] }],
  ['ndarray, row by row', strided(n * d, [d, 1], 0)],
  ['ndarray, column by column', strided(n * d, [1, n], 0)],
  ['ndarray, with an offset', strided(n * d + 11, [d, 1], 11)],
  ['ndarray, with gaps', strided(n * 7 + 5, [7, 2], 5)],
  ['ndarray, rows backwards', strided(n * d, [-d, 1], (n - 1) * d)],
  ['ndarray, columns backwards', strided(n * d, [d, -1], d - 1)],
  ['ndarray, both backwards', strided(n * d, [-d, -1], last)],
  ['ndarray, both backwards, with gaps', strided(n * 8 + 9, [-8, -2], n * 8)],
  ['ndarray with `strides`', { data: spreadOut(n * d, [1, n], 0), shape: [n, d], strides: [1, n] }],
  ['an instance with getters', new StdlibLike()],
];

onEveryBackend('data forms', (ran) => {
  const options: KMeansOptions = { init: [rows[0]!, rows[1]!, rows[2]!], tol: 0 };
  const asRows = (extra: KMeansOptions = {}) => kmeans(rows, 3, { ...options, ...extra });

  it('the samples are worth clustering', () => {
    expect(new Set(ran(asRows()).labels).size).toBe(3);
    expect(asRows().iterations).toBeGreaterThan(1);
  });

  it.each(float64Forms)('%s: float64, the same bits', (_, data) => {
    const result = ran(kmeans(data, 3, options));
    expect(result).toMatchObject({ nSamples: n, nFeatures: d });
    expect(bits(result)).toBe(bits(asRows()));
    expect(hex(result.predict(data))).toBe(hex(result.labels));
  });

  describe.each(types)('%o', (Type, precision) => {
    const expected = () => bits(asRows({ precision }));

    it(`flat, in ${precision}`, () => {
      const data = new Type(values);
      const result = ran(kmeans(data, 3, { ...options, nFeatures: d }));
      expect(bits(result)).toBe(expected());
      expect(hex(result.predict(data))).toBe(hex(result.labels));
      expect(Array.from(data)).toEqual(values);
    });

    it('flat, a view that starts inside its buffer', () => {
      const data = new Type([7, 7, 7, ...values, 7, 7]).subarray(3, 3 + values.length);
      expect(bits(kmeans(data, 3, { ...options, nFeatures: d }))).toBe(expected());
    });

    it('rows, columns, ndarray', () => {
      const data = new Type(values);
      expect(
        bits(
          kmeans(
            rows.map((row) => new Type(row)),
            3,
            options,
          ),
        ),
      ).toBe(expected());
      expect(bits(kmeans({ columns: columns.map((column) => new Type(column)) }, 3, options))).toBe(expected());
      expect(bits(kmeans({ data, shape: [n, d] }, 3, options))).toBe(expected());
    });

    it('precision overrides the type', () => {
      for (const other of ['float32', 'float64'] as const) {
        const result = kmeans(new Type(values), 3, { ...options, nFeatures: d, precision: other });
        expect(bits(result)).toBe(bits(asRows({ precision: other })));
        expect(result.centroids[0]).toBeInstanceOf(other === 'float32' ? Float32Array : Float64Array);
      }
    });
  });

  it('float32 and float64 agree on these samples', () => {
    expect(hex(asRows({ precision: 'float32' }).labels)).toBe(hex(asRows().labels));
  });

  it('samples of one feature: number[], rows, a column, flat', () => {
    const column = columns[0]!;
    const init = [0, 40, 80];
    const forms: Data[] = [
      column,
      column.map((value) => [value]),
      { columns: [column] },
      { data: column, shape: [n, 1] },
    ];
    const expected = bits(ran(kmeans(column, 3, { init })));
    for (const data of forms) expect(bits(kmeans(data, 3, { init }))).toBe(expected);
    expect(bits(kmeans(Float64Array.from(column), 3, { init, nFeatures: 1 }))).toBe(expected);
  });

  it('starting centroids in any form', () => {
    const start = rows.slice(0, 3);
    const flat = Float64Array.from(start.flat());
    const inMatrix = matrix(3, d, 'float64');
    inMatrix.data.set(flat);
    const byColumn = Array.from({ length: d }, (_, f) => start.map((row) => row[f]!));
    const forms: Data[] = [
      flat,
      Float32Array.from(flat),
      start.map((row) => Float64Array.from(row)),
      { columns: byColumn },
      { data: byColumn.flat(), shape: [3, d], stride: [1, 3] },
      inMatrix,
    ];
    for (const init of forms) {
      expect(bits(ran(kmeans(rows, 3, { init, tol: 0 })))).toBe(bits(asRows()));
      expect(bits(kmeans(rows, 3, { init: () => init, tol: 0 }))).toBe(bits(asRows()));
    }
    inMatrix.dispose();
  });

  it('the result of one clustering starts another', () => {
    const first = ran(kmeans(rows, 3, { maxIter: 1 }));
    const next = kmeans(rows, 3, { init: first.centroids as Data, tol: 0 });
    expect(next.inertia).toBeLessThanOrEqual(first.inertia);
  });

  describe.each(['float32', 'float64'] as const)('a %s matrix', (precision) => {
    const filled = () => {
      const data = matrix(n, d, precision);
      data.data.set(values);
      return data;
    };

    it('clusters as rows do, again and again', () => {
      const data = filled();
      const expected = bits(asRows({ precision }));
      expect(data.shape).toEqual([n, d]);
      expect(data.data).toBeInstanceOf(precision === 'float32' ? Float32Array : Float64Array);
      expect(bits(ran(kmeans(data, 3, options)))).toBe(expected);
      expect(bits(kmeans(data, 3, options))).toBe(expected);
      expect(Array.from(data.data)).toEqual(values);
      expect(hex(kmeans(data, 3, options).predict(data))).toBe(hex(asRows({ precision }).labels));
      data.dispose();
    });

    it('is zero at first; rows are views of it', () => {
      const data = matrix(3, 2, precision);
      expect(Array.from(data.data)).toEqual([0, 0, 0, 0, 0, 0]);
      data.row(1).set([5, 6]);
      expect(Array.from(data.data)).toEqual([0, 0, 5, 6, 0, 0]);
      data.dispose();
    });

    it('keeps its values while the memory grows, and its place to itself', () => {
      const [first, second] = [filled(), matrix(n, d, precision)];
      second.data.fill(3);
      const wide = new Float64Array(400_000).map((_, i) => (i * 7919) % 1009);
      kmeans(wide, 5, { nFeatures: 8, maxIter: 2 });
      const large = matrix(200_000, 8, precision);
      large.data.fill(8);
      expect(Array.from(first.data)).toEqual(values);
      expect(second.data.every((value) => value === 3)).toBe(true);
      expect(bits(ran(kmeans(first, 3, options)))).toBe(bits(asRows({ precision })));
      for (const each of [large, second, first]) each.dispose();
    });

    it('a place given back is used again', () => {
      for (let i = 0; i < 60; i++) matrix(500_000, 16, precision).dispose();
      const data = filled();
      expect(bits(ran(kmeans(data, 3, options)))).toBe(bits(asRows({ precision })));
      data[Symbol.dispose]();
      expect(() => data.data).toThrow();
    });
  });

  it('a matrix outlives dispose() and a change of the backend', () => {
    const data = matrix(n, d, 'float64');
    data.data.set(values);
    dispose();
    const { backend } = ran(kmeans(data, 3, options));
    const [own, other] = backend === 'js' ? (['js', 'wasm'] as const) : (['wasm', 'js'] as const);
    init({ backend: other });
    const elsewhere = kmeans(data, 3, options);
    init({ backend: own });
    expect(bits(elsewhere)).toBe(bits(ran(asRows())));
    data.dispose();
  });

  it('shared memory is memory', () => {
    const shared = new Float64Array(new SharedArrayBuffer(8 * values.length));
    shared.set(values);
    expect(bits(ran(kmeans(shared, 3, { ...options, nFeatures: d })))).toBe(bits(asRows()));
  });

  it('what is returned belongs to the caller', () => {
    const data = Float64Array.from(values);
    const result = ran(kmeans(data, 3, { ...options, nFeatures: d }));
    const before = bits(result);
    const buffers = [result.labels.buffer, result.counts.buffer, result.centroids[0]!.buffer];
    expect(new Set([...buffers, data.buffer]).size).toBe(4);
    expect(buffers.map((buffer) => buffer.byteLength)).toEqual([4 * n, 8 * 3, 8 * 3 * d]);
    expect(result.centroids.map(({ buffer }) => buffer)).toEqual(result.centroids.map(() => buffers[2]));
    expect(result.centroids.map(({ byteOffset }) => byteOffset)).toEqual([0, 8 * d, 16 * d]);

    kmeans(new Float64Array(300_000).map(Math.sin), 4, { nFeatures: 3, maxIter: 2 });
    data.fill(0);
    dispose();
    expect(bits(result)).toBe(before);
    expect(hex(result.predict(rows))).toBe(hex(result.labels));
  });
});
