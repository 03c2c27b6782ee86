import { CUT_BYTES, gridBits } from '../backend/layout.js';
import { bytesOf } from '../backend/shapes.js';
import type { Samples } from '../data/samples.js';

/** Samples of each root among which cuts between roots are chosen. */
const SAMPLED = 8;

/** The share of them that lies beyond each end of the grid, so that few that lie far out do not make it coarse. */
const BEYOND = 1 / 64;

/** The least share on either side of a cut that goes along the grid. */
const BALANCE = 1 / 4;

/**
 * Chooses cuts for 2 ** levels roots, each through the median of the longest side of some samples, and writes them to an
 * address, those below cut i being 2i and 2i + 1; to another a grid that spares most samples the cuts: these go along
 * it where they can. See assembly/tree/plan.ts for both.
 */
export function writeCuts(samples: Samples, cuts: number, grid: number, levels: number): void {
  const { workspace, precision, x, n, d, stride } = samples;
  const bytes = bytesOf(precision);
  const roots = 2 ** levels;
  const bits = gridBits(d, levels);
  const size = 2 ** bits;
  const values = workspace.floats(precision, x, d * stride);
  const columns = workspace.int32(cuts, (roots * CUT_BYTES) / 4);
  const places = workspace.floats(precision, cuts, (roots * CUT_BYTES) / bytes);
  const axes = workspace.floats(precision, grid, (d * 16) / bytes);
  const cells = new Uint16Array(axes.buffer, grid + d * 16, 2 ** (bits * d));
  const count = roots * SAMPLED;
  const sampled = Int32Array.from({ length: count }, (_, s) => Math.floor((s * n) / count));
  const chosen = new Float64Array(count);
  const take = (column: number, from: number, to: number) => {
    for (let s = from; s < to; s++) chosen[s] = values[column + sampled[s]!]!;
  };

  const begins = new Float64Array(d);
  const scales = new Float64Array(d);
  for (let f = 0; f < d; f++) {
    take(f * stride, 0, count);
    const beyond = Math.floor(count * BEYOND);
    const begin = select(chosen, beyond, 0, count - 1);
    const scale = size / (select(chosen, count - 1 - beyond, 0, count - 1) - begin);
    begins[f] = axes[(f * 16) / bytes] = begin;
    scales[f] = axes[(f * 16 + 8) / bytes] = Number.isFinite(scale) ? scale : 0;
  }

  /** Puts an index into the cells of a box: for each feature its first cell, and the first behind it. */
  const paint = (box: readonly number[], index: number, f = 0, before = 0): void => {
    const row = before * size;
    if (f === d - 1) cells.fill(index, row + box[2 * f]!, row + box[2 * f + 1]!);
    else for (let cell = box[2 * f]!; cell < box[2 * f + 1]!; cell++) paint(box, index, f + 1, row + cell);
  };

  const longestSide = (from: number, to: number): number => {
    let longest = -1;
    let side = 0;
    for (let f = 0; f < d; f++) {
      let least = Infinity;
      let greatest = -Infinity;
      for (let s = from; s < to; s++) {
        const value = values[f * stride + sampled[s]!]!;
        if (value < least) least = value;
        if (value > greatest) greatest = value;
      }
      if (!(greatest - least > longest)) continue;
      longest = greatest - least;
      side = f;
    }
    return side;
  };

  /** Brings those samples whose value is below a place to the front; returns where they end. */
  const part = (column: number, place: number, from: number, to: number): number => {
    let middle = from;
    for (let s = from; s < to; s++) {
      const i = sampled[s]!;
      if (!(values[column + i]! < place)) continue;
      sampled[s] = sampled[middle]!;
      sampled[middle++] = i;
    }
    return middle;
  };

  const choose = (at: number, from: number, to: number, box: readonly number[]): void => {
    paint(box, at);
    if (at >= roots) return;
    const f = longestSide(from, to);
    const column = f * stride;
    take(column, from, to);
    const median = to > from ? select(chosen, (from + to) >> 1, from, to - 1) : 0;
    const along = (median - begins[f]!) * scales[f]!;
    const line = Math.round(along);
    let place = begins[f]! + line / scales[f]!;
    let middle = part(column, place, from, to);
    const least = (to - from) * BALANCE;
    const fits = middle - from >= least && to - middle >= least;
    if (!fits) {
      place = median;
      middle = part(column, place, from, to);
    }
    columns[(at * CUT_BYTES) / 4] = column * bytes;
    places[(at * CUT_BYTES + 8) / bytes] = place;
    // A cut that does not go along the grid leaves the cells that it goes through, to which all belongs that is beyond its ends.
    const [first, end] = [box[2 * f]!, box[2 * f + 1]!];
    const cell = Math.min(Math.max(Math.floor(along), 0), size - 1);
    const within = (line: number) => Math.min(Math.max(line, first), end);
    choose(2 * at, from, middle, withValue(box, 2 * f + 1, within(fits ? line : cell)));
    choose(2 * at + 1, middle, to, withValue(box, 2 * f, within(fits ? line : cell + 1)));
  };
  choose(
    1,
    0,
    count,
    Array.from({ length: 2 * d }, (_, i) => (i % 2) * size),
  );
}

const withValue = (array: readonly number[], at: number, value: number): number[] =>
  array.map((other, i) => (i === at ? value : other));

/** The value that would stand at `nth` if those from `low` to `high` were sorted; they change places (Hoare 1961, FIND). */
function select(values: Float64Array, nth: number, low: number, high: number): number {
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const value = values[i]!;
      values[i++] = values[j]!;
      values[j--] = value;
    }
    // Between them all are the pivot.
    if (nth <= j) high = j;
    else if (nth >= i) low = i;
    else break;
  }
  return values[nth]!;
}
