import { expect, it } from 'vitest';
import { kmeans } from '../src/index.js';
import { onEveryBackend } from './helpers/backends.js';
import { expectClose, expectRowsClose, toRows } from './helpers/compare.js';
import { readGolden, type Tutorial, type TutorialRun } from './helpers/golden.js';
import { inertiaOf, nearest, sum } from './helpers/reference.js';

const { data, main, elbow } = readGolden<Tutorial>('seed');

onEveryBackend('the run of the tutorial', (ran) => {
  it('three clusters: its labels, centroids and inertia', () => {
    const result = ran(kmeans(data, main.k, startOf(main)));
    expect(Array.from(result.labels)).toEqual(main.labels);
    expectRowsClose(result.centroids, main.centroids, 1e-12);
    expectClose([result.inertia], [main.inertia], 1e-12);
    expect(result.converged).toBe(true);
  });

  // Its passes end with the one that changes no label, and so do ours: the same count.
  it('three clusters: as many iterations as it makes passes', () => {
    expect(kmeans(data, main.k, startOf(main)).iterations).toBe(main.passes);
  });

  for (const run of elbow) {
    it(`elbow, k = ${run.k}: inertia is the sum of squared distances`, () => {
      const result = ran(kmeans(data, run.k, startOf(run)));
      expect(Array.from(result.labels)).toEqual(run.labels);
      expect(result.iterations).toBe(run.passes);
      expectRowsClose(result.centroids, run.centroids, 1e-12);
      expectClose([result.inertia], [run.inertia], 1e-12);
      expectClose([result.inertia], [inertiaOf(data, run.labels, run.centroids)], 1e-12);
    });

    it(`elbow, k = ${run.k}: its listing adds up distances that are not squared`, () => {
      const { distances } = kmeans(data, run.k, startOf(run)).nearest(data);
      expectClose([sum(Array.from(distances))], [run.sumOfDistances], 1e-12);
    });
  }

  it('finds its three blobs by itself', () => {
    const result = ran(kmeans(data, 3));
    const ours = main.centroids.map((centroid) => nearest(centroid, result.centroids).label);
    expectRowsClose(
      ours.map((j) => toRows(result.centroids)[j]!),
      main.centroids,
      1e-9,
    );
    expectClose([result.inertia], [main.inertia], 1e-9);
  });
});

function startOf({ initIndices }: TutorialRun) {
  return { init: initIndices.map((i) => data[i]!), tol: 0 };
}
