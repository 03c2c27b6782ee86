import fc from 'fast-check';
import { expect, it } from 'vitest';
import { kmeans, kmeansSteps } from '../src/index.js';
import type { KMeansOptions, KMeansResult, KMeansStep, Progress } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { bits, expectClose, expectRowsClose, hex, toRows } from './helpers/compare.js';
import { check, flat, mulberry32, normal, type Problem, problems } from './helpers/problems.js';
import { countsOf, inertiaOf, means, nearest, sqDistance, sum } from './helpers/reference.js';
import { largest, rounding } from './helpers/rounding.js';

const random = mulberry32(8);
const rows = Array.from({ length: 300 }, () => [normal(random), normal(random), normal(random)]);

onEveryBackend('steps', (ran) => {
  const start = (p: Problem, options: KMeansOptions = {}): [ReturnType<typeof flat>, number, KMeansOptions] => [
    flat(p.rows, p.precision),
    p.k,
    { nFeatures: p.rows[0]!.length, init: p.start, tol: 0, ...options },
  ];

  it('labels are the nearest of the step’s own centroids, counts and inertia theirs', () => {
    check(
      fc.property(problems(), fc.boolean(), (p, weighted) => {
        const weights = weighted ? p.weights : p.weights.map(() => 1);
        for (const step of kmeansSteps(...start(p, { sampleWeight: weights }))) {
          p.rows.forEach((row, i) => {
            const excess = sqDistance(row, step.centroids[step.labels[i]!]!) - nearest(row, step.centroids).sqDistance;
            expect(excess).toBeLessThanOrEqual(rounding(p));
          });
          expect(Array.from(step.counts)).toEqual(countsOf(step.labels, p.k, weights));
          const inertia = inertiaOf(p.rows, step.labels, step.centroids, weights);
          expect(Math.abs(step.inertia - inertia)).toBeLessThanOrEqual(sum(weights) * rounding(p));
        }
      }),
    );
  });

  it('each step starts where the last one led, and says how far that was', () => {
    check(
      fc.property(problems(), (p) => {
        const steps = [...kmeansSteps(...start(p))];
        steps.forEach((step, i) => {
          const last = steps[i - 1];
          expect(step.iteration).toBe(i + 1);
          expect(step.converged).toBe(i === steps.length - 1);
          const shift = sum(step.nextCentroids.map((next, j) => sqDistance(next, step.centroids[j]!)));
          const tolerance = p.precision === 'float32' ? 1e-5 : 1e-10;
          expect(Math.abs(step.shift - shift)).toBeLessThanOrEqual(tolerance * (1 + shift) * (1 + largest(p)));
          if (!last) return;
          expect(step.centroids.map(hex)).toEqual(last.nextCentroids.map(hex));
          expect(step.changed).toBe(step.labels.filter((label, s) => label !== last.labels[s]).length);
        });
      }),
    );
  });

  it('where no cluster is empty, centroids move to the means of their samples', () => {
    check(
      fc.property(problems({ kinds: ['normal', 'blobs'] }), (p) => {
        for (const step of kmeansSteps(...start(p))) {
          if (step.counts.includes(0)) continue;
          const ones = p.rows.map(() => 1);
          const { centroids } = means(p.rows, step.labels, ones, toRows(step.centroids));
          expectRowsClose(step.nextCentroids, centroids, p.precision === 'float32' ? 1e-6 : 1e-12, largest(p));
        }
      }),
    );
  });

  it('as many steps as iterations; the generator returns what kmeans returns', () => {
    check(
      fc.property(
        problems(),
        fc.constantFrom(1, 2, 300),
        fc.constantFrom(0, 1e-4, 0.1),
        fc.constantFrom('k-means++', 'random', 'given'),
        (p, maxIter, tol, init) => {
          const options = { maxIter, tol, init: init === 'given' ? p.start : (init as 'random'), nInit: 1, seed: 5 };
          const expected = kmeans(...start(p, options));
          const { steps, result } = drain(kmeansSteps(...start(p, options)));
          expect(bits(ran(result))).toBe(bits(expected));
          expect(result.converged).toBe(expected.converged);
          expect(steps).toHaveLength(expected.iterations);
          expect(steps.at(-1)!.nextCentroids.map(hex)).toEqual(expected.centroids.map(hex));
          expect(steps.at(-1)!.converged).toBe(expected.converged);
          expect(hex(result.predict(start(p)[0]))).toBe(hex(expected.labels));
        },
      ),
    );
  });

  it('a single run, whatever the start', () => {
    const { result } = drain(kmeansSteps(rows, 4, { init: 'random', seed: 2 }));
    expect(bits(result)).toBe(bits(kmeans(rows, 4, { init: 'random', seed: 2, nInit: 1 })));
    expect(drain(kmeansSteps(rows, 4, { nInit: 'auto' })).steps.length).toBeGreaterThan(1);
  });

  it('snapshots stay as they were, and can be written to', () => {
    const seen: KMeansStep[] = [];
    const copies: unknown[] = [];
    for (const step of kmeansSteps(rows, 5, { tol: 0 })) {
      seen.push(step);
      copies.push(structuredClone({ ...step }));
    }
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.map((step) => ({ ...step }))).toEqual(copies);

    const undisturbed = drain(kmeansSteps(rows, 5, { tol: 0 })).result;
    const vandalised = kmeansSteps(rows, 5, { tol: 0 });
    let next = vandalised.next();
    while (!next.done) {
      for (const array of [...next.value.centroids, ...next.value.nextCentroids]) array.fill(Number.NaN);
      next.value.labels.fill(99);
      next.value.counts.fill(0);
      next = vandalised.next();
    }
    expect(bits(next.value)).toBe(bits(undisturbed));
  });

  it('what happens to the samples between two steps changes nothing', () => {
    const data = Float64Array.from(rows.flat());
    const expected = kmeans(rows, 5, { tol: 0 });
    const steps = kmeansSteps(data, 5, { nFeatures: 3, tol: 0 });
    steps.next();
    data.fill(0);
    expect(bits(drain(steps).result)).toBe(bits(expected));
  });

  it('left midway, the next call is none the worse', () => {
    const expected = bits(kmeans(rows, 6, { tol: 0 }));
    for (let i = 0; i < 50; i++) {
      const steps = kmeansSteps(rows, 6, { tol: 0 });
      steps.next();
      if (i % 2) steps.return(undefined as never);
      else for (const _ of steps) break;
    }
    expect(() => {
      for (const _ of kmeansSteps(rows, 6)) throw new Error('midway');
    }).toThrow('midway');
    expect(bits(ran(kmeans(rows, 6, { tol: 0 })))).toBe(expected);
  });

  it('two generators side by side, and whole clusterings in between', () => {
    const narrow = rows.map((row) => [row[0]!]);
    const problems: [number[][], number, KMeansOptions][] = [
      [rows, 7, { tol: 0, seed: 1 }],
      [narrow, 3, { tol: 0, seed: 2, precision: 'float32' }],
    ];
    const alone = problems.map((problem) => drain(kmeansSteps(...problem)));
    const open = problems.map((problem) => ({ generator: kmeansSteps(...problem), seen: [] as KMeansStep[] }));
    const results: string[] = [];
    while (results.filter(Boolean).length < open.length) {
      open.forEach(({ generator, seen }, which) => {
        if (results[which]) return;
        const next = generator.next();
        if (next.done) results[which] = bits(next.value);
        else seen.push(next.value);
        expect(kmeans(rows, 9, { maxIter: 1 + which }).nSamples).toBe(300);
      });
    }
    expect(results).toEqual(alone.map(({ result }) => bits(result)));
    expect(open.map(({ seen }) => seen)).toEqual(alone.map(({ steps }) => steps));
  });

  it('onProgress tells of every iteration what the steps tell', () => {
    const told: Progress[] = [];
    const options: KMeansOptions = { tol: 0, nInit: 1, maxIter: 50 };
    kmeans(rows, 5, { ...options, onProgress: (progress) => told.push({ ...progress }) });
    const { steps } = drain(kmeansSteps(rows, 5, options));
    expect(told).toHaveLength(steps.length);
    told.forEach((progress, i) => {
      expect(progress).toMatchObject({ run: 0, runs: 1, iteration: i + 1, maxIter: 50 });
      expect(progress.changed).toBe(steps[i]!.changed);
      expectClose([progress.inertia], [steps[i]!.inertia], 1e-12);
      expectClose([progress.shift], [steps[i]!.shift], 1e-9, 1 + steps[i]!.shift);
      expect(progress.elapsedMs).toBeGreaterThanOrEqual(told[i - 1]?.elapsedMs ?? 0);
    });
  });

  it('onProgress counts the runs', () => {
    const runs: number[][] = [];
    const result = kmeans(rows, 3, {
      init: 'random',
      onProgress: ({ run, runs: all, iteration }) => runs.push([run, all, iteration]),
    });
    expect(runs[0]).toEqual([0, 10, 1]);
    expect(new Set(runs.map(([run]) => run))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    const lengths = Array.from({ length: 10 }, (_, run) => runs.filter(([r]) => r === run).length);
    expect(lengths).toContain(result.iterations);
  });
});

function drain(generator: Generator<KMeansStep, KMeansResult>): { steps: KMeansStep[]; result: KMeansResult } {
  const steps: KMeansStep[] = [];
  let next = generator.next();
  while (!next.done) {
    steps.push(next.value);
    next = generator.next();
  }
  return { steps, result: next.value };
}
