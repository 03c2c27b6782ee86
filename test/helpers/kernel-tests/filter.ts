import { expect } from 'vitest';
import { Filtering } from '../../../src/algorithms/filtering.js';
import { CUT_BYTES, NODE_BYTES, TREE_PLAN_BYTES, treeRowBytes } from '../../../src/backend/layout.js';
import { now } from '../../../src/backend/pass.js';
import { COLUMNS_MAX_D } from '../../../src/backend/shapes.js';
import type { NumericArray } from '../../../src/types.js';
import type { Bench } from '../kernel-bench.js';
import { expectExactSums, expectSame, labelsOf, moveCentroids, placeRun, withoutPadding } from '../kernel-checks.js';
import type { KernelTests } from '../kernel-table.js';

/** Whose all samples of a node are, in words. */
const OWNER = 23;

/** Samples of a block of a leaf. */
const BLOCK = 64;

/** Kernels of the filtering algorithm, by way of the class that writes their plan. They are for samples in columns. */
export const filterTests = {
  /** Samples are told apart by the cuts from the one on that their cell of the grid names. */
  countCells(bench) {
    if (bench.d > COLUMNS_MAX_D) return [];
    const { memory, kernels } = bench;
    const { plan, cells, counts, roots, from, length, expected } = placeCells(bench);
    memory.run(
      [
        { pointer: cells + from * 2, bytes: length * 2 },
        { pointer: counts, bytes: roots * 4 },
      ],
      () => kernels.countCells(plan, from, length, counts),
    );
    const found = bench.readInt16(cells + from * 2, length);
    expectSame(found, expected);
    const counted = bench.readInt32(counts, roots);
    expectSame(
      counted,
      Array.from({ length: roots }, (_, root) => expected.filter((cell) => cell === root).length),
    );
    return [found, counted];
  },

  /** Rows of a root stand together, in the order of the samples, each with its values and its index. */
  fillCells(bench) {
    if (bench.d > COLUMNS_MAX_D) return [];
    const { memory, kernels, d, n } = bench;
    const { plan, rows, rowBytes, cells, counts, roots, from, length, expected } = placeCells(bench);
    bench.memory.workspace.int32(counts, roots).set(Array.from({ length: roots }, (_, root) => root * n));
    new Int16Array(memory.backend.memory.buffer, cells + from * 2, length).set(expected);
    const values = { pointer: rows, bytes: roots * n * rowBytes };
    memory.run([values, { pointer: counts, bytes: roots * 4 }], () => kernels.fillCells(plan, from, length, counts));
    const found = Array.from({ length: roots }, (_, root) =>
      expected.flatMap((cell, i) => (cell === root ? [from + i] : [])),
    ).flatMap((members, root) =>
      members.map((i, place) => {
        const row = rows + (root * n + place) * rowBytes;
        expect(bench.readInt32(row + rowBytes - 4, 1)[0]).toBe(i);
        const read = bench.read(row, d);
        expectSame(read, bench.rows[i]!);
        return read;
      }),
    );
    expect(found.length).toBe(length);
    return found;
  },

  /** All samples are below the root, and their sums are exact. */
  plantTree(bench) {
    if (bench.d > COLUMNS_MAX_D) return [];
    const { memory, n } = bench;
    const mark = memory.workspace.mark();
    const { run, outputs } = placeRun(bench);
    const filtering = new Filtering(run, 0, 0);
    memory.run(outputs, () => now(filtering.plant()));
    expectTree(bench, filtering);

    now(run.restart());
    filtering.restart();
    const { sums } = run.buffers;
    expectExactSums(bench, sums, Array(n).fill(0));
    memory.workspace.backTo(mark);
    return [withoutPadding(bench, sums)];
  },

  /** Labels go where their samples came from; a node that is one cluster's has none of its own. */
  spreadLabels(bench) {
    if (bench.d > COLUMNS_MAX_D) return [];
    const { memory, kernels, n, k } = bench;
    const mark = memory.workspace.mark();
    const { run } = placeRun(bench);
    const filtering = new Filtering(run, 0, 0);
    const before = bench.labels();
    memory.workspace.int32(run.buffers.labels, n).set(before);
    now(filtering.plant());
    const { plan, nodes } = filtering.buffers;
    const spread = () => {
      memory.run([{ pointer: run.buffers.labels, bytes: n * 4 }], () => kernels.spreadLabels(plan, nodes, 1));
      return bench.readInt32(run.buffers.labels, n);
    };
    // What nobody owns has the labels it had.
    expectSame(spread(), before);
    memory.workspace.int32(nodes, NODE_BYTES / 4)[OWNER] = k - 1;
    const owned = spread();
    expectSame(owned, Array(n).fill(k - 1));
    memory.workspace.backTo(mark);
    return [owned];
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
    now(run.restart());
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
    expectTree(bench, filtering);
    memory.workspace.backTo(mark);
    return found;
  },
} satisfies KernelTests;

/** A plan that brings some of the samples to the roots of a few cuts by some grid, and below which each belongs. */
function placeCells(bench: Bench) {
  const { memory, d, n, x, stride, bytes, precision, rows } = bench;
  const levels = bench.integer(4);
  const roots = 2 ** levels;
  const cuts = Array.from({ length: roots }, () => ({ f: bench.integer(d), place: rows[bench.integer(n)]! }));
  const cutsAt = memory.space(roots * 2, 8);
  cuts.forEach(({ f, place }, cut) => {
    if (cut === 0) return;
    memory.workspace.int32(cutsAt + cut * CUT_BYTES, 1)[0] = f * stride * bytes;
    memory.workspace.floats(precision, cutsAt + cut * CUT_BYTES + 8, 1)[0] = place[f]!;
  });
  const bits = bench.integer(4);
  const axes = Array.from({ length: d }, (_, f) => {
    const [begin, end] = [rows[bench.integer(n)]![f]!, rows[bench.integer(n)]![f]!];
    return { begin, scale: bench.round(end > begin ? 2 ** bits / (end - begin) : 0) };
  });
  const begun = Uint16Array.from({ length: 2 ** (bits * d) }, () => 1 + bench.integer(2 * roots - 1));
  const grid = memory.space(2 * d + begun.length, 8);
  axes.forEach(({ begin, scale }, f) => {
    memory.workspace.floats(precision, grid + f * 16, 1)[0] = begin;
    memory.workspace.floats(precision, grid + f * 16 + 8, 1)[0] = scale;
  });
  new Uint16Array(memory.backend.memory.buffer, grid + d * 16, begun.length).set(begun);
  const cellOf = (row: readonly number[]) =>
    axes.reduce((cell, { begin, scale }, f) => {
      const along = bench.round(bench.round(row[f]! - begin) * scale);
      return cell * 2 ** bits + Math.min(Math.max(Math.trunc(along) || 0, 0), 2 ** bits - 1);
    }, 0);
  const from = bench.integer(n);
  const length = n - from;
  const rowBytes = treeRowBytes(d, precision);
  const at = {
    cells: memory.space(n, 2),
    counts: memory.space(roots, 4),
    rows: memory.space((roots * n * rowBytes) / 8, 8),
  };
  const words = new Int32Array(TREE_PLAN_BYTES / 4);
  words.set([at.rows, rowBytes, d]);
  words.set([x, stride, cutsAt, levels, at.cells], 16);
  words.set([grid, bits], 42);
  const expected = rows.slice(from).map((row) => {
    let cut = begun[cellOf(row)]!;
    while (cut < roots) cut = 2 * cut + Number(row[cuts[cut]!.f]! >= cuts[cut]!.place[cuts[cut]!.f]!);
    return cut - roots;
  });
  return { ...at, plan: memory.place(words), rowBytes, roots, from, length, expected };
}

/** Every sample stands once below the root. */
function expectTree(bench: Bench, { buffers }: Filtering): void {
  const below = expectNode(bench, buffers.rows, buffers.nodes, 0, bench.n);
  expect(below.sort((a, b) => a - b)).toEqual([...bench.rows.keys()]);
}

/** The samples of a node lie in its box, but for rounding, and its children share them: returns which. The reference makes no boxes. */
function expectNode(bench: Bench, rows: number, node: number, start: number, count: number): number[] {
  const words = bench.readInt32(node, NODE_BYTES / 4);
  expect([...words.subarray(20, 22)]).toEqual([start, count]);
  const child = words[22]!;
  if (child >= 1024) {
    const lower = bench.readInt32(child, NODE_BYTES / 4)[21]!;
    expect(lower).toBeGreaterThan(0);
    expect(lower).toBeLessThan(count);
    return [
      ...expectNode(bench, rows, child, start, lower),
      ...expectNode(bench, rows, child + NODE_BYTES, start + lower, count - lower),
    ];
  }
  const box = bench.memory.backend.name === 'js' ? undefined : bench.readFloat64(node, 8);
  return Array.from({ length: count }, (_, i) => {
    const { sample, values } =
      child === 0 ? readFromLeaf(bench, rows, start, count, i) : readRow(bench, rows, start + i);
    expectSame(values, bench.rows[sample]!);
    values.forEach((value, f) => {
      if (!box) return;
      const reach = Math.abs(value - box[f]!);
      if (!(reach <= box[4 + f]! * 0.5 + 2 ** -50 * (Math.abs(value) + Math.abs(box[f]!))))
        expect.fail(`${value} lies outside of its box`);
    });
    return sample;
  });
}

function readRow(bench: Bench, rows: number, at: number): { sample: number; values: NumericArray } {
  const { d, precision } = bench;
  const rowBytes = treeRowBytes(d, precision);
  const row = rows + at * rowBytes;
  return { sample: bench.readInt32(row + rowBytes - 4, 1)[0]!, values: bench.read(row, d) };
}

/** In a leaf, 64 samples at a time lie in columns, the last of which tells which they are. */
function readFromLeaf(bench: Bench, rows: number, start: number, count: number, i: number) {
  const { d, precision, bytes } = bench;
  const from = i - (i % BLOCK);
  const size = Math.min(count - from, BLOCK);
  const block = rows + (start + from) * treeRowBytes(d, precision);
  const values = Array.from({ length: d }, (_, f) => bench.read(block + (f * size + (i % BLOCK)) * bytes, 1)[0]!);
  return { sample: bench.readInt32(block + d * size * bytes + (i % BLOCK) * 4, 1)[0]!, values };
}
