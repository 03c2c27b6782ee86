import { expect } from 'vitest';
import { Run } from '../../src/algorithms/run.js';
import { type RunBuffers, runLayout } from '../../src/backend/layout.js';
import { COLUMNS_MAX_D, centroidStride, packedLength, sumsEntryLength, sumsWidth } from '../../src/backend/shapes.js';
import { Samples } from '../../src/data/samples.js';
import type { Precision } from '../../src/types.js';
import { exactSum } from './exact.js';
import type { Region } from './guarded-memory.js';
import type { Bench } from './kernel-bench.js';
import { columnsOf, sqNorm, stripedSqDistance } from './kernel-oracles.js';
import { shuffled } from './problems.js';

export const weightOf = ({ weights }: Bench, i: number): number => weights?.[i] ?? 1;
/** The least positive value. */
export const least = (precision: Precision): number => (precision === 'float32' ? 2 ** -149 : 2 ** -1074);

/** Up to 4 features ‖c‖², −2c, centroid after centroid; beyond, panels of rows: all ‖c‖², all −2c[0], … */
export function packedCentroids({ centroids, d, width, round }: Bench): number[] {
  const packed = centroids.map((c) => [sqNorm(c, round), ...c.map((value) => -2 * value)]);
  if (d <= COLUMNS_MAX_D) return packed.flat();
  while (packed.length % width !== 0) packed.push([Infinity, ...Array<number>(d).fill(0)]);
  return inPanels(packed, width);
}

/** Rows, `width` at a time, each of these panels column by column. */
export function inPanels(rows: readonly number[][], width: number): number[] {
  const panels = Array.from({ length: rows.length / width }, (_, p) => rows.slice(p * width, (p + 1) * width));
  return panels.flatMap((panel) => columnsOf(panel, rows[0]!.length).flat());
}

/** The centroids in any order, but ascending within panels of `width`; −1 in the places of the last that are left over. */
export function orderOf({ centroids, random }: Bench, width: number): number[] {
  const mixed = shuffled([...centroids.keys()], random);
  const panels = Array.from({ length: Math.ceil(mixed.length / width) }, (_, p) =>
    mixed.slice(p * width, (p + 1) * width).sort((a, b) => a - b),
  );
  return [...panels.flat(), ...Array<number>(panels.length * width - mixed.length).fill(-1)];
}

/** Labels by the kernels under test, in slices of `step` samples. */
export function labelsOf(bench: Bench, centroids: readonly number[][], step = bench.n): Int32Array {
  const { memory, kernels, n, d, x, stride, bytes, precision } = bench;
  const k = centroids.length;
  const packed = memory.space(packedLength(k, d, precision), bytes);
  kernels.pack(bench.placeCentroids(centroids), k, d, packed);
  const best = memory.space(32, 8);
  const padded = Math.ceil(n / 8) * 8;
  const labels = memory.space(padded, 4);
  const outputs = [
    { pointer: labels, bytes: padded * 4 },
    { pointer: best, bytes: 256 },
  ];
  const sampleBytes = d <= COLUMNS_MAX_D ? bytes : stride * bytes;
  for (let i = 0; i < n; i += step)
    memory.run(outputs, () =>
      kernels.assign(x + i * sampleBytes, Math.min(step, n - i), d, stride, packed, k, labels + i * 4, best),
    );
  return bench.readInt32(labels, n);
}

/** The centroids of one panel; the first stands in for those that are missing. */
export function panelOf({ centroids, width }: Bench): number[][] {
  return Array.from({ length: width }, (_, lane) => centroids[lane] ?? centroids[0]!);
}

export function placePanel(bench: Bench): number {
  return bench.place(columnsOf(panelOf(bench), bench.d).flat());
}

/** Squared distances to seeds before: none yet, on a seed, or anything between. */
export function closestBefore(bench: Bench): number[] {
  return bench.rows.map((row) => {
    const seed = bench.centroids[bench.integer(bench.k)]!;
    return [Infinity, 0, stripedSqDistance(row, seed, bench.round)][bench.integer(3)]!;
  });
}

/** Address of zero sums behind the grids that a run writes for these samples. */
export function placeSums(bench: Bench): number {
  const sums = bench.placeFloat64(Array((bench.k + 1) * sumsEntryLength(bench.d)).fill(0));
  runOver(bench, { sums } as RunBuffers);
  return sums;
}

/** A run whose buffers stand in guarded memory, and those that assignments may change. */
export function placeRun(bench: Bench): { run: Run; outputs: Region[] } {
  const plan = runLayout({ ...bench.shape, precision: bench.precision, threads: 1 });
  const buffers = { ...plan };
  for (const name of Object.keys(plan) as (keyof RunBuffers)[])
    buffers[name] = bench.memory.space(Math.ceil(plan[name] / 8), 8);
  const outputs = (['labels', 'previous', 'sums', 'packed', 'best'] as const).map((name) => ({
    pointer: buffers[name],
    bytes: plan[name],
  }));
  return { run: runOver(bench, buffers, bench.placeWeights()), outputs };
}

export function runOver(bench: Bench, buffers: RunBuffers, weightsAt = 0): Run {
  const { memory, precision, n, d, k, x, stride, rows, weights } = bench;
  const samples = new Samples(memory.workspace, precision, n, d, x, stride, weightsAt);
  const magnitude = Float64Array.from(columnsOf(rows, d), (column) => Math.max(...column.map(Math.abs)));
  const statistics = { shift: new Float64Array(d), magnitude, meanVariance: 0 };
  return new Run(samples, k, false, buffers, statistics, Math.max(...(weights ?? [1])));
}

/** Moves every centroid of a run, by `pace` times what another draw of them would be. */
export function moveCentroids(bench: Bench, run: Run, centroids: readonly number[][], pace: number): number[][] {
  const moves = bench.table(bench.k);
  const moved = centroids.map((row, j) => row.map((value, f) => bench.round(value + pace * moves[j]![f]!)));
  writeNext(run, moved);
  run.shift();
  run.swap();
  return moved;
}

function writeNext(run: Run, centroids: readonly number[][]): void {
  const target = run.centroidsAt(run.buffers.nextCentroids);
  centroids.forEach((row, j) => {
    target.set(row, j * centroidStride(row.length));
  });
}

/** Where in the block of sums the high and low sums and the counts of cluster j begin; −1 is the grids. */
export function entryOf({ d }: Bench, j: number): { high: number; low: number; counts: number } {
  const high = (j + 1) * sumsEntryLength(d);
  return { high, low: high + sumsWidth(d), counts: high + 2 * sumsWidth(d) };
}

/** High and low sums and counts differ from the exact ones by no more than the fine grids cut off. */
export function expectExactSums(bench: Bench, sums: number, labels: readonly number[]): void {
  const { rows, k, d } = bench;
  const v = bench.readFloat64(sums, (k + 1) * sumsEntryLength(d));
  const grids = entryOf(bench, -1);
  const halfUnit = (grid: number) => grid / (1.5 * 2 ** 52) / 2;
  for (let j = 0; j < k; j++) {
    const at = entryOf(bench, j);
    const members = [...rows.keys()].filter((i) => labels[i] === j);
    const weights = members.map((i) => weightOf(bench, i));
    const slack = members.length * halfUnit(v[grids.counts + 1]!);
    expectNear(exactSum([...weights, -v[at.counts]!, -v[at.counts + 1]!]), 0, slack);
    for (let f = 0; f < d; f++) {
      const values = members.map((i, m) => weights[m]! * rows[i]![f]!);
      const error = exactSum([...values, -v[at.high + f]!, -v[at.low + f]!]);
      expectNear(error, 0, members.length * halfUnit(v[grids.low + f]!));
    }
  }
}

/** The block of sums without the lane that fills up odd d, in which anything may stand. */
export function withoutPadding(bench: Bench, sums: number): Float64Array {
  const { k, d } = bench;
  const v = bench.readFloat64(sums, (k + 1) * sumsEntryLength(d));
  return Float64Array.from(
    Array.from({ length: k + 1 }, (_, e) => entryOf(bench, e - 1)).flatMap(({ high, low, counts }) => [
      ...v.subarray(high, high + d),
      ...v.subarray(low, low + d),
      ...v.subarray(counts, counts + 2),
    ]),
  );
}

/** The same numbers, −0 apart from 0. */
export function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  if (actual.length !== expected.length) expect.fail(`${actual.length} values instead of ${expected.length}`);
  for (let i = 0; i < expected.length; i++)
    if (!Object.is(actual[i], expected[i])) expect.fail(`value ${i} is ${actual[i]} instead of ${expected[i]}`);
}

export function expectNear(actual: number, expected: number, slack: number): void {
  if (!(Math.abs(actual - expected) <= slack)) expect.fail(`${actual} is not ${expected} ± ${slack}`);
}
