import { afterAll, describe, expect, it } from 'vitest';
import { init, kmeans, kmeansSteps } from '../src/index.js';
import type { KMeansOptions, KMeansResult, Precision } from '../src/types.js';
import { backendName, backends } from './helpers/backends.js';
import { bits, hex } from './helpers/compare.js';
import { flat, type Kind, mulberry32, problem } from './helpers/problems.js';

/** Around every edge: lanes, register tiles, chunks of 256 samples. */
const features = [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 33];
const clusters = [1, 2, 3, 7, 8, 9, 17];
const sizes = [1, 2, 255, 256, 257, 1025];
const precisions: Precision[] = ['float32', 'float64'];

interface Case {
  n: number;
  d: number;
  k: number;
  precision: Precision;
  kind?: Kind;
  options?: (weights: number[], start: number[][]) => KMeansOptions;
}

describe('the kernels and plain JavaScript give the same bytes', () => {
  afterAll(async () => {
    await init({ backend: 'auto' });
  });

  describe.each(precisions)('%s', (precision) => {
    it.each(features)('every shape of %s features', async (d) => {
      const shapes = sizes.flatMap((n) => clusters.filter((k) => k <= n).map((k) => ({ n, d, k, precision })));
      await expectSameBytes(
        shapes.map((shape) => ({ ...shape, options: (_, start) => ({ init: start, maxIter: 4 }) })),
      );
    });

    it('long runs', async () => {
      await expectSameBytes(
        several(precision, [
          { n: 700, d: 3, k: 8 },
          { n: 1025, d: 16, k: 17 },
        ]).map((one) => ({ ...one, options: () => ({ tol: 0 }) })),
      );
    });

    const shapes = several(precision, [
      { n: 2, d: 3, k: 2 },
      { n: 40, d: 1, k: 7 },
      { n: 257, d: 5, k: 3 },
      { n: 513, d: 8, k: 9 },
      { n: 256, d: 33, k: 17 },
    ]);
    const kinds: Kind[] = ['normal', 'blobs', 'grid', 'copies'];
    const choices: [string, NonNullable<Case['options']>][] = [
      ['weights', (weights) => ({ sampleWeight: weights })],
      ['uneven weights', (weights) => ({ sampleWeight: weights.map((weight) => Math.sqrt(weight + 0.1)) })],
      ['cosine', () => ({ metric: 'cosine' })],
      ['cosine, weighted', (weights) => ({ metric: 'cosine', sampleWeight: weights })],
      ['k-means++', (_, __) => ({ init: 'k-means++', seed: 12 })],
      ['k-means++, weighted', (weights) => ({ init: 'k-means++', seed: 12, sampleWeight: weights })],
      ['random', () => ({ init: 'random', seed: 7, nInit: 3 })],
      ['relocation', (_, start) => ({ init: start.map((row, j) => (j % 2 ? row.map(() => 1e3 + j) : row)) })],
      ['keep', (_, start) => ({ init: start.map((row) => row.map(() => 1e3)), emptyCluster: 'keep' })],
      ['an early stop', () => ({ tol: 0.05 })],
    ];
    it.each(choices)('%s', async (_, options) => {
      const cosine = options([1], [[1]]).metric === 'cosine';
      const used = cosine ? kinds.filter((kind) => kind === 'normal' || kind === 'blobs') : kinds;
      await expectSameBytes(shapes.flatMap((shape) => used.map((kind) => ({ ...shape, kind, options }))));
    });

    it('samples far from the origin and of odd magnitudes', async () => {
      const scales = [1e-30, 1e-3, 1e5, precision === 'float64' ? 1e100 : 1e12];
      const random = mulberry32(9);
      const data = scales.map((scale) => {
        const { rows } = problem(300, 5, 4, 'normal', precision, 6);
        return flat(
          rows.map((row) => row.map((value) => scale * (value + random() + 3))),
          precision,
        );
      });
      const runs = await onBoth(() => data.map((values) => describeRun(kmeans(values, 4, { nFeatures: 5, tol: 0 }))));
      expect(runs[0]).toEqual(runs[1]);
    });

    it('steps, and what a model says of new samples', async () => {
      const { rows, start } = problem(321, 7, 6, 'normal', precision, 10);
      const other = flat(problem(259, 7, 1, 'blobs', precision, 11).rows, precision);
      const runs = await onBoth(() => {
        const steps = [...kmeansSteps(flat(rows, precision), 6, { nFeatures: 7, init: start, tol: 0 })];
        const told = steps.map((step) => [
          bits({ ...step, iterations: step.iteration }),
          step.nextCentroids.map(hex).join(),
          hex(Float64Array.of(step.shift, step.changed)),
        ]);
        const result = kmeans(flat(rows, precision), 6, { nFeatures: 7, init: start });
        return [told, describeRun(result), hex(result.transform(other)), hex(result.nearest(other).distances)];
      });
      expect(runs[0]).toEqual(runs[1]);
    });
  });
});

function several(precision: Precision, shapes: { n: number; d: number; k: number }[]): Case[] {
  return shapes.map((shape) => ({ ...shape, precision }));
}

async function expectSameBytes(cases: Case[]): Promise<void> {
  const [wasm, js] = await onBoth((backend) => cases.map((one) => run(one, backend)));
  const different = cases.filter((_, i) => wasm![i] !== js![i]);
  expect(different.map(({ n, d, k, kind }) => ({ n, d, k, kind }))).toEqual([]);
}

async function onBoth<T>(compute: (backend: string) => T): Promise<T[]> {
  const results: T[] = [];
  for (const backend of backends) {
    await init({ backend });
    results.push(compute(backendName[backend]));
  }
  return results;
}

function run({ n, d, k, precision, kind = 'normal', options }: Case, backend: string): string {
  const { rows, weights, start } = problem(n, d, k, kind, precision, n * 31 + d * 7 + k);
  const result = kmeans(flat(rows, precision), k, { nFeatures: d, ...options?.(weights, start) });
  expect(result.backend).toBe(backend);
  return describeRun(result);
}

function describeRun(result: KMeansResult): string {
  return `${bits(result)} ${result.converged}`;
}
