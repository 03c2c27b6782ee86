import { describe, expect, it } from 'vitest';
import { kmeans, kmeansSteps } from '../src/index.js';
import type { InitName, Precision } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { bits, expectClose, expectRowsClose, toRows } from './helpers/compare.js';
import { expectCode } from './helpers/errors.js';
import { mulberry32, normal, separated } from './helpers/problems.js';
import { countsOf, means, nearest, referenceLloyd } from './helpers/reference.js';

const inits: InitName[] = ['k-means++', 'random'];
const precisions: Precision[] = ['float32', 'float64'];
const everyStart = inits.flatMap((init) => precisions.map((precision) => ({ init, precision })));

/** What the packages of this field fall into, one by one. */
onEveryBackend('traps', (ran) => {
  describe.each(everyStart)('degenerate samples, $init, $precision', (options) => {
    it('fewer distinct samples than k: it ends, and surplus centroids sit on samples', () => {
      const distinct = [
        [1, 2, 3],
        [4, 5, 6],
        [-7, 8, 0.5],
      ];
      const rows = Array.from({ length: 20 }, (_, i) => distinct[i % 3]!);
      for (const k of [4, 7, 20]) {
        const result = ran(kmeans(rows, k, options));
        for (const centroid of result.centroids) expect(nearest(centroid, distinct).sqDistance).toBeLessThan(1e-10);
        expect(result.inertia).toBeLessThan(1e-9);
        expect(new Set(result.labels).size).toBe(3);
        expect(result.iterations).toBeLessThan(10);
      }
    });

    it('all samples identical: no NaN, inertia 0, one label', () => {
      const rows = Array.from({ length: 9 }, () => [0.1, -2.7]);
      for (const k of [1, 2, 5, 9]) {
        const result = ran(kmeans(rows, k, options));
        expect(result.inertia).toBeCloseTo(0, 12);
        expect(new Set(result.labels).size).toBe(1);
        expectRowsClose(result.centroids, rows.slice(0, k), 1e-6);
      }
    });

    it('all samples 0', () => {
      const result = ran(kmeans([0, 0, 0], 2, options));
      expect(toRows(result.centroids)).toEqual([[0], [0]]);
      expect(result.inertia).toBe(0);
    });
  });

  it('k greater than n is refused, not looped over', () => {
    expectCode(() => kmeans([[1], [2]], 3), 'ERR_K', RangeError);
  });

  it('an empty cluster becomes neither NaN nor the origin', () => {
    const { rows } = separated(5, 2, 3);
    const shifted = rows.map((row) => row.map((value) => value + 1000));
    const result = ran(kmeans(shifted, 3, { init: [shifted[0]!, shifted[1]!, [-1e6, 0, 1e6]] }));
    for (const centroid of result.centroids) expect(nearest(centroid, shifted).sqDistance).toBeLessThan(100);
    expect(Math.min(...result.counts)).toBeGreaterThan(0);
  });

  it('several clusters that are empty at once', () => {
    const rows = Array.from({ length: 30 }, (_, i) => [i, i % 5]);
    const init = Array.from({ length: 6 }, () => [-500, 3]);
    const result = ran(kmeans(rows, 6, { init }));
    expect(Math.min(...result.counts)).toBeGreaterThan(0);
    expect(new Set(toRows(result.centroids).map(String)).size).toBe(6);
  });

  it('the input is left alone, deep-frozen as it is', () => {
    const rows = deepFreeze([
      [3, 1],
      [0.5, 2],
      [9, 9],
      [8, 9],
    ]);
    const init = deepFreeze([
      [0, 0],
      [9, 9],
    ]);
    const options = deepFreeze({ init, sampleWeight: [1, 2, 3, 4], tol: 0 });
    const result = ran(kmeans(rows, 2, options));
    expect(Array.from(result.labels)).toEqual([0, 0, 1, 1]);
    result.predict(rows);
    result.transform(rows);
    expect([...kmeansSteps(rows, 2, options)]).toHaveLength(result.iterations);
  });

  it('typed input is left alone: cosine, centring and init included', () => {
    const data = Float64Array.from([3, 1, 0.5, 2, 9, 9, 8, 9]);
    const init = Float64Array.from([1, 0, 2, 2]);
    const sampleWeight = Float32Array.from([1, 2, 3, 4]);
    const before = [data, init, sampleWeight].map((array) => Array.from(array));
    for (const metric of ['cosine', 'euclidean'] as const) {
      const result = ran(kmeans(data, 2, { nFeatures: 2, init, sampleWeight, metric }));
      result.predict(data);
      result.nearest(data);
      expect([data, init, sampleWeight].map((array) => Array.from(array))).toEqual(before);
    }
  });

  it('no centroid is an input row', () => {
    const rows = [Float64Array.of(1, 2), Float64Array.of(3, 4)];
    const result = ran(kmeans(rows, 2, { init: rows }));
    for (const centroid of result.centroids) {
      expect(rows).not.toContain(centroid);
      centroid.fill(7);
    }
    expect(rows.map((row) => Array.from(row))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('steps share no state with one another', () => {
    const { rows } = separated(10, 3, 2);
    const init = rows.slice(0, 3).map((row) => row.map((value) => value / 3));
    const seen = [];
    const copies = [];
    for (const step of kmeansSteps(rows, 3, { init, tol: 0 })) {
      seen.push(step);
      copies.push(structuredClone({ ...step }));
    }
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.map((step) => ({ ...step }))).toEqual(copies);
  });

  it('labels fit the centroids that are returned, however the run ended', () => {
    const random = mulberry32(5);
    const rows = Array.from({ length: 400 }, () => [normal(random), normal(random)]);
    const init = rows.slice(0, 9);
    for (const options of [{ maxIter: 1 }, { maxIter: 2 }, { maxIter: 3 }, { tol: 0.5 }, { tol: 1e-2 }]) {
      const result = ran(kmeans(rows, 9, { init, ...options }));
      const argmin = rows.map((row) => nearest(row, result.centroids).label);
      expect(Array.from(result.labels)).toEqual(argmin);
      expect(Array.from(result.predict(rows))).toEqual(argmin);
      const stale = referenceLloyd(rows, init, { maxIter: result.iterations });
      expectRowsClose(result.centroids, stale.centroids, 1e-9, 1);
    }
  });

  it('number[] is samples of one feature', () => {
    const result = ran(kmeans([1, 2, 10, 11], 2, { init: [1, 11] }));
    expect(result.nFeatures).toBe(1);
    expect(result.nSamples).toBe(4);
    expect(toRows(result.centroids)).toEqual([[1.5], [10.5]]);
    expect(Array.from(result.predict([3, 9]))).toEqual([0, 1]);
  });

  it('NaN is no 0: the error names row and column', () => {
    const rows = Array.from({ length: 12 }, () => [0, 1, 2]);
    rows[7] = [0, 1, Number.NaN];
    expect(expectCode(() => kmeans(rows, 2), 'ERR_NON_FINITE').message).toMatch(/row 7\b.*column 2\b/);
  });

  it('ragged rows are refused, and the row is named', () => {
    const rows = [[1, 2], [3, 4], [5], [6, 7]];
    expect(expectCode(() => kmeans(rows, 2), 'ERR_RAGGED_DATA').message).toMatch(/row 2\b/);
  });

  it('a constant column does not pass for convergence', () => {
    const random = mulberry32(11);
    const rows = Array.from({ length: 200 }, () => [0, normal(random), 5]);
    const init = rows.slice(0, 4);
    const expected = referenceLloyd(rows, init);
    const result = ran(kmeans(rows, 4, { init, tol: 0 }));
    expect(expected.iterations).toBeGreaterThan(3);
    expect(result.iterations).toBe(expected.iterations);
    expect(Array.from(result.labels)).toEqual(expected.labels);
  });

  it('what has converged stops: long before maxIter on blobs, in two iterations from their means', () => {
    const { rows, target } = separated(30, 4, 3);
    expect(ran(kmeans(rows, 4)).iterations).toBeLessThan(10);
    const exact = referenceLloyd(rows, [rows[0]!, rows[1]!, rows[2]!, rows[3]!]);
    const again = ran(kmeans(rows, 4, { init: exact.centroids, tol: 0 }));
    expect(again.iterations).toBeLessThanOrEqual(2);
    expect(again.converged).toBe(true);
    expect(Array.from(again.labels)).toEqual(target);
  });

  it('tol 0 ends on 5000 × 10 normal samples', () => {
    const random = mulberry32(3);
    const data = Float64Array.from({ length: 50_000 }, () => normal(random));
    const result = ran(kmeans(data, 5, { nFeatures: 10, tol: 0 }));
    expect(result.converged).toBe(true);
    expect(result.iterations).toBeLessThan(300);
  });

  it('squared tolerance: tol is scaled by the mean variance, and met by the summed squared shift', () => {
    const random = mulberry32(21);
    const rows = Array.from({ length: 300 }, () => [1000 * normal(random), 1000 * normal(random)]);
    const init = rows.slice(0, 7);
    for (const tol of [1e-1, 1e-2, 1e-3, 1e-4]) {
      const expected = referenceLloyd(rows, init, { tol });
      expect(ran(kmeans(rows, 7, { init, tol })).iterations).toBe(expected.iterations);
    }
    const counts = [1e-1, 1e-4].map((tol) => referenceLloyd(rows, init, { tol }).iterations);
    expect(counts[0]).toBeLessThan(counts[1]!);
  });

  it('a callback may cluster something else meanwhile', () => {
    const { rows } = separated(20, 3, 2);
    const init = [rows[0]!, rows[3]!, rows[1]!];
    const expected = kmeans(rows, 3, { init, tol: 0 });
    const other = Array.from({ length: 700 }, (_, i) => [i % 13, i % 7, i]);
    const meanwhile = () => void kmeans(other, 9, { maxIter: 2 });
    const result = kmeans(rows, 3, {
      tol: 0,
      onProgress: meanwhile,
      init: (_, k, random) => {
        meanwhile();
        expect(k).toBe(3);
        expect(random()).toBeLessThan(1);
        return init;
      },
      nInit: 2,
    });
    expect(bits(ran(result))).toBe(bits(expected));
  });

  it('weights of very different sizes: the means hold', () => {
    const random = mulberry32(4);
    const rows = Array.from({ length: 500 }, () => [normal(random), normal(random)]);
    const sampleWeight = rows.map(() => 2 ** (120 * random() - 60));
    const result = ran(kmeans(rows, 4, { init: rows.slice(0, 4), sampleWeight, tol: 0 }));
    const expected = means(rows, result.labels, sampleWeight, toRows(result.centroids));
    expectRowsClose(result.centroids, expected.centroids, 1e-12, 1);
    expectClose(result.counts, countsOf(result.labels, 4, sampleWeight), 1e-12);
  });

  it('far from the origin, distances keep their precision', () => {
    const { rows, target } = separated(20, 3, 2);
    const far = rows.map((row) => row.map((value) => value + 1e8));
    const result = ran(kmeans(far, 3, { init: far.slice(0, 3) }));
    expect(Array.from(result.labels)).toEqual(target);
    const near = kmeans(rows, 3, { init: rows.slice(0, 3) });
    expectClose([result.inertia], [near.inertia], 1e-6);
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
