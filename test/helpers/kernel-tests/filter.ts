import { expect } from 'vitest';
import { Filtering } from '../../../src/algorithms/filtering.js';
import { NODE_BYTES, treeStride } from '../../../src/backend/layout.js';
import { now } from '../../../src/backend/pass.js';
import { COLUMNS_MAX_D } from '../../../src/backend/shapes.js';
import type { NumericArray } from '../../../src/types.js';
import type { Bench } from '../kernel-bench.js';
import { expectExactSums, expectSame, labelsOf, moveCentroids, placeRun, withoutPadding } from '../kernel-checks.js';
import type { KernelTests } from '../kernel-table.js';

/** Kernels of the filtering algorithm, by way of the class that writes their plan. They are for samples in columns. */
export const filterTests = {
  /** Every sample stands in one leaf, within the boxes of all nodes above, and the sums of the whole are exact. */
  growTree(bench) {
    if (bench.d > COLUMNS_MAX_D) return [];
    const { memory, n, d } = bench;
    const mark = memory.workspace.mark();
    const { run } = placeRun(bench);
    const filtering = new Filtering(run, 0, 0);
    memory.run([], () => now(filtering.grow()));
    const { order, columns, nodes } = filtering.buffers;
    const sampleAt = bench.readInt32(order, n);
    expect(Int32Array.from(sampleAt).sort()).toEqual(Int32Array.from(bench.rows.keys()));
    const stride = treeStride(n);
    const values = bench.read(columns, d * stride);
    const sorted = Array.from(sampleAt, (_, at) => Array.from({ length: d }, (_, f) => values[f * stride + at]!));
    expectSame(sorted.flat(), Array.from(sampleAt, (i) => bench.rows[i]!).flat());
    expectBoxes(bench, nodes, sorted, 0, n);

    run.restart();
    filtering.restart();
    const { sums } = run.buffers;
    expectExactSums(bench, sums, Array(n).fill(0));
    memory.workspace.backTo(mark);
    return [withoutPadding(bench, sums)];
  },

  /** Over several moves of the centroids, labels are those of `assign`, and the sums theirs. */
  filter(bench) {
    if (bench.d > COLUMNS_MAX_D) return [];
    const { memory, n, rows } = bench;
    const mark = memory.workspace.mark();
    const { run, outputs } = placeRun(bench);
    const { sums } = run.buffers;
    const filtering = new Filtering(run, Math.max(...rows.flat().map(Math.abs)), bench.shape.seed % 3);
    let centroids = bench.centroids;
    run.setCentroids(centroids.flat());
    run.restart();
    filtering.restart();
    const found: NumericArray[] = [];
    let before = Array<number>(n).fill(-1);
    for (const pace of [1, 0, 2 ** -16, 0.1, 0.01, 0.001, 0]) {
      const changed = memory.run(outputs, () => now(filtering.assign()));
      const labels = [...run.labels()];
      expectSame(labels, labelsOf(bench, centroids));
      expect(changed).toBe(labels.filter((label, i) => label !== before[i]).length);
      expectExactSums(bench, sums, labels);
      found.push(Int32Array.from(labels), withoutPadding(bench, sums));

      before = labels;
      centroids = moveCentroids(bench, run, centroids, pace);
    }
    memory.workspace.backTo(mark);
    return found;
  },
} satisfies KernelTests;

/** The samples of a node lie in its box, but for rounding, and its children share them. The reference makes no boxes. */
function expectBoxes(bench: Bench, node: number, sorted: readonly number[][], start: number, count: number): void {
  const words = bench.readInt32(node, NODE_BYTES / 4);
  expect([...words.subarray(20, 22)]).toEqual([start, count]);
  if (bench.memory.backend.name === 'js') return;
  const box = bench.readFloat64(node, 8);
  for (const row of sorted.slice(start, start + count))
    row.forEach((value, f) => {
      const reach = Math.abs(value - box[f]!);
      if (!(reach <= box[4 + f]! * 0.5 + 2 ** -50 * (Math.abs(value) + Math.abs(box[f]!))))
        expect.fail(`${value} lies outside of its box`);
    });
  const child = words[22]!;
  if (child === 0) return;
  const lower = bench.readInt32(child, NODE_BYTES / 4)[21]!;
  expect(lower).toBeGreaterThan(0);
  expect(lower).toBeLessThan(count);
  expectBoxes(bench, child, sorted, start, lower);
  expectBoxes(bench, child + NODE_BYTES, sorted, start + lower, count - lower);
}
