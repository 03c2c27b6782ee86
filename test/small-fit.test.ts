import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withWorkspace } from '../src/backend/workspace.js';
import { readSource } from '../src/data/source.js';
import { dispose, type KMeansOptions, kmeans, makeBlobs, matrix } from '../src/index.js';
import { resolveOptions } from '../src/options.js';
import { fitSmall } from '../src/small-fit.js';
import { problems } from './helpers/problems.js';

// Few samples are clustered by a short way of their own; whoever watches has them clustered by the long one.

const small = (rows: number[][], k: number, options: KMeansOptions) =>
  withWorkspace(undefined, (workspace) => fitSmall(workspace, rows, readSource(rows), k, resolveOptions(options)));

const long = (rows: number[][], k: number, options: KMeansOptions) =>
  kmeans(rows, k, { ...options, onProgress: () => {} });

const { data } = makeBlobs({ nSamples: 150, nFeatures: 2, centers: 3, seed: 4 });
const rows = Array.from({ length: 150 }, (_, i) => [data.data[2 * i]!, data.data[2 * i + 1]!]);
const init = rows.slice(0, 3);

describe('few samples', () => {
  test('are clustered with the bits of all others', () => {
    let taken = 0;
    const limits = fc.record({ maxIter: fc.constantFrom(1, 2, 300), tol: fc.constantFrom(0, 1e-4, 0.1) });
    fc.assert(
      fc.property(problems({ maxN: 400, maxD: 9, maxK: 8 }), limits, ({ rows, start, k, precision }, options) => {
        const all = { ...options, init: start, precision };
        const result = small(rows, k, all);
        if (!result) return;
        taken++;
        const expected = long(rows, k, all);
        expect(result.labels).toEqual(expected.labels);
        expect(result.counts).toEqual(expected.counts);
        expect(result.toJSON()).toEqual(expected.toJSON());
      }),
      { numRuns: 300 },
    );
    // In some a cluster runs empty.
    expect(taken).toBeGreaterThan(200);
  });

  test('of one shape after the other, of other shapes between, after a dispose and from a matrix', () => {
    const expected = long(rows, 3, { init }).toJSON();
    for (const other of [1, 2, 3, 150]) {
      expect(kmeans(rows, 3, { init }).toJSON()).toEqual(expected);
      expect(kmeans(rows, 3, { init }).toJSON()).toEqual(expected);
      kmeans(rows.slice(0, other), 1, { init: rows.slice(0, 1) });
      if (other === 2) dispose();
      if (other === 3) kmeans(makeBlobs({ nSamples: 50_000, nFeatures: 5 }).data, 4);
    }
    const m = matrix(150, 2, 'float64');
    m.data.set(rows.flat());
    expect(kmeans(m, 3, { init }).toJSON()).toEqual(expected);
  });

  test('are left to others where something is wrong, or a cluster runs empty', () => {
    const far = [...rows.slice(0, 2), [1e9, 1e9]];
    expect(small(rows, 3, { init })).toBeDefined();
    expect(small(rows, 3, { init: far })).toBeUndefined();
    expect(kmeans(rows, 3, { init: far }).counts.every((count) => count > 0)).toBe(true);
    expect(small([...rows, [1, Infinity]], 3, { init })).toBeUndefined();
    expect(() => kmeans([...rows, [1, Infinity]], 3, { init })).toThrow('row 150, column 1 is Infinity');
    for (const options of [
      { metric: 'cosine' },
      { algorithm: 'hartigan-wong' },
      { sampleWeight: rows.map(() => 1) },
    ] as const)
      expect(small(rows, 3, { init, ...options })).toBeUndefined();
  });

  test('have results that later ones leave alone', () => {
    const first = kmeans(rows, 3, { init });
    const before = structuredClone({ labels: first.labels, counts: first.counts, centroids: first.centroids });
    kmeans(
      rows.map(([x, y]) => [-x!, 3 * y!]),
      3,
      { init },
    );
    expect({ labels: first.labels, counts: first.counts, centroids: first.centroids }).toEqual(before);
  });
});
