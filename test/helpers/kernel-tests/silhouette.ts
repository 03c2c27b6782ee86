import {
  SILHOUETTE_HEADER,
  SILHOUETTE_PANEL,
  SILHOUETTE_ROWS,
  silhouetteScratchBytes,
} from '../../../src/backend/layout.js';
import { COLUMNS_MAX_D } from '../../../src/backend/shapes.js';
import type { Bench } from '../kernel-bench.js';
import { expectSame } from '../kernel-checks.js';
import { columnsOf, orderedSqDistance } from '../kernel-oracles.js';
import type { KernelTests } from '../kernel-table.js';

type Piece = [rows: number, label: number, size: number];

/** Sum of the cluster under way, sum of the own one, least mean of the others. */
type State = [number, number, number];

/** Kernels of silhouettes, which know float64 only. */
export const silhouetteTests = {
  addDistances(bench) {
    const { memory, kernels, n, d, rows, centroids } = bench;
    const columns = d <= COLUMNS_MAX_D;
    const stride = columns ? n : d;
    const x = bench.placeFloat64((columns ? columnsOf(rows, d) : rows).flat());
    const others = [...centroids, ...rows].slice(0, SILHOUETTE_ROWS);
    const squared = bench.integer(2);
    const pieces = drawPieces(bench, others.length);
    const block = placeBlock(bench, others, [others.length, squared, ...pieces.flat()]);
    const own = bench.labels(4);
    const labels = bench.placeInt32([...own, 0, 0, 0]);
    const before = rows.map((): State => [bench.random(), 0, bench.integer(2) ? Infinity : bench.random()]);
    const state = bench.placeFloat64(inPanels(before));
    const scratch = memory.space(silhouetteScratchBytes(d) / 8, 8);

    const outputs = [
      { pointer: state, bytes: Math.ceil(n / 4) * SILHOUETTE_PANEL * 8 },
      { pointer: scratch, bytes: silhouetteScratchBytes(d) },
    ];
    memory.run(outputs, () => kernels.addDistances(x, n, d, stride, labels, block, state, scratch));
    const panels = bench.readFloat64(state, Math.ceil(n / 4) * SILHOUETTE_PANEL);
    const found = Float64Array.from(rows.flatMap((_, i) => [0, 4, 8].map((at) => panels[placeOf(i) + at]!)));
    const distance = (row: readonly number[], other: readonly number[]) => {
      const square = orderedSqDistance(row, other, (value) => value);
      return squared ? square : Math.sqrt(square);
    };
    expectSame(
      found,
      rows.flatMap((row, i) =>
        stateAfter(
          before[i]!,
          own[i]!,
          pieces,
          others.map((other) => distance(row, other)),
        ),
      ),
    );
    return [found];
  },
} satisfies KernelTests;

const placeOf = (i: number): number => Math.floor(i / 4) * SILHOUETTE_PANEL + (i % 4);

function inPanels(states: readonly State[]): number[] {
  const panels = Array<number>(Math.ceil(states.length / 4) * SILHOUETTE_PANEL).fill(0);
  for (const [i, state] of states.entries())
    for (const [s, value] of state.entries()) panels[placeOf(i) + 4 * s] = value;
  return panels;
}

/** So many rows, of clusters most of which end with their piece; the first began before, the last may go on. */
function drawPieces(bench: Bench, rows: number): Piece[] {
  const pieces: Piece[] = [];
  for (let left = rows; left > 0; ) {
    const count = Math.min(left, 1 + bench.integer(9));
    left -= count;
    pieces.push([count, bench.integer(4), left === 0 && bench.integer(2) ? 0 : count + bench.integer(3)]);
  }
  return pieces;
}

function placeBlock({ d, memory }: Bench, others: readonly number[][], words: readonly number[]): number {
  const columns = d <= COLUMNS_MAX_D;
  const block = new Float64Array(SILHOUETTE_HEADER / 8 + SILHOUETTE_ROWS * d);
  new Int32Array(block.buffer).set(words);
  const values = block.subarray(SILHOUETTE_HEADER / 8);
  others.forEach((row, r) => {
    row.forEach((value, f) => {
      values[columns ? f * SILHOUETTE_ROWS + r : r * d + f] = value;
    });
  });
  return memory.place(block);
}

/** What a sample of a label knows after a block of rows at these distances. */
function stateAfter(state: State, own: number, pieces: readonly Piece[], distances: readonly number[]): State {
  let [sum, ownSum, nearest] = state;
  let at = 0;
  for (const [rows, label, size] of pieces) {
    for (let r = 0; r < rows; r++) sum += distances[at++]!;
    if (size === 0) continue;
    if (label === own) ownSum = sum;
    else nearest = Math.min(nearest, sum / size);
    sum = 0;
  }
  return [sum, ownSum, nearest];
}
