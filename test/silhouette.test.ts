import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeBlobs } from '../src/data/blobs.js';
import { silhouetteSamples, silhouetteScore } from '../src/metrics/silhouette.js';

type Samples = (
  rows: number[][],
  labels: ArrayLike<number>,
  distance: (p: number[], q: number[]) => number,
) => number[];

const golden = (name: string) => JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8'));

const euclidean = (p: number[], q: number[]) => Math.hypot(...p.map((x, f) => x - q[f]));
const cosine = (p: number[], q: number[]) => {
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, f) => sum + x * b[f], 0);
  return 1 - dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q));
};

/** The definition, word for word. */
const byDefinition: Samples = (rows, labels, distance) =>
  rows.map((row, i) => {
    const means = [...new Set(Array.from(labels))].map((label) => {
      const others = rows.filter((_, j) => labels[j] === label && j !== i);
      return { label, mean: others.reduce((sum, other) => sum + distance(row, other), 0) / others.length };
    });
    const a = means.find(({ label }) => label === labels[i])!.mean;
    const b = Math.min(...means.filter(({ label }) => label !== labels[i]).map(({ mean }) => mean));
    return Number.isNaN(a) ? 0 : (b - a) / Math.max(a, b);
  });

function rowsOf(nSamples: number, nFeatures: number, seed: number): number[][] {
  const { data } = makeBlobs({ nSamples, nFeatures, seed, spread: 4 }).data;
  return Array.from({ length: nSamples }, (_, i) => Array.from(data.subarray(i * nFeatures, (i + 1) * nFeatures)));
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i], 12);
}

describe('silhouetteScore', () => {
  test.each(['iris', 'wine', 'digits'])('is that of scikit-learn on %s', (name) => {
    const { data, cases } = golden(name);
    for (const { expected } of cases) {
      expect(Math.abs(silhouetteScore(data, expected.labels) - expected.silhouette)).toBeLessThan(1e-9);
    }
  });

  test('is the mean of the samples', () => {
    const rows = rowsOf(40, 3, 5);
    const labels = rows.map((_, i) => i % 3);
    const samples = silhouetteSamples(rows, labels);
    expect(silhouetteScore(rows, labels)).toBeCloseTo(samples.reduce((sum, s) => sum + s, 0) / 40, 14);
  });

  test('sampled: repeatable, near the whole, and the whole when asked for no less', () => {
    const { data, labels } = makeBlobs({ nSamples: 1000, centers: 4, seed: 2 });
    const whole = silhouetteScore(data, labels);
    const sampled = silhouetteScore(data, labels, { sampleSize: 300, seed: 1 });
    expect(sampled).not.toBe(whole);
    expect(Math.abs(sampled - whole)).toBeLessThan(0.05);
    expect(silhouetteScore(data, labels, { sampleSize: 300, seed: 1 })).toBe(sampled);
    expect(silhouetteScore(data, labels, { sampleSize: 300, seed: 2 })).not.toBe(sampled);
    expect(silhouetteScore(data, labels, { sampleSize: 1000 })).toBe(whole);
    expect(silhouetteScore(data, labels, { sampleSize: 5000 })).toBe(whole);
  });

  test('sampled: looks at nothing but the samples drawn', () => {
    const rows = [[0], [1], [3], [10], [12], [17]];
    const labels = [0, 0, 0, 1, 1, 1];
    const without = (i: number) => (_: unknown, j: number) => j !== i;
    const possible = rows.map((_, i) => silhouetteScore(rows.filter(without(i)), labels.filter(without(i))));
    for (let seed = 0; seed < 20; seed++) {
      const score = silhouetteScore(rows, labels, { sampleSize: 5, seed });
      expect(Math.min(...possible.map((p) => Math.abs(p - score)))).toBeLessThan(1e-14);
    }
  });
});

describe('silhouetteSamples', () => {
  test('has the values computed by hand', () => {
    // a is 1 for all; b is 9.5 for the outer samples and 8.5 for the inner.
    const samples = silhouetteSamples([0, 1, 9, 10], [0, 0, 1, 1]);
    expectClose(samples, [8.5 / 9.5, 7.5 / 8.5, 7.5 / 8.5, 8.5 / 9.5]);
  });

  test('is negative for a sample in the wrong cluster', () => {
    expect(silhouetteSamples([0, 1, 9, 10, 0.5], [0, 0, 1, 1, 1])[4]).toBeLessThan(-0.9);
  });

  test('is 0 for a sample alone in its cluster', () => {
    expectClose(silhouetteSamples([[0], [1], [5]], [7, 7, 3]), [4 / 5, 3 / 4, 0]);
  });

  test('is 0 where all samples of two clusters lie on one spot', () => {
    expect(Array.from(silhouetteSamples([2, 2, 2, 2], [0, 0, 1, 1]))).toEqual([0, 0, 0, 0]);
  });

  // 1, 16 and 600 features: many, few and one block of rows.
  test.each([
    [97, 1, 4],
    [300, 16, 2],
    [61, 600, 5],
    [50, 3, 49],
  ])('agrees with the definition for %i samples of %i features in %i clusters', (n, d, nClusters) => {
    const rows = rowsOf(n, d, n);
    const labels = rows.map((_, i) => (i * i + 1) % nClusters);
    expectClose(silhouetteSamples(rows, labels), byDefinition(rows, labels, euclidean));
  });

  test('crosses the edges of its blocks of rows', () => {
    // One feature: blocks of 2048 rows, and the first cluster is longer than that.
    const rows = rowsOf(2500, 1, 3);
    const labels = rows.map((_, i) => Number(i >= 2200));
    const samples = silhouetteSamples(rows, labels);
    const expected = byDefinition(rows.slice(0), labels, (p, q) => Math.abs(p[0] - q[0]));
    expectClose(samples, expected);
  });

  test('takes the cosine distance too', () => {
    const rows = rowsOf(60, 4, 9);
    const labels = rows.map((_, i) => i % 3);
    expectClose(silhouetteSamples(rows, labels, { metric: 'cosine' }), byDefinition(rows, labels, cosine));
  });

  test('cosine: a sample of zeros is at distance 1 from all', () => {
    const samples = silhouetteSamples(
      [
        [0, 0],
        [1, 0],
        [2, 0],
        [0, 3],
      ],
      [0, 0, 1, 1],
      { metric: 'cosine' },
    );
    // Distances 1 to all for the zeros; 0 between the two on the first axis; 1 to the other axis.
    expectClose(samples, [0, (0.5 - 1) / 1, (0.5 - 1) / 1, 0]);
  });

  test('takes any integers as labels and any data form, and changes neither', () => {
    const flat = Object.freeze([0, 1, 9, 10]);
    const labels = Object.freeze([-5, -5, 1e9, 1e9]);
    const expected = silhouetteSamples(flat, labels);
    expect(silhouetteSamples(Float32Array.from(flat), Int32Array.from(labels), { nFeatures: 1 })).toEqual(expected);
    expect(silhouetteSamples({ columns: [Float64Array.from(flat)] }, labels)).toEqual(expected);
  });

  test.each<[string, number[], object, RegExp]>([
    ['one label', [1, 1, 1, 1], {}, /^Number of labels is 1. Valid values are 2 to n_samples - 1 \(inclusive\)$/],
    ['a label for each sample', [1, 2, 3, 4], {}, /^Number of labels is 4. Valid values are 2 to n_samples - 1/],
    ['too few labels', [0, 1], {}, /labels has length 2; it must be 4, the number of samples/],
    ['labels that are not integers', [0, 1, 0.5, 1], {}, /label 2 is 0.5; labels must be integers/],
    ['an unknown option', [0, 0, 1, 1], { sampleSise: 2 }, /no option 'sampleSise'/],
    [
      'an unknown metric',
      [0, 0, 1, 1],
      { metric: 'manhattan' },
      /metric is 'manhattan'; it must be 'euclidean' or 'cosine'/,
    ],
    ['no sample drawn', [0, 0, 1, 1], { sampleSize: 0 }, /sampleSize is 0; it must be an integer ≥ 1/],
    ['a seed that is no integer', [0, 0, 1, 1], { sampleSize: 3, seed: 0.5 }, /seed is 0.5; it must be an integer/],
    ['a draw too small to hold two labels', [0, 0, 1, 1], { sampleSize: 2 }, /Number of labels is \d\. Valid/],
  ])('rejects %s', (_, labels, options, message) => {
    expect(() => silhouetteScore([0, 1, 9, 10], labels, options)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringMatching(message) }),
    );
  });

  test('calls missing labels a wrong type, and too few a wrong value', () => {
    const missing = undefined as unknown as number[];
    expect(() => silhouetteSamples([0, 1, 9], missing)).toThrow(TypeError);
    expect(() => silhouetteSamples([0, 1, 9], [0])).toThrow(RangeError);
  });

  test('has no sample to draw', () => {
    expect(() => silhouetteSamples([0, 1, 9], [0, 0, 1], { sampleSize: 2 } as object)).toThrow(
      /no option 'sampleSize'/,
    );
  });
});
