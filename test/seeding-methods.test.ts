import { afterAll, describe, expect, test } from 'vitest';
import { init, kmeans, kmeansSteps, makeBlobs } from '../src/index.js';
import type { Data, InitName, KMeansOptions } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { byDefinition, sqDistance } from './helpers/plus-plus.js';
import { mulberry32 } from './helpers/problems.js';

const methods: InitName[] = ['k-means||', 'afk-mc2'];

/** The centroids that a run starts from, and the potential they leave. */
function start(data: Data, k: number, options: KMeansOptions): { centroids: number[][]; potential: number } {
  const [step] = kmeansSteps(data, k, { nInit: 1, ...options });
  return { centroids: step!.centroids.map((row) => Array.from(row)), potential: step!.inertia };
}

onEveryBackend('k-means‖ and AFK-MC²', (ran) => {
  describe.each(methods)('%s', (method) => {
    test('starts from different samples, whatever the shape', () => {
      for (const [n, d] of [
        [1, 1],
        [2, 3],
        [40, 1],
        [60, 2],
        [300, 4],
        [300, 5],
        [90, 17],
      ] as const)
        for (const k of [1, 2, 7, 16, 60]) {
          if (k > n) continue;
          const random = mulberry32(n + d + k);
          const rows = Array.from({ length: n }, () => Array.from({ length: d }, () => Math.floor(2 ** 20 * random())));
          const known = new Set(rows.map(String));
          const { centroids } = start(rows, k, { init: method, seed: k });
          const chosen = new Set(centroids.map(String));
          for (const row of chosen) expect(known.has(row)).toBe(true);
          expect(chosen.size).toBe(k);
        }
    });

    test('takes every sample where k = n', () => {
      const rows = Array.from({ length: 50 }, (_, i) => [i % 7, Math.floor(i / 7)]);
      expect(ran(kmeans(rows, 50, { init: method })).inertia).toBe(0);
    });

    test('ends where samples are copies of fewer than k', () => {
      for (const distinct of [1, 2, 3]) {
        const rows = Array.from({ length: 30 }, (_, i) => [i % distinct, 5, 0, 0, i % distinct]);
        const result = kmeans(rows, 6, { init: method, sampleWeight: rows.map((_, i) => i % 2) });
        expect(result.inertia).toBe(0);
        for (const centroid of result.centroids) expect(centroid.every(Number.isFinite)).toBe(true);
      }
    });

    test('never starts from a sample of weight 0, nor cares for it', () => {
      const rows = Array.from({ length: 80 }, (_, i) => [i, i % 7]);
      rows.push([1e4, 1e4], [-1e4, 0], [3e4, 0]);
      const sampleWeight = rows.map((_, i) => (i < 80 ? 1 + (i % 3) : 0));
      for (let seed = 0; seed < 25; seed++) {
        const { centroids } = start(rows, 5, { init: method, seed, sampleWeight });
        expect(Math.max(...centroids.flat().map(Math.abs))).toBeLessThan(100);
      }
    });

    test('the same seed, the same start; other seeds, other starts; one run', () => {
      const { data } = makeBlobs({ nSamples: 400, nFeatures: 5, centers: 6, seed: 1 });
      const key = (seed: number) => start(data, 6, { init: method, seed }).centroids.join();
      expect(key(3)).toBe(key(3));
      expect(new Set([0, 1, 2, 3].map(key)).size).toBe(4);
      const runs: number[] = [];
      kmeans(data, 6, { init: method, onProgress: ({ runs: all }) => runs.push(all) });
      expect(new Set(runs)).toEqual(new Set([1]));
    });

    test('works on directions', () => {
      const { data } = makeBlobs({ nSamples: 200, nFeatures: 3, centers: 5, seed: 1 });
      const { centroids } = start(data, 5, { init: method, metric: 'cosine' });
      for (const row of centroids) expect(Math.hypot(...row)).toBeCloseTo(1, 9);
    });
  });
});

onEveryBackend('growing samples', (ran) => {
  const begin = (data: Data, k: number, more: KMeansOptions = {}) => start(data, k, { init: 'growing', ...more });

  test('are for 64 samples a cluster or more: with fewer it is greedy k-means++', () => {
    const rows = Array.from({ length: 256 }, (_, i) => [(i * 7919) % 1009, i % 31]);
    const [few, many] = [rows.slice(0, 255), rows];
    expect(begin(few, 4, { seed: 2 })).toEqual(start(few, 4, { seed: 2 }));
    expect(begin(many, 4, { seed: 2 }).centroids).not.toEqual(start(many, 4, { seed: 2 }).centroids);
  });

  test('lead to the values where samples are copies of k', () => {
    const values = [
      [0, 0],
      [0, 8],
      [8, 0],
      [9, 9],
    ];
    const rows = Array.from({ length: 4000 }, (_, i) => values[((i * i + i) % 7) >> 1]!);
    const known = [...new Set(rows.map(String))];
    const { centroids, potential } = begin(rows, known.length);
    expect(centroids.map(String).sort()).toEqual(known.sort());
    expect(potential).toBe(0);
    expect(ran(kmeans(rows, known.length, { init: 'growing' })).iterations).toBe(1);
  });

  test('and end where samples are copies of fewer than k', () => {
    const rows = Array.from({ length: 900 }, (_, i) => [i % 2, 5, 0, 0, i % 2]);
    const result = kmeans(rows, 6, { init: 'growing', sampleWeight: rows.map((_, i) => i % 3) });
    expect(result.inertia).toBe(0);
    for (const centroid of result.centroids) expect(centroid.every(Number.isFinite)).toBe(true);
  });

  test('do not hold what weighs nothing', () => {
    const rows = Array.from({ length: 900 }, (_, i) => (i < 600 ? [i % 11, i % 7] : [1e4 * (i % 3), -1e4]));
    const sampleWeight = rows.map((_, i) => (i < 600 ? 1 + (i % 3) : 0));
    for (let seed = 0; seed < 9; seed++)
      for (const centroid of begin(rows, 5, { seed, sampleWeight }).centroids)
        for (const value of centroid) expect(Math.abs(value)).toBeLessThan(11);
  });

  test('have directions for the cosine', () => {
    const { data } = makeBlobs({ nSamples: 2000, nFeatures: 3, centers: 5, seed: 1 });
    for (const row of begin(data, 5, { metric: 'cosine' }).centroids) expect(Math.hypot(...row)).toBeCloseTo(1, 9);
  });

  test.each([2, 6])('bring the inertia nearer to where it ends, %s features', (nFeatures) => {
    const { data } = makeBlobs({ nSamples: 8000, nFeatures, centers: 8, spread: 3, seed: 5, precision: 'float32' });
    const excess = (name: InitName) =>
      average(5, (seed) => {
        const options = { init: name, seed };
        return start(data, 8, options).potential / kmeans(data, 8, options).inertia - 1;
      });
    expect(excess('growing')).toBeLessThan(0.2 * excess('k-means++'));
  });
});

describe('the potential that a start leaves, its mean over seeds', () => {
  const n = 1000;
  const k = 10;
  const { data } = makeBlobs({ nSamples: n, nFeatures: 3, centers: k, spread: 0.5, seed: 4 });
  const mean = (name: InitName) => average(24, (seed) => start(data, k, { init: name, seed }).potential);

  test('of k-means‖ is that of greedy k-means++ or less', () => {
    expect(mean('k-means||')).toBeLessThan(1.05 * mean('k-means++'));
  });

  test('of AFK-MC² is that of k-means++ without trials', () => {
    const rows = Array.from({ length: n }, (_, i) => Array.from(data.data.subarray(3 * i, 3 * i + 3)));
    const random = mulberry32(1);
    const ones = Array<number>(n).fill(1);
    const plain = average(24, () => {
      const seeds = byDefinition(rows, ones, k, 1, random).map((i) => rows[i]!);
      return rows.reduce((sum, row) => sum + Math.min(...seeds.map((seed) => sqDistance(row, seed))), 0);
    });
    expect(mean('afk-mc2') / plain).toBeGreaterThan(0.8);
    expect(mean('afk-mc2') / plain).toBeLessThan(1.2);
  });

  test.each(methods)('of %s is far below that of samples drawn alike', (method) => {
    expect(mean(method)).toBeLessThan(0.4 * mean('random'));
  });
});

const average = (times: number, value: (seed: number) => number): number =>
  Array.from({ length: times }, (_, seed) => value(seed)).reduce((sum, one) => sum + one, 0) / times;

describe('the backends start from the same bits', () => {
  afterAll(() => init({ backend: 'auto' }));

  test.each([...methods, 'growing'] as const)('%s', async (method) => {
    for (const [d, k, precision] of [
      [1, 9, 'float64'],
      [2, 30, 'float32'],
      [6, 12, 'float64'],
      [20, 40, 'float32'],
      [3, 2, 'float64'],
      [6, 3, 'float64'],
      [30, 7, 'float32'],
    ] as const) {
      const { data } = makeBlobs({ nSamples: 900, nFeatures: d, centers: k, seed: d, precision });
      const sampleWeight = d === 6 ? Float64Array.from({ length: 900 }, (_, i) => i % 4) : undefined;
      const starts: string[] = [];
      for (const backend of ['wasm', 'js'] as const) {
        await init({ backend });
        starts.push(start(data, k, { init: method, sampleWeight, seed: 8 }).centroids.join());
      }
      expect(starts[0]).toBe(starts[1]);
    }
  });
});
