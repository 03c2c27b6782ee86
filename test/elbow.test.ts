import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { elbow } from '../src/choose-k/elbow.js';
import { kneedle } from '../src/choose-k/kneedle.js';
import { makeBlobs } from '../src/data/blobs.js';
import { kmeans } from '../src/kmeans.js';
import type { Progress } from '../src/types.js';

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('kneedle', () => {
  test('finds the bend of two straight lines', () => {
    expect(kneedle(upTo(8), [100, 60, 20, 16, 12, 8, 4, 0])).toBe(2);
  });

  test('finds the knee of the example of the paper, mirrored', () => {
    // y = −1 / x + 5 on ten points of 0 … 1: the paper's figure 2 has its knee at x ≈ 0.22, the third point.
    const xs = upTo(10).map((i) => (i - 1) / 9);
    const ys = xs.map((x) => 1 / (x + 0.1) - 5);
    expect(kneedle(xs, ys)).toBe(2);
  });

  test('finds the same knee however the axes are scaled', () => {
    const ys = [100, 60, 20, 16, 12, 8, 4, 0];
    const xs = upTo(8).map((x) => 1000 + 7 * x);
    expect(
      kneedle(
        xs,
        ys.map((y) => 1e-6 * y - 3),
      ),
    ).toBe(2);
  });

  test('is not confused by a rise', () => {
    expect(kneedle(upTo(8), [100, 60, 20, 40, 12, 30, 4, 0])).toBe(2);
    expect(kneedle(upTo(8), [100, 120, 20, 16, 12, 8, 4, 0])).toBe(2);
  });

  test.each([
    ['one point', [5]],
    ['two points', [5, 1]],
    ['a flat curve', [3, 3, 3, 3, 3]],
    ['a straight line', [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]],
    ['a line that rises', [1, 2, 3, 4, 5]],
    ['a curve that bends the other way', [100, 99, 96, 91, 80, 50, 0]],
  ])('finds none on %s', (_, ys) => {
    expect(kneedle(upTo(ys.length), ys)).toBeUndefined();
  });

  test('wants a sharper bend when less sensitive', () => {
    const ys = [100, 60, 30, 16, 12, 8, 4, 0];
    expect(kneedle(upTo(8), ys, 1)).toBe(2);
    expect(kneedle(upTo(8), ys, 10)).toBeUndefined();
  });
});

describe('elbow', () => {
  const rows = readFileSync(new URL('../examples/data/blobs.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));

  test('finds the three blobs of the tutorial', () => {
    const { ks, inertias, k } = elbow(rows, { kMax: 9 });
    expect(ks).toEqual(upTo(9));
    expect(k).toBe(3);
    expect(inertias[2]).toBeCloseTo(286.18421424707327, 8);
  });

  test('agrees on the inertias of the tutorial', () => {
    const { elbow: points } = JSON.parse(readFileSync(new URL('golden/seed.json', import.meta.url), 'utf8'));
    const inertias: number[] = points.map((point: { inertia: number }) => point.inertia);
    expect(kneedle(upTo(9), inertias)).toBe(2);
  });

  test('finds five blobs', () => {
    const centers = [
      [0, 0],
      [20, 0],
      [0, 20],
      [20, 20],
      [10, 40],
    ];
    const { data } = makeBlobs({ nSamples: 300, centers, seed: 4 });
    expect(elbow(data, { nInit: 5 }).k).toBe(5);
  });

  test('gives the inertias that kmeans gives with the same options', () => {
    const options = { seed: 11, tol: 0, init: 'random', nInit: 2 } as const;
    const { ks, inertias } = elbow(rows, { kMin: 2, kMax: 5, ...options });
    expect(ks).toEqual([2, 3, 4, 5]);
    expect(inertias).toEqual(ks.map((k) => kmeans(rows, k, options).inertia));
  });

  test('goes to 10, or to the number of samples', () => {
    expect(elbow(rows).ks).toEqual(upTo(10));
    expect(elbow(rows.slice(0, 6)).ks).toEqual(upTo(6));
    expect(elbow([[1, 2]])).toEqual({ ks: [1], inertias: [0], k: undefined });
  });

  test('reads flat data', () => {
    const flat = Float64Array.from(rows.flat());
    expect(elbow(flat, { nFeatures: 2, kMax: 4 })).toEqual(elbow(rows, { kMax: 4 }));
  });

  test('has no knee on samples that are all the same', () => {
    const { inertias, k } = elbow(
      upTo(8).map(() => [1, 2]),
      { kMax: 4 },
    );
    expect(inertias).toEqual([0, 0, 0, 0]);
    expect(k).toBeUndefined();
  });

  test('reports the progress of every run', () => {
    const seen: Progress[] = [];
    elbow(rows, { kMin: 2, kMax: 4, onProgress: (progress) => seen.push({ ...progress }) });
    expect(seen.filter(({ run, iteration }) => run === 0 && iteration === 1)).toHaveLength(3);
  });

  test('takes a function for the starting centroids', () => {
    const asked: number[] = [];
    const init = (_: unknown, k: number) => {
      asked.push(k);
      return rows.slice(0, k);
    };
    elbow(rows, { kMax: 3, nInit: 1, init });
    expect(asked).toEqual([1, 2, 3]);
  });

  test.each<[string, object, string, RegExp]>([
    [
      'starting centroids',
      {
        init: [
          [1, 2],
          [3, 4],
        ],
      },
      'ERR_OPTION',
      /init is starting centroids, which fit one k/,
    ],
    ['kMin of 0', { kMin: 0 }, 'ERR_OPTION', /kMin is 0; it must be an integer ≥ 1/],
    ['kMax of half', { kMax: 4.5 }, 'ERR_OPTION', /kMax is 4.5; it must be an integer ≥ 2/],
    ['kMax no larger than kMin', { kMin: 3, kMax: 3 }, 'ERR_OPTION', /kMax is 3; it must be an integer ≥ 4/],
    ['kMax above n', { kMax: 151 }, 'ERR_K', /k goes from 1 to 151; it must not exceed n = 150/],
    ['an unknown option', { kmax: 3 }, 'ERR_OPTION', /kmax/],
    ['an option of elbowAsync', { threads: 2 }, 'ERR_OPTION', /no option 'threads'/],
    ['a bad value of kmeans', { maxIter: -1 }, 'ERR_OPTION', /maxIter/],
  ])('rejects %s', (_, options, code, message) => {
    expect(() => elbow(rows, options)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('rejects kMin above n', () => {
    expect(() => elbow(rows.slice(0, 3), { kMin: 4 })).toThrow(expect.objectContaining({ code: 'ERR_K' }));
  });
});
