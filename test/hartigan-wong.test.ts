import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KMeans, kmeans, kmeansSteps, init as selectBackend } from '../src/index.js';
import type { KMeansOptions, KMeansStep } from '../src/types.js';
import { backends, onEveryBackend } from './helpers/backends.js';
import { bits, expectClose, expectRowsClose, hex, toRows } from './helpers/compare.js';
import { expectCode } from './helpers/errors.js';
import { type Golden, readGolden, type Tutorial } from './helpers/golden.js';
import { check, flat, type Problem, problem, problems, separated } from './helpers/problems.js';
import { countsOf, inertiaOf, means, nearest, sqDistance, sum } from './helpers/reference.js';
import { rounding } from './helpers/rounding.js';

/** What R found; see test/golden/hartigan-wong.R. */
interface GoldenOfR {
  cases: {
    data: string;
    k: number;
    initIndices: number[];
    labels: number[];
    centroids: number[][];
    withinss: number[];
    iterations: number;
  }[];
}

const options: KMeansOptions = { algorithm: 'hartigan-wong' };

const start = (p: Problem, more: KMeansOptions = {}): [ReturnType<typeof flat>, number, KMeansOptions] => [
  flat(p.rows, p.precision),
  p.k,
  { ...options, nFeatures: p.rows[0]!.length, init: p.start, ...more },
];

onEveryBackend('Hartigan and Wong', (ran) => {
  describe('the numbers of R', () => {
    for (const { data: name, k, initIndices, ...expected } of readGolden<GoldenOfR>('hartigan-wong').cases) {
      it(`${name}, k ${k}, from ${initIndices.slice(0, 3).join(', ')} …`, () => {
        const { data } = readGolden<Golden | Tutorial>(name);
        const result = ran(kmeans(data, k, { ...options, init: initIndices.map((i) => data[i]!), maxIter: 100 }));
        expect(Array.from(result.labels)).toEqual(expected.labels);
        expect(result.iterations).toBe(expected.iterations);
        expect(result.converged).toBe(true);
        const scale = Math.max(...data.flat().map(Math.abs));
        expectRowsClose(result.centroids, expected.centroids, 1e-9, scale);
        const withinss = expected.withinss.map((_, j) => {
          const own = data.filter((_, i) => result.labels[i] === j);
          return sum(own.map((row) => sqDistance(row, result.centroids[j]!)));
        });
        expectClose(withinss, expected.withinss, 1e-9, sum(expected.withinss));
        expectClose([result.inertia], [sum(expected.withinss)], 1e-9);
      });
    }
  });

  it('goes on where Lloyd’s algorithm stops', () => {
    const line = [0, 19, 30];
    const lloyd = kmeans(line, 2, { init: [9, 30], algorithm: 'lloyd' });
    expect(Array.from(lloyd.labels)).toEqual([0, 0, 1]);
    expect(lloyd.inertia).toBe(180.5);
    const result = ran(kmeans(line, 2, { ...options, init: [9, 30] }));
    expect(Array.from(result.labels)).toEqual([0, 1, 1]);
    expect(toRows(result.centroids)).toEqual([[0], [24.5]]);
    expect(Array.from(result.counts)).toEqual([1, 2]);
    expect(result).toMatchObject({ inertia: 60.5, algorithm: 'hartigan-wong', converged: true, iterations: 1 });
  });

  it('a sample of weight w moves as w copies at once', () => {
    // Per unit of weight, leaving saves (19/11)² · 11 = 32.8; joining costs 11² · 1/11 = 11, or 11² · 10/20 = 60.5.
    const moves = ran(kmeans([0, 19, 30], 2, { ...options, init: [9, 30], sampleWeight: [1, 10, 1] }));
    expect(toRows(moves.centroids)).toEqual([[0], [20]]);
    expect(Array.from(moves.counts)).toEqual([1, 11]);
    expect(moves.inertia).toBe(110);
    const stays = ran(kmeans([0, 19, 30], 2, { ...options, init: [9, 30], sampleWeight: [1, 10, 10] }));
    expect(Array.from(stays.labels)).toEqual([0, 0, 1]);
    expectClose([stays.inertia], [3610 / 11], 1e-14);
  });

  it('weights as copies, in groups that nothing tears apart', () => {
    const { rows } = separated(12, 4, 3);
    const sampleWeight = rows.map((_, i) => i % 5);
    const init = [0, 1, 2, 3].map((j) => rows[j + 4]!);
    const copies = rows.flatMap((row, i) => Array.from({ length: i % 5 }, () => row));
    const weighted = ran(kmeans(rows, 4, { ...options, init, sampleWeight }));
    const repeated = kmeans(copies, 4, { ...options, init });
    expectRowsClose(weighted.centroids, repeated.centroids, 1e-12, 60);
    expect(hex(weighted.counts)).toBe(hex(repeated.counts));
    expectClose([weighted.inertia], [repeated.inertia], 1e-12);
    expect(weighted.inertia).toBeGreaterThan(0);
  });

  it('equal weights are none, whatever they are', () => {
    check(
      fc.property(problems(), fc.constantFrom(1, 4, 2 ** -20), (p, weight) => {
        const plain = kmeans(...start(p));
        const weighted = ran(kmeans(...start(p, { sampleWeight: p.rows.map(() => weight) })));
        expect(hex(weighted.labels)).toBe(hex(plain.labels));
        expect(weighted.centroids.map(hex)).toEqual(plain.centroids.map(hex));
        expect(weighted.inertia).toBe(weight * plain.inertia);
      }),
    );
  });

  it('no single transfer lowers the inertia any more', () => {
    check(
      fc.property(problems(), fc.constantFrom(0, 1, 0.1), (p, unit) => {
        const weights = p.weights.map((weight) => (unit === 0 ? 1 : unit * weight));
        const result = ran(kmeans(...start(p, unit === 0 ? {} : { sampleWeight: weights })));
        expect(result.converged).toBe(true);
        expectLocalOptimum(p, weights, result.labels);
      }),
      300,
    );
  });

  it('labels are the nearest of the centroids, which are the means; counts and inertia are theirs', () => {
    check(
      fc.property(problems(), fc.boolean(), fc.constantFrom(1, 2, 300), (p, weighted, maxIter) => {
        const weights = weighted ? p.weights : p.weights.map(() => 1);
        const [data, k, all] = start(p, { sampleWeight: weights, maxIter });
        const result = ran(kmeans(data, k, all));
        expect(hex(result.labels)).toBe(hex(result.predict(data)));
        expect(result.iterations).toBeLessThanOrEqual(maxIter);
        p.rows.forEach((row, i) => {
          const excess =
            sqDistance(row, result.centroids[result.labels[i]!]!) - nearest(row, result.centroids).sqDistance;
          expect(excess).toBeLessThanOrEqual(rounding(p));
        });
        expect(Array.from(result.counts)).toEqual(countsOf(result.labels, k, weights));
        const inertia = inertiaOf(p.rows, result.labels, result.centroids, weights);
        expect(Math.abs(result.inertia - inertia)).toBeLessThanOrEqual(sum(weights) * rounding(p));
        if (!result.converged) return;
        const { centroids } = means(p.rows, result.labels, weights, toRows(result.centroids));
        result.centroids.forEach((centroid, j) => {
          expect(sqDistance(centroid, centroids[j]!)).toBeLessThanOrEqual(rounding(p));
        });
      }),
      200,
    );
  });

  it('its optimum is one of Lloyd’s algorithm', () => {
    check(
      fc.property(problems({ kinds: ['normal', 'blobs'] }), (p) => {
        const result = ran(kmeans(...start(p)));
        const lloyd = kmeans(...start(p, { algorithm: 'lloyd', init: result.centroids, tol: 0 }));
        expect(Array.from(lloyd.labels)).toEqual(Array.from(result.labels));
        expect(lloyd.iterations).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('never ends above Lloyd’s optimum when it starts there', () => {
    check(
      fc.property(problems(), fc.boolean(), (p, weighted) => {
        const sampleWeight = weighted ? p.weights : undefined;
        const lloyd = kmeans(...start(p, { algorithm: 'lloyd', tol: 0, sampleWeight }));
        const result = ran(kmeans(...start(p, { init: lloyd.centroids, sampleWeight })));
        expect(result.inertia).toBeLessThanOrEqual(lloyd.inertia + 3 * p.rows.length * rounding(p));
      }),
      200,
    );
  });

  it('from the same start it is better more often than not, and on the whole', () => {
    let better = 0;
    let worse = 0;
    let ratios = 0;
    for (let seed = 0; seed < 200; seed++) {
      const p = problem(60, 1 + (seed % 6), 2 + (seed % 7), seed % 2 ? 'normal' : 'blobs', 'float64', seed);
      const lloyd = kmeans(...start(p, { algorithm: 'lloyd', tol: 0 })).inertia;
      const ratio = ran(kmeans(...start(p))).inertia / lloyd;
      if (ratio < 1 - 1e-9) better++;
      if (ratio > 1 + 1e-9) worse++;
      ratios += ratio;
    }
    expect(better).toBeGreaterThan(4 * worse);
    expect(ratios / 200).toBeLessThan(0.99);
  });

  it('one cluster, and as many as samples', () => {
    check(
      fc.property(problems({ maxN: 20 }), (p) => {
        const one = ran(kmeans(...start({ ...p, k: 1, start: p.start.slice(0, 1) })));
        const lloyd = kmeans(...start({ ...p, k: 1, start: p.start.slice(0, 1) }, { algorithm: 'lloyd', tol: 0 }));
        expect(one).toMatchObject({ iterations: 1, converged: true, inertia: lloyd.inertia });
        expect(one.centroids.map(hex)).toEqual(lloyd.centroids.map(hex));
        const all = ran(kmeans(...start({ ...p, k: p.rows.length, start: p.rows })));
        expect(all.inertia).toBeLessThanOrEqual(p.rows.length * rounding(p) ** 2);
        expect(all.converged).toBe(true);
      }),
    );
  });

  it('fewer distinct samples than k', () => {
    for (const precision of ['float32', 'float64'] as const)
      for (const emptyCluster of ['relocate', 'keep'] as const)
        for (const distinct of [[0.1], [0.1, 0.7], [0.1, 0.7, 5.3]])
          for (const init of ['k-means++', Array.from({ length: 5 }, () => 0.1)] as const) {
            const data = Array.from({ length: 30 }, (_, i) => distinct[i % distinct.length]!);
            const result = ran(kmeans(data, 5, { ...options, init, precision, emptyCluster }));
            expect(result.inertia).toBeLessThan(1e-12);
            expect(result.converged).toBe(true);
            expect(result.centroids.flatMap((row) => [...row]).every(Number.isFinite)).toBe(true);
            expect(sum([...result.counts])).toBe(30);
          }
  });

  it('a cluster that is empty at the start: relocated, filled by a transfer, or an error', () => {
    const data = [0, 1, 10, 11, 30, 31];
    const init = [0, 10, 1000];
    const relocated = ran(kmeans(data, 3, { ...options, init }));
    expect(Array.from(relocated.labels)).toEqual([0, 0, 1, 1, 2, 2]);
    const kept = ran(kmeans(data, 3, { ...options, init, emptyCluster: 'keep' }));
    expect(kept.inertia).toBe(1.5);
    const error = expectCode(
      () => kmeans(data, 3, { ...options, init, emptyCluster: 'error' }),
      'ERR_EMPTY_CLUSTER',
      RangeError,
    );
    expect(error.message).toContain('cluster 2');
    expect(kmeans(data, 3, { ...options, init, maxIter: 1 })).toMatchObject({ iterations: 1, converged: false });
  });

  it('a weight beside which the others vanish', () => {
    const data = Array.from({ length: 20 }, (_, i) => [i % 7, i % 3]);
    for (const heavy of [1e10, 1e20, 1e100])
      for (let at = 0; at < 20; at++) {
        const sampleWeight = data.map((_, i) => (i === at ? heavy : i % 4));
        const result = ran(kmeans(data, 4, { ...options, sampleWeight, seed: at }));
        expect(result.centroids.flatMap((row) => [...row]).every(Number.isFinite)).toBe(true);
        expect(sqDistance(data[at]!, result.centroids[result.labels[at]!]!)).toBeLessThan(1e-9);
      }
  });

  it('tol counts for nothing, and runs leave no trace in those that follow', () => {
    check(
      fc.property(problems(), (p) => {
        const once = kmeans(...start(p));
        expect(bits(ran(kmeans(...start(p, { tol: 1e9 }))))).toBe(bits(once));
        const again = kmeans(...start(p, { init: () => p.start, nInit: 3 }));
        expect(bits(again)).toBe(bits(once));
      }),
    );
  });

  it('steps lead from one to the next, and to what kmeans returns', () => {
    check(
      fc.property(problems(), fc.boolean(), fc.constantFrom(1, 2, 300), (p, weighted, maxIter) => {
        const weights = weighted ? p.weights : p.weights.map(() => 1);
        const [data, k, all] = start(p, { sampleWeight: weights, maxIter });
        const generator = kmeansSteps(data, k, all);
        const steps: KMeansStep[] = [];
        let next = generator.next();
        for (; !next.done; next = generator.next()) steps.push(next.value);
        const result = ran(next.value);
        expect(bits(result)).toBe(bits(kmeans(data, k, all)));
        expect(steps).toHaveLength(result.iterations);
        expect(steps.at(-1)!.nextCentroids.map(hex)).toEqual(result.centroids.map(hex));
        expect(steps.at(-1)!.converged).toBe(result.converged);
        steps.forEach((step, i) => {
          expectStep(p, weights, step, steps[i - 1]);
        });
      }),
    );
  });

  it('onProgress hears of every pass', () => {
    const { data } = readGolden<Golden>('wine');
    const told: number[][] = [];
    const report: KMeansOptions['onProgress'] = ({ iteration, inertia, changed }) =>
      told.push([iteration, inertia, changed]);
    const result = ran(kmeans(data, 6, { ...options, onProgress: report }));
    const steps = [...kmeansSteps(data, 6, options)];
    expect(told).toEqual(steps.map(({ iteration, inertia, changed }) => [iteration, inertia, changed]));
    expect(told).toHaveLength(result.iterations);
    expect(result.inertia).toBeLessThan(told.at(-1)![1]! + 1e-6);
  });

  it('for the Euclidean metric alone', () => {
    const cosine: KMeansOptions = { ...options, metric: 'cosine' };
    for (const action of [() => kmeans([[1, 2]], 1, cosine), () => new KMeans({ k: 2, ...cosine })]) {
      const { message } = expectCode(action, 'ERR_OPTION', RangeError);
      expect(message).toBe("metric is 'cosine'; with the algorithm 'hartigan-wong' it must be 'euclidean'");
    }
  });
});

it('Hartigan and Wong: the same bits on both backends', () => {
  check(
    fc.property(problems(), fc.constantFrom('k-means++', 'random'), fc.boolean(), (p, init, weighted) => {
      const [first, second] = backends.map((backend) => {
        selectBackend({ backend });
        return kmeans(...start(p, { init: init as 'random', seed: 3, sampleWeight: weighted ? p.weights : undefined }));
      });
      selectBackend({ backend: 'auto' });
      expect(first!.backend).not.toBe(second!.backend);
      expect(bits(first!)).toBe(bits(second!));
    }),
  );
});

/** Labels are those of the transfers so far; only those of the first step, and of one after a relocation, are the nearest. */
function expectStep(p: Problem, weights: readonly number[], step: KMeansStep, last: KMeansStep | undefined): void {
  expect(Array.from(step.counts)).toEqual(countsOf(step.labels, p.k, weights));
  const allowed = sum([...weights]) * rounding(p);
  expect(Math.abs(step.inertia - inertiaOf(p.rows, step.labels, step.centroids, weights))).toBeLessThanOrEqual(allowed);
  expect(step.changed).toBe(step.labels.filter((label, i) => label !== last?.labels[i]).length);
  if (!last) return;
  expect(step.iteration).toBe(last.iteration + 1);
  expect(step.centroids.map(hex)).toEqual(last.nextCentroids.map(hex));
  expect(step.inertia).toBeLessThanOrEqual(last.inertia + 2 * allowed);
}

/** By the definition: the inertia of every clustering that differs from this one in the cluster of one sample. */
function expectLocalOptimum(p: Problem, weights: readonly number[], labels: Int32Array): void {
  const inertia = (of: ArrayLike<number>) =>
    inertiaOf(p.rows, of, means(p.rows, of, weights, p.start).centroids, weights);
  const best = inertia(labels) - 4 * sum([...weights]) * rounding(p);
  const trial = Array.from(labels);
  trial.forEach((own, i) => {
    for (let j = 0; j < p.k; j++) {
      if (j === own) continue;
      trial[i] = j;
      if (inertia(trial) < best) expect.fail(`sample ${i} would rather be in cluster ${j} than in ${own}`);
    }
    trial[i] = own;
  });
}
