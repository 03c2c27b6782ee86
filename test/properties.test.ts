import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kmeans, kmeansSteps } from '../src/index.js';
import { onEveryBackend } from './helpers/backends.js';
import { bits, expectClose, expectRowsClose, hex, toRows } from './helpers/compare.js';
import { check, flat, mulberry32, type Problem, problems, shuffled } from './helpers/problems.js';
import { countsOf, inertiaOf, means, nearest, referenceLloyd, sqDistance, sum } from './helpers/reference.js';
import { decided, epsilon, largest, rounding } from './helpers/rounding.js';

onEveryBackend('properties', (ran) => {
  const cluster = (p: Problem, options = {}) =>
    ran(kmeans(flat(p.rows, p.precision), p.k, { nFeatures: p.rows[0]!.length, init: p.start, tol: 0, ...options }));

  describe('of every result', () => {
    it('labels are the argmin for the centroids returned, up to rounding', () => {
      check(
        fc.property(problems(), fc.constantFrom(1, 2, 300), (p, maxIter) => {
          const { labels, centroids } = cluster(p, { maxIter });
          const allowed = rounding(p);
          p.rows.forEach((row, i) => {
            const excess = sqDistance(row, centroids[labels[i]!]!) - nearest(row, centroids).sqDistance;
            expect(excess).toBeLessThanOrEqual(allowed);
          });
        }),
      );
    });

    it('counts, inertia, shapes and types add up', () => {
      check(
        fc.property(problems(), fc.boolean(), (p, weighted) => {
          const weights = weighted ? p.weights : undefined;
          const result = cluster(p, { sampleWeight: weights, maxIter: 5 });
          expect(result).toMatchObject({ k: p.k, nSamples: p.rows.length, nFeatures: p.rows[0]!.length });
          expect(result.labels).toBeInstanceOf(Int32Array);
          expect(result.counts).toBeInstanceOf(Float64Array);
          for (const centroid of result.centroids) {
            expect(centroid).toBeInstanceOf(p.precision === 'float32' ? Float32Array : Float64Array);
            expect(centroid.every(Number.isFinite)).toBe(true);
          }
          expect(Array.from(result.counts)).toEqual(countsOf(result.labels, p.k, weights));
          const inertia = inertiaOf(p.rows, result.labels, result.centroids, weights);
          expect(Math.abs(result.inertia - inertia)).toBeLessThanOrEqual(sum(p.weights.map(() => 4)) * rounding(p));
        }),
      );
    });

    it('predict and nearest of the samples repeat labels and inertia', () => {
      check(
        fc.property(problems(), fc.constantFrom(1, 300), (p, maxIter) => {
          const result = cluster(p, { maxIter });
          const data = flat(p.rows, p.precision);
          expect(hex(result.predict(data))).toBe(hex(result.labels));
          const { labels, distances } = result.nearest(data);
          expect(hex(labels)).toBe(hex(result.labels));
          const squares = sum(Array.from(distances, (distance) => distance ** 2));
          expect(Math.abs(squares - result.inertia)).toBeLessThanOrEqual(p.rows.length * rounding(p));
        }),
      );
    });

    it('transform holds every distance', () => {
      check(
        fc.property(problems({ maxN: 20 }), (p) => {
          const result = cluster(p);
          const distances = result.transform(flat(p.rows, p.precision));
          const expected = p.rows.flatMap((row) => result.centroids.map((c) => Math.sqrt(sqDistance(row, c))));
          // √ turns an error of r in a small square into √r.
          expectClose(distances, expected, Math.sqrt(rounding(p)), 1);
        }),
      );
    });

    // Where a cluster is still empty at the end, its centroid is put elsewhere, and the donor's is no mean any more.
    it('converged with tol 0, a centroid is the mean of its samples', () => {
      check(
        fc.property(problems(), fc.boolean(), (p, weighted) => {
          const weights = weighted ? p.weights : p.weights.map(() => 1);
          let counts: ArrayLike<number> = [];
          const result = cluster(p, { sampleWeight: weights });
          const options = { nFeatures: p.rows[0]!.length, init: p.start, tol: 0, sampleWeight: weights };
          for (const step of kmeansSteps(flat(p.rows, p.precision), p.k, options)) counts = step.counts;
          if (!result.converged || Array.from(counts).includes(0)) return;
          const mean = means(p.rows, result.labels, weights, toRows(result.centroids));
          const tolerance = p.precision === 'float32' ? 1e-6 : 1e-12;
          expectRowsClose(result.centroids, mean.centroids, tolerance, largest(p));
        }),
      );
    });

    it('k = 1 is the mean, k = n is every sample', () => {
      check(
        fc.property(problems(), (p) => {
          const n = p.rows.length;
          const one = cluster({ ...p, k: 1 }, { init: 'k-means++' });
          const mean = means(
            p.rows,
            Array.from(one.labels),
            p.rows.map(() => 1),
            toRows(one.centroids),
          );
          expectRowsClose(one.centroids, mean.centroids, 8 * epsilon(p.precision), largest(p));
          expect(Array.from(one.counts)).toEqual([n]);
          const all = cluster({ ...p, k: n }, { init: 'k-means++' });
          expect(all.inertia).toBeLessThanOrEqual(n * rounding(p));
        }),
      );
    });
  });

  describe('of a run', () => {
    it('inertia never rises', () => {
      check(
        fc.property(problems(), fc.constantFrom('relocate', 'keep'), fc.boolean(), (p, emptyCluster, weighted) => {
          const options = { nFeatures: p.rows[0]!.length, init: p.start, tol: 0 };
          const sampleWeight = weighted ? p.weights : undefined;
          const steps = [...kmeansSteps(flat(p.rows, p.precision), p.k, { ...options, emptyCluster, sampleWeight })];
          const allowed = 4 * p.rows.length * rounding(p);
          for (let i = 1; i < steps.length; i++)
            expect(steps[i]!.inertia - steps[i - 1]!.inertia).toBeLessThanOrEqual(allowed);
        }),
      );
    });

    it('it is the textbook’s Lloyd wherever rounding decides nothing', () => {
      let compared = 0;
      check(
        fc.property(problems({ kinds: ['normal', 'blobs'] }), fc.constantFrom(1, 2, 300), (p, maxIter) => {
          const weights = p.weights.map((weight) => weight + 1);
          const expected = referenceLloyd(p.rows, p.start, { weights, maxIter });
          if (!decided(expected, p.precision)) return;
          const result = cluster(p, { sampleWeight: weights, maxIter });
          expect(Array.from(result.labels)).toEqual(expected.labels);
          if (expected.settled)
            expect(result).toMatchObject({ iterations: expected.iterations, converged: expected.converged });
          expectRowsClose(result.centroids, expected.centroids, p.precision === 'float32' ? 1e-5 : 1e-12, 10);
          compared++;
        }),
        150,
      );
      expect(compared).toBeGreaterThan(75);
    });

    it('the best of nInit runs is kept', () => {
      check(
        fc.property(problems({ maxK: 5 }), fc.nat(1000), (p, seed) => {
          const random = mulberry32(seed);
          const starts = Array.from({ length: 4 }, () => shuffled(p.rows, random).slice(0, p.k));
          const single = starts.map((start) => cluster(p, { init: start }));
          let calls = 0;
          const best = cluster(p, { init: () => starts[calls++]!, nInit: 4 });
          expect(calls).toBe(4);
          expect(best.inertia).toBeLessThanOrEqual(Math.min(...single.map(({ inertia }) => inertia)) + rounding(p));
          expect(single.map(bits)).toContain(bits(best));
        }),
        40,
      );
    });

    it('same seed, same bits; other seeds, other starts', () => {
      check(
        fc.property(
          problems({ kinds: ['normal'] }),
          fc.constantFrom('k-means++', 'random'),
          fc.nat(),
          (p, init, seed) => {
            expect(bits(cluster(p, { init, seed }))).toBe(bits(cluster(p, { init, seed })));
          },
        ),
        40,
      );
      const random = mulberry32(1);
      const rows = Array.from({ length: 100 }, () => [random(), random()]);
      for (const init of ['k-means++', 'random'] as const) {
        const starts = [0, 1, 2 ** 32, 2 ** 53 - 1].map((seed) => {
          const [step] = kmeansSteps(rows, 3, { init, seed, nInit: 1 });
          return toRows(step!.centroids).flat().join();
        });
        expect(new Set(starts).size).toBe(4);
      }
    });
  });

  describe('of starting centroids', () => {
    it.each(['k-means++', 'random'] as const)('%s starts from samples, each taken once', (init) => {
      check(
        fc.property(problems({ kinds: ['normal', 'blobs'] }), fc.nat(), (p, seed) => {
          const options = { nFeatures: p.rows[0]!.length, init, seed, nInit: 1 };
          const [step] = kmeansSteps(flat(p.rows, p.precision), p.k, options);
          const chosen = step!.centroids.map((centroid) => {
            const { label, sqDistance } = nearest(centroid, p.rows);
            expect(sqDistance).toBeLessThanOrEqual(rounding(p));
            return label;
          });
          expect(new Set(chosen).size).toBe(p.k);
        }),
      );
    });

    it('k-means++ never starts from a sample of weight 0', () => {
      const rows = Array.from({ length: 40 }, (_, i) => [i, i % 7]);
      rows.push([1e4, 1e4], [-1e4, 0]);
      const sampleWeight = rows.map((_, i) => (i < 40 ? 1 : 0));
      for (let seed = 0; seed < 25; seed++) {
        const [step] = kmeansSteps(rows, 5, { seed, sampleWeight });
        expect(Math.max(...step!.centroids.flatMap((row) => Array.from(row, Math.abs)))).toBeLessThan(100);
      }
    });

    it('k-means++ finds well-separated blobs in a single run, every time', () => {
      for (let seed = 0; seed < 20; seed++) {
        const rows = Array.from({ length: 60 }, (_, i) => [100 * (i % 6), (i % 6) ** 2 * 50 + (i % 5)]);
        expect(new Set(ran(kmeans(rows, 6, { seed })).labels.slice(0, 6)).size).toBe(6);
      }
    });
  });
});
