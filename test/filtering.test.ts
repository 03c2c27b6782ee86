import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Filtering } from '../src/algorithms/filtering.js';
import { NODE_BYTES } from '../src/backend/layout.js';
import { createBackend } from '../src/backend/load.js';
import { now } from '../src/backend/pass.js';
import { Workspace } from '../src/backend/workspace.js';
import { readSource } from '../src/data/source.js';
import { Fit } from '../src/fit.js';
import { kmeans, kmeansSteps, makeBlobs } from '../src/index.js';
import { resolveOptions } from '../src/options.js';
import { createRandom } from '../src/random.js';
import type { FloatArray, KMeansOptions, Precision } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { check } from './helpers/problems.js';

// The filtering algorithm against plain Lloyd, where the tests of all accelerated algorithms do not lead.

type Make = (random: () => number, i: number, f: number) => number;

/** Where boxes are flat, empty but for a few samples, deep below one another, or full of ties. */
const KINDS: Readonly<Record<string, Make>> = {
  'all the same': () => 3,
  'two values a rounding apart': (random) => (random() < 0.5 ? 1 : 1 + 2 ** -23),
  'on a line': (_, i, f) => i * (f + 1),
  lattice: (random) => Math.floor(random() * 9),
  'an outlier': (random, i) => (i === 0 ? 1e9 : random()),
  'powers of two': (random) => 2 ** -Math.floor(random() * 40),
  'far from the origin': (random) => 1e6 + random(),
  copies: (_, i, f) => ((i % 13) * (f + 3)) % 7,
};

function valuesOf(kind: string, n: number, d: number, seed: number, precision: Precision): FloatArray {
  const random = createRandom(seed);
  const values = precision === 'float32' ? new Float32Array(n * d) : new Float64Array(n * d);
  return values.map((_, at) => KINDS[kind]!(random, Math.floor(at / d), at % d));
}

function expectSameAsLloyd(data: FloatArray, k: number, options: KMeansOptions): void {
  const found = (['lloyd', 'filtering', 'auto'] as const).map((algorithm) => {
    const { labels, centroids, counts, inertia, iterations } = kmeans(data, k, { ...options, algorithm });
    return { labels, centroids, counts, inertia, iterations };
  });
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
}

onEveryBackend('the filtering algorithm', (ran, runs) => {
  it('gives the bits of plain Lloyd on every kind of box', () => {
    check(
      fc.property(
        fc.constantFrom(...Object.keys(KINDS)),
        fc.record({
          n: fc.constantFrom(1, 3, 63, 64, 65, 130, 1000),
          d: fc.integer({ min: 1, max: 4 }),
          k: fc.constantFrom(1, 2, 5, 40, 1000),
          precision: fc.constantFrom<Precision>('float32', 'float64'),
          seed: fc.nat(1000),
          weighted: fc.boolean(),
          metric: fc.constantFrom('euclidean' as const, 'cosine' as const),
        }),
        (kind, { n, d, k, precision, seed, weighted, metric }) => {
          const random = createRandom(seed + 1);
          const sampleWeight = Array.from({ length: n }, (_, i) => (i === 0 ? 0.1 : Math.floor(random() * 3) * 0.3));
          expectSameAsLloyd(valuesOf(kind, n, d, seed, precision), Math.min(n, k), {
            ...{ nFeatures: d, init: 'random', nInit: 2, tol: 0, seed, maxIter: 30, metric },
            ...(weighted && { sampleWeight }),
          });
        },
      ),
      runs(60),
    );
  });

  it('also where clusters are large enough for regions, until nothing moves', () => {
    check(
      fc.property(
        fc.record({
          kind: fc.constantFrom(...Object.keys(KINDS), 'blobs'),
          d: fc.integer({ min: 1, max: 4 }),
          k: fc.integer({ min: 2, max: 9 }),
          precision: fc.constantFrom<Precision>('float32', 'float64'),
          emptyCluster: fc.constantFrom('relocate' as const, 'keep' as const),
          seed: fc.nat(1000),
        }),
        ({ kind, d, k, precision, emptyCluster, seed }) => {
          const blobs = { nFeatures: d, centers: 7, spread: 2, seed, precision };
          const values =
            kind === 'blobs'
              ? (makeBlobs({ ...blobs, nSamples: 300 * k }).data.data as FloatArray)
              : valuesOf(kind, 300 * k, d, seed, precision);
          expectSameAsLloyd(values, k, { nFeatures: d, init: 'random', nInit: 2, tol: 0, seed, emptyCluster });
        },
      ),
      runs(60),
    );
  });

  it('also where a centroid becomes a candidate of a region that is far from open', () => {
    // From near the end: nothing else moves far.
    const blobs = { nSamples: 2389, nFeatures: 3, centers: 6, spread: 2, seed: 497087, precision: 'float32' } as const;
    const data = makeBlobs(blobs).data.data as FloatArray;
    expectSameAsLloyd(data, 4, { nFeatures: 3, init: 'growing', nInit: 1, seed: 19 });
  });

  it('also where the tree is grown in the middle of a run, for the next runs too', () => {
    for (const precision of ['float32', 'float64'] as const) {
      const { data } = makeBlobs({ nSamples: 40_000, nFeatures: 2, centers: 5, spread: 3, seed: 4, precision });
      const options = { nFeatures: 2, init: 'random', nInit: 2, tol: 0, maxIter: 25, seed: 3 } as const;
      expectSameAsLloyd(data.data as FloatArray, 3, options);
    }
  });

  it('also with several walks an iteration, over many samples', () => {
    const { data } = makeBlobs({
      nSamples: 150_000,
      nFeatures: 3,
      centers: 20,
      spread: 2,
      seed: 5,
      precision: 'float32',
    });
    expectSameAsLloyd(data.data as FloatArray, 6, { nFeatures: 3, init: 'random', nInit: 1, tol: 0, maxIter: 6 });
  });

  it.each(Object.keys(KINDS))('also where samples are brought to several roots: %s', (kind) => {
    for (const [d, precision] of [
      [1, 'float64'],
      [3, 'float32'],
    ] as const) {
      const random = createRandom(d);
      const sampleWeight = Array.from({ length: 20_000 }, () => Math.floor(random() * 3) * 0.3);
      const options = { nFeatures: d, init: 'random', nInit: 2, tol: 0, maxIter: 4, sampleWeight } as const;
      expectSameAsLloyd(valuesOf(kind, 20_000, d, 2, precision), 17, options);
    }
  });

  it.each([
    ['even', (random: () => number) => random()],
    ['far out on one side', (random: () => number) => Math.exp(5 * (random() + random() + random() - 1.5))],
    ['in a few places', (random: () => number) => Math.floor(random() * 9) ** 3 + random() * 1e-4],
    ['but for a value that stands for none', (random: () => number) => (random() < 0.05 ? -1e6 : random())],
  ])('brings about as many samples to each root: %s', (_, draw) => {
    const random = createRandom(3);
    for (const d of [1, 2, 3]) {
      const n = 2 ** 17;
      const data = Float64Array.from({ length: n * d }, () => draw(random));
      const workspace = new Workspace(createBackend());
      const options = resolveOptions({ nFeatures: d, maxIter: 1 });
      const filtering = new Filtering(now(Fit.prepare(workspace, data, readSource(data, d), 2, options)).run, 1, 0);
      now(filtering.plant());
      const words = workspace.int32(filtering.buffers.nodes, (32 * NODE_BYTES) / 4);
      const counts = Array.from({ length: 32 }, (_, root) => words[(root * NODE_BYTES) / 4 + 21]!);
      expect(counts.reduce((sum, count) => sum + count)).toBe(n);
      expect(Math.max(...counts)).toBeLessThan((4 * n) / 32);
    }
  });

  it('takes the same steps: labels, inertia and how many labels changed', () => {
    const data = valuesOf('lattice', 700, 2, 1, 'float64');
    for (const emptyCluster of ['relocate', 'keep'] as const) {
      const steps = (algorithm: 'lloyd' | 'filtering') => [
        ...kmeansSteps(data, 60, { nFeatures: 2, init: 'random', tol: 0, algorithm, emptyCluster }),
      ];
      expect(steps('filtering')).toEqual(steps('lloyd'));
    }
  });

  it('is what exponion stands for', () => {
    const found = (['exponion', 'filtering'] as const).map((algorithm) =>
      kmeans([[0], [1], [10], [12], [30]], 3, { init: [[0], [1], [10]], algorithm }),
    );
    expect(found[0]!.algorithm).toBe('filtering');
    expect(found[0]!.toJSON()).toEqual(found[1]!.toJSON());
  });

  it('gives way beyond four features', () => {
    const { algorithm } = ran(kmeans(new Float32Array(50).fill(1), 2, { nFeatures: 5, algorithm: 'filtering' }));
    expect(algorithm).toBe('lloyd');
  });

  it("finds clusters that run empty under 'error'", () => {
    const options = { init: [[0], [100], [101]], emptyCluster: 'error', algorithm: 'filtering' } as const;
    expect(() => kmeans([1, 2, 3], 3, options)).toThrow(/cluster \d has no samples in iteration 1/);
  });
});
