import fc from 'fast-check';
import { expect, it } from 'vitest';
import { kmeans } from '../src/index.js';
import { createRandom } from '../src/random.js';
import type { FloatArray, KMeansOptions, KMeansResult, Precision } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { check } from './helpers/problems.js';

const ACCELERATED = ['hamerly', 'yinyang', 'filtering'] as const;

/** What a result holds, to the bit. */
function bits({ labels, centroids, counts, inertia, iterations, converged }: KMeansResult): unknown {
  return { labels, centroids, counts, inertia, iterations, converged };
}

function expectSameBits(data: FloatArray, k: number, options: KMeansOptions): void {
  const plain = bits(kmeans(data, k, { ...options, algorithm: 'lloyd' }));
  for (const algorithm of ACCELERATED)
    expect(bits(kmeans(data, k, { ...options, algorithm })), algorithm).toEqual(plain);
}

type Kind = 'uniform' | 'blobs' | 'integers' | 'far' | 'nearly tied' | 'copies';

/** n · d values: uniform, in blobs, small integers (ties), far from the origin, ties but for rounding, few distinct rows. */
function makeValues(kind: Kind, n: number, d: number, seed: number, precision: Precision): FloatArray {
  const random = createRandom(seed);
  const makeValue: Record<Kind, (i: number) => number> = {
    uniform: random,
    blobs: (i) => random() + 3 * (Math.floor(i / d) % 7),
    integers: () => Math.floor(random() * 4),
    far: () => 1e3 + random(),
    'nearly tied': () => Math.floor(random() * 3) * 0.1 + 1e-7 * random(),
    copies: (i) => (Math.floor(i / d) * 7 + (i % d)) % 11,
  };
  const values = precision === 'float32' ? new Float32Array(n * d) : new Float64Array(n * d);
  return values.map((_, i) => makeValue[kind](i));
}

onEveryBackend('accelerated algorithms', (ran, runs) => {
  const shape = fc.record({
    kind: fc.constantFrom<Kind>('uniform', 'blobs', 'integers', 'far', 'nearly tied', 'copies'),
    n: fc.constantFrom(1, 7, 100, 255, 256, 257, 700),
    d: fc.constantFrom(1, 2, 3, 4, 5, 8, 13, 23, 24, 25, 32, 67),
    k: fc.constantFrom(1, 2, 3, 7, 8, 9, 16, 17, 40, 100),
    precision: fc.constantFrom<Precision>('float32', 'float64'),
    seed: fc.nat(1000),
  });

  it('give the bits of plain Lloyd', () => {
    check(
      fc.property(
        shape,
        fc.constantFrom('relocate' as const, 'keep' as const),
        ({ kind, n, d, k, precision, seed }, emptyCluster) => {
          const values = makeValues(kind, n, d, seed, precision);
          expectSameBits(values, Math.min(k, n), {
            nFeatures: d,
            init: 'random',
            nInit: 2,
            tol: 0,
            seed,
            emptyCluster,
          });
        },
      ),
      runs(60),
    );
  });

  it('also with weights, with the cosine metric, and where a run ends early', () => {
    check(
      fc.property(shape, fc.constantFrom(1, 2, 5), ({ n, d, k, precision, seed }, maxIter) => {
        const values = makeValues('blobs', n, d, seed, precision);
        const random = createRandom(seed);
        const sampleWeight = Float64Array.from({ length: n }, () => Math.floor(random() * 4));
        sampleWeight[0] = 1;
        const options = { nFeatures: d, init: 'random', nInit: 1, seed, maxIter } as const;
        expectSameBits(values, Math.min(k, n), { ...options, sampleWeight });
        expectSameBits(values, Math.min(k, n), { ...options, metric: 'cosine' });
      }),
      runs(30),
    );
  });

  it('also where every centroid has bounds of its own', () => {
    const wide = fc.record({
      kind: fc.constantFrom<Kind>('uniform', 'blobs', 'integers', 'far', 'nearly tied', 'copies'),
      n: fc.constantFrom(100, 255, 257),
      // As many clusters as it takes, in a part of a panel, and in several.
      shape: fc.constantFrom([1733, 4], [700, 25], [401, 80]),
      precision: fc.constantFrom<Precision>('float32', 'float64'),
      seed: fc.nat(1000),
    });
    check(
      fc.property(wide, ({ kind, n, shape: [d, k], precision, seed }) => {
        const values = makeValues(kind, n, d!, seed, precision);
        expectSameBits(values, k!, { nFeatures: d!, init: 'random', nInit: 1, tol: 0, seed });
      }),
      runs(12),
    );
  });

  it('also where centroids begin in one place, from where they go a long way', () => {
    for (const precision of ['float32', 'float64'] as const)
      for (const d of [2, 8, 16, 32]) {
        const values = makeValues('blobs', 1500, d, 3, precision);
        const random = createRandom(4);
        // About the mean of all samples.
        const init = Array.from({ length: 20 }, () => Array.from({ length: d }, () => 9.5 + 1e-3 * random()));
        expectSameBits(values, 20, { nFeatures: d, init, tol: 0, emptyCluster: 'keep' });
        expectSameBits(values, 3, { nFeatures: d, init: init.slice(0, 3), tol: 0 });
      }
  });

  it.each([
    ['float32', [1e-22, 1e-18, 1e-12, 1e-6, 1e6, 1e15, 3e16]],
    ['float64', [1e-161, 1e-20, 1e-12, 1e12, 1e20, 1e60, 1e150]],
  ] as const)('whatever the magnitude of %s', (precision, magnitudes) => {
    for (const magnitude of magnitudes)
      for (const d of [2, 32]) {
        const values = makeValues('blobs', 300, d, 1, precision).map((value) => value * magnitude);
        expectSameBits(values, 12, { nFeatures: d, init: 'random', nInit: 1, tol: 0 });
      }
  });

  it('say which ran', () => {
    const values = makeValues('uniform', 60, 4, 0, 'float32');
    for (const algorithm of ACCELERATED)
      expect(ran(kmeans(values, 4, { nFeatures: 4, algorithm })).algorithm).toBe(algorithm);
  });
});
