import fc from 'fast-check';
import { expect, it } from 'vitest';
import { kmeans, kmeansFromJSON } from '../src/index.js';
import type { KMeansOptions } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { bits, expectClose, expectRowsClose, hex, toRows } from './helpers/compare.js';
import { check, flat, mulberry32, type Problem, problems, separated, shuffled } from './helpers/problems.js';
import { referenceLloyd } from './helpers/reference.js';
import { decided, largest } from './helpers/rounding.js';

/** What changes in the input must change in the result, and nothing else. */
onEveryBackend('invariances', (ran) => {
  const cluster = (p: Problem, options: KMeansOptions = {}) =>
    ran(kmeans(flat(p.rows, p.precision), p.k, { nFeatures: p.rows[0]!.length, init: p.start, tol: 0, ...options }));

  const spaced = problems({ kinds: ['normal', 'blobs'] });

  it('a weight of w is w copies of the sample', () => {
    check(
      fc.property(spaced, (p) => {
        const reference = referenceLloyd(p.rows, p.start, { weights: p.weights });
        if (!decided(reference, p.precision)) return;
        const origin = p.rows.flatMap((_, i) => Array.from({ length: p.weights[i]! }, () => i));
        const weighted = cluster(p, { sampleWeight: p.weights });
        const repeated = cluster({ ...p, rows: origin.map((i) => p.rows[i]!) });
        expect(Array.from(repeated.labels)).toEqual(origin.map((i) => weighted.labels[i]));
        expect(Array.from(repeated.counts)).toEqual(Array.from(weighted.counts));
        if (reference.settled) expect(repeated.iterations).toBe(weighted.iterations);
        const tolerance = p.precision === 'float32' ? 1e-5 : 1e-12;
        expectRowsClose(repeated.centroids, toRows(weighted.centroids), tolerance, largest(p));
        expectClose([repeated.inertia], [weighted.inertia], tolerance, 1 + weighted.inertia);
      }),
    );
  });

  it('weights of 1 are no weights', () => {
    check(
      fc.property(problems(), (p) => {
        expect(bits(cluster(p, { sampleWeight: p.rows.map(() => 1) }))).toBe(bits(cluster(p)));
      }),
    );
  });

  it('weights twice as heavy change only counts and inertia, and these by 2', () => {
    check(
      fc.property(problems(), fc.constantFrom(2, 0.25, 2 ** 40), fc.boolean(), (p, factor, seeded) => {
        const options: KMeansOptions = seeded ? { init: 'k-means++', seed: 3 } : {};
        const plain = cluster(p, { ...options, sampleWeight: p.weights });
        const scaled = cluster(p, { ...options, sampleWeight: p.weights.map((weight) => factor * weight) });
        expect(scaled.inertia).toBe(factor * plain.inertia);
        expect(Array.from(scaled.counts)).toEqual(Array.from(plain.counts, (count) => factor * count));
        expect(bits({ ...scaled, counts: plain.counts, inertia: plain.inertia })).toBe(bits(plain));
      }),
    );
  });

  it('weights scaled by any factor leave labels and centroids', () => {
    check(
      fc.property(spaced, fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (p, factor) => {
        const weights = p.weights.map((weight) => weight + 0.5);
        if (!decided(referenceLloyd(p.rows, p.start, { weights }), p.precision)) return;
        const plain = cluster(p, { sampleWeight: weights });
        const scaled = cluster(p, { sampleWeight: weights.map((weight) => factor * weight) });
        expect(Array.from(scaled.labels)).toEqual(Array.from(plain.labels));
        const tolerance = p.precision === 'float32' ? 1e-6 : 1e-12;
        expectRowsClose(scaled.centroids, toRows(plain.centroids), tolerance, largest(p));
      }),
    );
  });

  it('samples in another order: labels in that order', () => {
    check(
      fc.property(spaced, fc.nat(), (p, seed) => {
        if (!decided(referenceLloyd(p.rows, p.start), p.precision)) return;
        const order = shuffled([...p.rows.keys()], mulberry32(seed));
        const plain = cluster(p);
        const permuted = cluster({ ...p, rows: order.map((i) => p.rows[i]!) });
        expect(Array.from(permuted.labels)).toEqual(order.map((i) => plain.labels[i]));
        expect(Array.from(permuted.counts)).toEqual(Array.from(plain.counts));
      }),
    );
  });

  it('starting centroids in another order: clusters in that order', () => {
    check(
      fc.property(spaced, fc.nat(), (p, seed) => {
        const reference = referenceLloyd(p.rows, p.start);
        if (!decided(reference, p.precision)) return;
        const order = shuffled([...p.start.keys()], mulberry32(seed));
        const plain = cluster(p);
        const permuted = cluster(p, { init: order.map((j) => p.start[j]!) });
        expect(Array.from(permuted.labels, (label) => order[label])).toEqual(Array.from(plain.labels));
        if (reference.settled) expect(permuted.iterations).toBe(plain.iterations);
      }),
    );
  });

  it('samples moved by 1e6 keep their labels', () => {
    check(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 }), fc.nat(), (k, d, seed) => {
        const { rows, target } = separated(8, k, d, seed);
        const moved = rows.map((row) => row.map((value, f) => value + (f % 2 ? -1e6 : 1e6)));
        const plain = ran(kmeans(rows, k, { init: rows.slice(0, k) }));
        const result = ran(kmeans(moved, k, { init: moved.slice(0, k) }));
        expect(Array.from(result.labels)).toEqual(target);
        expectClose([result.inertia], [plain.inertia], 1e-6);
      }),
    );
  });

  it('samples scaled by a power of two: every bit scaled with them', () => {
    check(
      fc.property(problems(), fc.integer({ min: -20, max: 20 }), fc.constantFrom(0, 1e-3), (p, exponent, tol) => {
        const factor = 2 ** exponent;
        const scale = (rows: number[][]) => rows.map((row) => row.map((value) => factor * value));
        const plain = cluster(p, { tol });
        const scaled = cluster({ ...p, rows: scale(p.rows), start: scale(p.start) }, { tol });
        expect(hex(scaled.labels)).toBe(hex(plain.labels));
        expect(toRows(scaled.centroids)).toEqual(scale(toRows(plain.centroids)));
        expect(scaled.inertia).toBe(factor ** 2 * plain.inertia);
        expect(scaled.iterations).toBe(plain.iterations);
      }),
    );
  });

  it('a feature that is the same everywhere changes no label', () => {
    check(
      fc.property(problems({ kinds: ['normal', 'blobs'], precisions: ['float64'] }), (p) => {
        if (!decided(referenceLloyd(p.rows, p.start), p.precision)) return;
        const widen = (rows: number[][]) => rows.map((row) => [...row, 7]);
        const wide = cluster({ ...p, rows: widen(p.rows), start: widen(p.start) });
        expect(Array.from(wide.labels)).toEqual(Array.from(cluster(p).labels));
      }),
    );
  });

  it('cosine ignores lengths: rows scaled by powers of two give the same bits', () => {
    check(
      fc.property(problems({ kinds: ['normal'] }), fc.nat(), (p, seed) => {
        const random = mulberry32(seed);
        const rows = p.rows.map((row) => {
          const factor = 2 ** Math.floor(9 * random() - 4);
          return row.map((value) => factor * value);
        });
        const plain = cluster(p, { metric: 'cosine' });
        expect(bits(cluster({ ...p, rows }, { metric: 'cosine' }))).toBe(bits(plain));
        // In one dimension there are but two directions, and they cancel out.
        if (rows[0]!.length === 1) return;
        for (const centroid of plain.centroids) expect(Math.hypot(...centroid)).toBeCloseTo(1, 5);
      }),
    );
  });

  it('JSON and back: the same model, bit for bit', () => {
    check(
      fc.property(problems(), fc.constantFrom('euclidean' as const, 'cosine' as const), fc.nat(), (p, metric, seed) => {
        if (metric === 'cosine' && p.kind !== 'normal') return;
        const result = cluster(p, { metric, maxIter: 3 });
        const text = JSON.stringify(result);
        const model = kmeansFromJSON(JSON.parse(text));
        const random = mulberry32(seed);
        const fresh = flat(
          p.rows.map((row) => row.map((value) => value + random())),
          p.precision,
        );
        expect(hex(model.predict(fresh))).toBe(hex(result.predict(fresh)));
        expect(hex(model.transform(fresh))).toBe(hex(result.transform(fresh)));
        expect(hex(model.nearest(fresh).distances)).toBe(hex(result.nearest(fresh).distances));
        expect(model.centroids.map(hex)).toEqual(result.centroids.map(hex));
        expect(model.centroids[0]!.constructor).toBe(result.centroids[0]!.constructor);
        expect(JSON.stringify(model)).toBe(text);
      }),
    );
  });
});
