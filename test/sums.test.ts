import { describe, expect, test } from 'vitest';
import { Run } from '../src/algorithms/run.js';
import { decodeBytes } from '../src/backend/binary-text.js';
import { runLayout } from '../src/backend/layout.js';
import { now } from '../src/backend/pass.js';
import { createReferenceBackend } from '../src/backend/reference.js';
import { sumsEntryLength, sumsWidth } from '../src/backend/shapes.js';
import { createWasmBackend } from '../src/backend/wasm.js';
import { Workspace } from '../src/backend/workspace.js';
import { measureFeatures } from '../src/data/centre.js';
import { Samples } from '../src/data/samples.js';
import simd from '../src/generated/simd.js';
import type { Precision } from '../src/types.js';
import { exactQuotient, unitInLastPlace } from './helpers/exact.js';
import { placeRows } from './helpers/placed-samples.js';
import { mulberry32, normal, shuffled } from './helpers/problems.js';

const module = new WebAssembly.Module(decodeBytes(simd));
const precisions: Precision[] = ['float32', 'float64'];

describe.each([
  ['js', createReferenceBackend],
  ['wasm-simd', () => createWasmBackend(module)],
] as const)('exact sums [%s]', (name, createBackend) => {
  const workspace = new Workspace(createBackend());

  test('run on the backend under test', () => {
    expect(workspace.backend.name).toBe(name);
  });

  describe.each(precisions)('%s', (precision) => {
    const start = (rows: readonly number[][], weights?: readonly number[]) =>
      startRun(workspace, precision, rows, weights);
    const cases = [1, 2, 3, 4, 5, 8, 9].flatMap((d) =>
      [false, true].map((weighted) => ({ d, weighted, what: `${d} features${weighted ? ', weighted' : ''}` })),
    );

    test.each(cases)('know neither order nor slices nor detours: $what', ({ d, weighted }) => {
      const { rows, weights, labels, random } = problem(203, d, weighted, spreadWide, precision);
      const sumsAfter = (accumulate: (run: Run) => void) => {
        const run = start(rows, weights);
        accumulate(run);
        expect(Array.from(previousOf(run))).toEqual(labels);
        return sumsOf(run);
      };
      const onePass = sumsAfter((run) => accumulateAll(run, labels));
      const backwards = [...rows.keys()].reverse();
      const anyhow = shuffled([...rows.keys()], random);
      const anyLabel = () => labels.map(() => Math.floor(random() * K));

      expect(sumsAfter((run) => accumulateOneByOne(run, labels, backwards))).toEqual(onePass);
      expect(sumsAfter((run) => accumulateOneByOne(run, labels, anyhow))).toEqual(onePass);
      for (const slice of [1, 3, 4, 7, 64, 202])
        expect(sumsAfter((run) => accumulateInSlices(run, labels, slice))).toEqual(onePass);
      expect(
        sumsAfter((run) => {
          for (let detour = 0; detour < 5; detour++) accumulateAll(run, anyLabel());
          accumulateOneByOne(run, anyLabel(), anyhow);
          accumulateAll(run, labels);
        }),
      ).toEqual(onePass);
    });

    test.each(cases)('give means that are exact but for their last bit: $what', ({ d, weighted }) => {
      for (const kind of [normal, spreadWide]) {
        const { rows, weights, labels } = problem(203, d, weighted, kind, precision);
        const run = start(rows, weights);
        accumulateAll(run, labels);
        expectExactMeans(run, rows, labels, weights);
      }
    });

    test('of samples that have all left are zero', () => {
      const { rows, weights, labels } = problem(100, 5, true, spreadWide, precision);
      const run = start(rows, weights);
      accumulateAll(run, labels);
      accumulateAll(
        run,
        labels.map(() => 0),
      );
      const left = sumsOf(run).slice(2);
      expect(left).toEqual(left.map((entry) => entry.map(() => 0)));
    });

    test('keep what cancels to the last bit', () => {
      const big = precision === 'float32' ? 2 ** 30 : 2 ** 50;
      const rows = [[big], [1], [-big], [big], [1], [-big], [1]];
      const run = start(rows);
      accumulateAll(
        run,
        rows.map(() => 0),
      );
      run.moveCentroids();
      expect(run.copyCentroids(run.buffers.nextCentroids)[0]).toBe(rounded(3 / 7, precision));
    });

    test('of m equal samples have that sample as their mean, for all m up to 1000', () => {
      const sample = [0.1, 1 / 3, -Math.PI, 1e-30, precision === 'float32' ? 1e18 : 1e30].map((value) =>
        rounded(value, precision),
      );
      for (const d of [4, 5]) {
        const values = sample.slice(5 - d);
        const all = start(Array(1000).fill(values));
        const { samples } = all;
        for (let m = 1; m <= 1000; m++) {
          const few = new Samples(workspace, precision, m, d, samples.x, samples.stride);
          const run = new Run(few, K, false, all.buffers, statisticsOf(values), 1);
          now(run.restart());
          accumulateAll(run, Array(m).fill(2));
          run.moveCentroids();
          const mean = run.copyCentroids(run.buffers.nextCentroids).slice(2 * d, 3 * d);
          if (!values.every((value, f) => value === mean[f])) expect.fail(`${m} of ${values} have the mean ${mean}`);
        }
      }
    });

    test('of equal samples amid others have that sample as their mean', () => {
      const value = rounded(0.1, precision);
      for (const m of [1, 2, 3, 7, 49, 100, 997]) {
        const rows = [...Array(m).fill([value]), [-1000], [1000], [0.3]].map(([x]) => [rounded(x!, precision)]);
        const run = start(rows);
        accumulateAll(
          run,
          rows.map((_, i) => (i < m ? 1 : 0)),
        );
        run.moveCentroids();
        expect(run.copyCentroids(run.buffers.nextCentroids)[1]).toBe(value);
      }
    });
  });

  test('of a sample of weight w are those of w samples [float32]', () => {
    const { rows, labels, random } = problem(90, 3, false, normal, 'float32');
    const weights = rows.map(() => Math.floor(random() * 6));
    const copies = rows.flatMap((row, i) => Array<number[]>(weights[i]!).fill(row));
    const copiedLabels = labels.flatMap((label, i) => Array<number>(weights[i]!).fill(label));
    const [weighted, copied] = (
      [
        [rows, weights, labels],
        [copies, undefined, copiedLabels],
      ] as const
    ).map(([samples, w, l]) => {
      const run = startRun(workspace, 'float32', samples, w);
      accumulateAll(run, l);
      run.moveCentroids();
      return [run.copyCentroids(run.buffers.nextCentroids), run.counts().slice()];
    });
    expect(weighted).toEqual(copied);
  });
});

/** Where the buffers of a workspace begin. */
const FIRST = new Workspace(createReferenceBackend()).mark();
/** Clusters of every problem here. */
const K = 5;

const rounded = (value: number, precision: Precision) => (precision === 'float32' ? Math.fround(value) : value);

/** Values over 20 binary orders of magnitude: the sums still hold all of their bits. */
const spreadWide = (random: () => number) => (random() - 0.5) * 2 ** Math.floor(random() * 20);

function problem(
  n: number,
  d: number,
  weighted: boolean,
  value: (random: () => number) => number,
  precision: Precision,
) {
  const random = mulberry32(31 * n + d);
  const rows = Array.from({ length: n }, () => Array.from({ length: d }, () => rounded(value(random), precision)));
  const weights = weighted ? rows.map(() => (random() < 0.1 ? 0 : 3 * random())) : undefined;
  const labels = rows.map(() => Math.floor(random() * K));
  return { rows, weights, labels, random };
}

/** A run over samples that are not shifted, ready for its first labels. It takes the place of the one before. */
function startRun(
  workspace: Workspace,
  precision: Precision,
  rows: readonly number[][],
  weights: readonly number[] | undefined,
): Run {
  workspace.backTo(FIRST);
  const { samples, scratch } = placeRows(workspace, precision, rows, weights);
  const { n, d } = samples;
  const statistics = now(measureFeatures(samples, scratch, false));
  const buffers = workspace.take(runLayout({ n, d, k: K, precision, threads: 1 }), n);
  const run = new Run(samples, K, false, buffers, statistics, Math.max(...(weights ?? [1])));
  now(run.restart());
  return run;
}

function accumulateAll(run: Run, labels: readonly number[]): void {
  run.labels().set(labels);
  now(run.accumulate());
}

function accumulateOneByOne(run: Run, labels: readonly number[], order: readonly number[]): void {
  run.labels().set(labels);
  for (const i of order) run.accumulateRange(i, 1);
}

function accumulateInSlices(run: Run, labels: readonly number[], slice: number): void {
  run.labels().set(labels);
  for (let i = 0; i < labels.length; i += slice) run.accumulateRange(i, Math.min(slice, labels.length - i));
}

const previousOf = ({ samples, buffers }: Run) => samples.workspace.int32(buffers.previous, samples.n);

/** The grids, then for each cluster its high and low sums and counts; without what fills up odd d. */
function sumsOf({ samples, k, buffers }: Run): number[][] {
  const { workspace, d } = samples;
  const length = sumsEntryLength(d);
  const width = sumsWidth(d);
  return Array.from({ length: k + 1 }, (_, e) => {
    const entry = workspace.float64(buffers.sums + e * length * 8, length);
    return [...entry.subarray(0, d), ...entry.subarray(width, width + d), ...entry.subarray(2 * width)];
  });
}

/** Moves the centroids and expects the means of what the sums stand for, Σ w·x with w·x rounded to float64. */
function expectExactMeans(
  run: Run,
  rows: readonly number[][],
  labels: readonly number[],
  weights: readonly number[] = rows.map(() => 1),
): void {
  run.moveCentroids();
  const { d, precision } = run.samples;
  const means = run.copyCentroids(run.buffers.nextCentroids);
  for (let j = 0; j < K; j++) {
    const members = [...rows.keys()].filter((i) => labels[i] === j);
    const count = exactQuotient(
      members.map((i) => weights[i]!),
      1,
    );
    expect(run.counts()[j]).toBe(count);
    for (let f = 0; f < d; f++) {
      const exact = exactQuotient(
        members.map((i) => weights[i]! * rows[i]![f]!),
        count,
      );
      const off = Math.abs(means[j * d + f]! - exact);
      if (!(off <= unitInLastPlace(exact, precision))) expect.fail(`${means[j * d + f]} is not the mean ${exact}`);
    }
  }
}

const statisticsOf = (values: readonly number[]) => ({
  shift: new Float64Array(values.length),
  magnitude: Float64Array.from(values, Math.abs),
  meanVariance: 0,
});
