import { expect, it } from 'vitest';
import { kmeans, kmeansSteps } from '../src/index.js';
import { onEveryBackend } from './helpers/backends.js';
import { expectClose, expectRowsClose } from './helpers/compare.js';
import { type Golden, type GoldenCase, readGolden } from './helpers/golden.js';
import { flat } from './helpers/problems.js';

onEveryBackend('the numbers of scikit-learn', (ran) => {
  for (const name of ['iris', 'wine', 'digits']) {
    const golden = readGolden<Golden>(name);
    for (const goldenCase of golden.cases) {
      it(`${name} ${describeCase(goldenCase)}`, () => {
        const { k, dtype, expected } = goldenCase;
        const result = ran(kmeans(flat(golden.data, dtype), k, optionsOf(golden.data, goldenCase)));
        const tolerance = dtype === 'float32' ? 1e-4 : 1e-9;

        expect(Array.from(result.labels)).toEqual(expected.labels);
        expect(result.iterations).toBe(expected.iterations);
        expectClose([result.inertia], [expected.inertia], tolerance);
        expectRowsClose(result.centroids, expected.centroids, tolerance, largest(expected.centroids));
        expect(result.centroids[0]).toBeInstanceOf(dtype === 'float32' ? Float32Array : Float64Array);
        expect(Array.from(result.predict(flat(golden.data, dtype)))).toEqual(expected.labels);
      });
    }
  }

  it('step by step as at once', () => {
    const { data, cases } = readGolden<Golden>('iris');
    const first = cases[0]!;
    const steps = [...kmeansSteps(flat(data, first.dtype), first.k, optionsOf(data, first))];
    expect(steps).toHaveLength(first.expected.iterations);
    expect(steps.at(-1)!.converged).toBe(true);
    expectRowsClose(steps.at(-1)!.nextCentroids, first.expected.centroids, 1e-9, largest(first.expected.centroids));
  });
});

function optionsOf(data: number[][], { initIndices, tol, maxIter, sampleWeight, dtype }: GoldenCase) {
  const init = initIndices.map((i) => data[i]!);
  return { nFeatures: data[0]!.length, init: flat(init, dtype), tol, maxIter, sampleWeight };
}

function describeCase({ k, tol, maxIter, dtype, sampleWeight }: GoldenCase): string {
  return `k ${k}, tol ${tol}, maxIter ${maxIter}, ${dtype}${sampleWeight ? ', weighted' : ''}`;
}

/** Centroids are compared in units of the largest coordinate: a pixel that is 0 everywhere may come out as −5e-17. */
function largest(rows: readonly number[][]): number {
  return Math.max(...rows.flat().map(Math.abs));
}
