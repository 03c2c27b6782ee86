import { describe, expect, it } from 'vitest';
import { kmeans, kmeansSteps } from '../src/index.js';
import type { Precision } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { expectClose, expectRowsClose, toRows } from './helpers/compare.js';

const precisions: Precision[] = ['float32', 'float64'];
const square = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
  [1, 1],
];

onEveryBackend('cases computed by hand', (ran) => {
  describe.each(precisions)('in %s', (precision) => {
    it('weights pull the means', () => {
      const init = [square[0]!, square[3]!];
      const result = ran(kmeans(square, 2, { init, sampleWeight: [3, 1, 1, 3], precision }));
      expect(Array.from(result.labels)).toEqual([0, 0, 1, 1]);
      expect(toRows(result.centroids)).toEqual([
        [0.125, 0],
        [0.875, 1],
      ]);
      expect(Array.from(result.counts)).toEqual([4, 4]);
      expect(result.inertia).toBeCloseTo(0.375, 12);
      expect(result.iterations).toBe(2);
      expect(result.converged).toBe(true);
    });

    it('a centroid that starts too far off is put on the farthest sample', () => {
      const init = [
        [0.5, 0.5],
        [3, 3],
      ];
      const result = ran(kmeans(square, 2, { init, precision }));
      const sorted = toRows(result.centroids).sort((a, b) => a[0]! - b[0]!);
      expectRowsClose(
        sorted,
        [
          [0.25, 0],
          [0.75, 1],
        ],
        1e-6,
        1,
      );
      expectClose([result.inertia], [0.25], 1e-6);
      expect(result.iterations).toBe(3);
    });

    it('two empty clusters take the two farthest samples from their donor', () => {
      const samples = [-10, -9.5, -9, -8.5, -8, -1, 1, 9, 9.5, 10];
      const [step] = kmeansSteps(samples, 3, { init: [-10, -10, -10], precision });
      expect(Array.from(step!.labels)).toEqual(Array.from({ length: 10 }, () => 0));
      expect(Array.from(step!.counts)).toEqual([10, 0, 0]);
      expectClose(
        step!.nextCentroids.map((row) => row[0]!),
        [-36 / 8, 10, 9.5],
        1e-6,
      );
    });

    it('relocation takes a sample out of its cluster with all its weight', () => {
      const result = ran(kmeans([-1, 1], 2, { init: [-1, 10], sampleWeight: [1.9, 0.1], precision }));
      expectRowsClose(result.centroids, [[-1], [1]], 1e-6);
      expectClose(result.counts, [1.9, 0.1], 1e-6);
      expect(result.inertia).toBeCloseTo(0, 10);
    });

    it('copies of a sample as centroids stop at once', () => {
      const samples = [
        [0, 0],
        [1, 1],
        [1, 1],
        [1, 0],
        [0, 1],
      ];
      const result = ran(kmeans(samples, 5, { init: samples, precision }));
      expect(result.iterations).toBe(1);
      expect(result.converged).toBe(true);
      expect(Array.from(result.labels)).toEqual([0, 1, 1, 3, 4]);
      expect(Array.from(result.counts)).toEqual([1, 2, 0, 1, 1]);
      expectRowsClose(result.centroids, samples, 1e-6, 1);
    });

    it('k-means++ leaves the surplus centroid unused where samples are copies', () => {
      const samples = [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 0],
      ];
      for (let seed = 0; seed < 10; seed++) {
        const result = ran(kmeans(samples, 4, { seed, precision }));
        expect([...new Set(result.labels)].sort()).toEqual([0, 1, 2]);
        expect(result.inertia).toBeCloseTo(0, 10);
      }
    });

    it('one iteration is one assignment and one mean', () => {
      const init = [[0], [4]];
      const result = ran(kmeans([[0], [1], [0.5], [2.5], [4], [7]], 2, { init, maxIter: 1, precision }));
      expectRowsClose(result.centroids, [[0.5], [4.5]], 1e-6);
      // 2.5 is as far from 0.5 as from 4.5: the tie goes to the lower index in the last assignment.
      expect(Array.from(result.labels)).toEqual([0, 0, 0, 0, 1, 1]);
      expect(result.iterations).toBe(1);
      expect(result.converged).toBe(false);
      expectClose([result.inertia], [0.25 + 0.25 + 4 + 0.25 + 6.25], 1e-6);
    });

    it('a tie goes to the lowest index', () => {
      const result = ran(kmeans([-1, 0, 1], 2, { init: [1, -1], maxIter: 1, precision }));
      expect(toRows(result.centroids)).toEqual([[0.5], [-1]]);
      expect(Array.from(kmeans([-1, 1, 0], 2, { init: [-1, 1] }).predict([0, 0.25, 0.5]))).toEqual([0, 0, 1]);
    });

    it('distances are not squared, inertia is', () => {
      const result = ran(kmeans([[0, 0]], 1, { precision }));
      expect(Array.from(result.transform([[3, 4]]))).toEqual([5]);
      const { labels, distances } = result.nearest([
        [3, 4],
        [0, 0],
      ]);
      expect(Array.from(labels)).toEqual([0, 0]);
      expect(Array.from(distances)).toEqual([5, 0]);
      const pair = ran(
        kmeans(
          [
            [0, 0],
            [6, 8],
          ],
          1,
          { precision },
        ),
      );
      expect(pair.inertia).toBeCloseTo(50, 10);
    });

    it('transform is n × k, row by row', () => {
      const result = ran(
        kmeans(
          [
            [0, 0],
            [3, 4],
          ],
          2,
          {
            init: [
              [0, 0],
              [3, 4],
            ],
            precision,
          },
        ),
      );
      expectClose(
        result.transform([
          [0, 0],
          [3, 4],
          [3, 0],
        ]),
        [0, 5, 5, 0, 3, 4],
        1e-6,
        1,
      );
    });
  });

  describe('empty clusters', () => {
    const init = [[0.5], [100]];

    it("'keep' leaves the centroid where it is", () => {
      const result = ran(kmeans([[0], [1]], 2, { init, emptyCluster: 'keep' }));
      expect(Array.from(result.labels)).toEqual([0, 0]);
      expect(Array.from(result.counts)).toEqual([2, 0]);
      expectRowsClose(result.centroids, [[0.5], [100]], 1e-12);
      expect(result.inertia).toBeCloseTo(0.5, 12);
    });

    it("'relocate' is the default", () => {
      const result = ran(kmeans([[0], [1]], 2, { init }));
      expect(result.inertia).toBeCloseTo(0, 12);
      expect(Array.from(result.counts)).toEqual([1, 1]);
      expect(Array.from(result.labels)).toEqual(
        Array.from(kmeans([[0], [1]], 2, { init, emptyCluster: 'relocate' }).labels),
      );
    });

    it("'error' throws, and names the cluster", () => {
      expect(() => kmeans([[0], [1]], 2, { init, emptyCluster: 'error' })).toThrowError(/cluster 1|centroid 1/);
      expect(ran(kmeans([[0], [1]], 2, { init: [[0], [1]], emptyCluster: 'error' })).inertia).toBe(0);
    });
  });

  describe('cosine', () => {
    const metric = 'cosine';

    it('clusters directions, whatever the lengths', () => {
      const rows = [
        [1, 0],
        [200, 0],
        [0, 0.01],
        [0, 5],
      ];
      const init = [
        [3, 0],
        [0, 7],
      ];
      const result = ran(kmeans(rows, 2, { metric, init }));
      expect(Array.from(result.labels)).toEqual([0, 0, 1, 1]);
      expectRowsClose(
        result.centroids,
        [
          [1, 0],
          [0, 1],
        ],
        1e-12,
        1,
      );
      expect(result.inertia).toBeCloseTo(0, 12);
      expect(
        Array.from(
          result.predict([
            [9, 1],
            [1, 9],
          ]),
        ),
      ).toEqual([0, 1]);
    });

    it('centroids are scaled to length 1; inertia is 2 − 2 cos, summed', () => {
      const init = [
        [1, 1],
        [-1, 0],
      ];
      const result = ran(
        kmeans(
          [
            [1, 0],
            [0, 2],
            [-3, 0],
          ],
          2,
          { metric, init },
        ),
      );
      expectRowsClose(
        result.centroids,
        [
          [Math.SQRT1_2, Math.SQRT1_2],
          [-1, 0],
        ],
        1e-12,
        1,
      );
      expectClose([result.inertia], [2 * (2 - Math.SQRT2)], 1e-12);
    });
  });
});
