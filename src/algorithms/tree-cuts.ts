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
export function writeCuts(samples: Samples, cuts: number, gridAt: number, levels: number): void {
  const { workspace, precision, stride } = samples;
  const bytes = bytesOf(precision);
  const roots = 2 ** levels;
  const columns = workspace.int32(cuts, (roots * CUT_BYTES) / 4);
  const places = workspace.floats(precision, cuts, (roots * CUT_BYTES) / bytes);
  const some = someOf(samples, roots * SAMPLED);
  const grid = gridOf(samples, some, gridAt, levels);

  const choose = (at: number, from: number, to: number, box: Box): void => {
    grid.paint(box, at);
    if (at >= roots) return;
    const f = some.longestSide(from, to);
    const median = to > from ? some.nth((from + to) >> 1, f, from, to) : 0;
    const along = grid.along(f, median);
    const line = Math.round(along);
    let place = grid.placeOf(f, line);
    let middle = some.part(f, place, from, to);
    const least = (to - from) * BALANCE;
    const fits = middle - from >= least && to - middle >= least;
    if (!fits) {
      place = median;
      middle = some.part(f, place, from, to);
    }
    columns[(at * CUT_BYTES) / 4] = f * stride * bytes;
    places[(at * CUT_BYTES + 8) / bytes] = place;
    // A cut that does not go along the grid leaves the cells that it goes through.
    const cell = Math.min(Math.max(Math.floor(along), 0), grid.size - 1);
    choose(2 * at, from, middle, withEnd(box, f, fits ? line : cell));
    choose(2 * at + 1, middle, to, withStart(box, f, fits ? line : cell + 1));
  };
  choose(1, 0, some.count, grid.box);
}

/** So many of the samples, in an order that changes. */
function someOf({ workspace, precision, x, n, d, stride }: Samples, count: number) {
  const values = workspace.floats(precision, x, d * stride);
  const order = Int32Array.from({ length: count }, (_, s) => Math.floor((s * n) / count));
  const chosen = new Float64Array(count);
  return {
    count,

    /** The value of a feature that would stand at `nth` if those from `from` to `to` − 1 were sorted by it. */
    nth(nth: number, f: number, from: number, to: number): number {
      for (let s = from; s < to; s++) chosen[s] = values[f * stride + order[s]!]!;
      return select(chosen, nth, from, to - 1);
    },

    /** The feature in which they differ most. */
    longestSide(from: number, to: number): number {
      let longest = -1;
      let side = 0;
      for (let f = 0; f < d; f++) {
        let least = Infinity;
        let greatest = -Infinity;
        for (let s = from; s < to; s++) {
          const value = values[f * stride + order[s]!]!;
          if (value < least) least = value;
          if (value > greatest) greatest = value;
        }
        if (!(greatest - least > longest)) continue;
        longest = greatest - least;
        side = f;
      }
      return side;
    },

    /** Brings those below a place to the front; returns where they end. */
    part(f: number, place: number, from: number, to: number): number {
      let middle = from;
      for (let s = from; s < to; s++) {
        const i = order[s]!;
        if (!(values[f * stride + i]! < place)) continue;
        order[s] = order[middle]!;
        order[middle++] = i;
      }
      return middle;
    },
  };
}

/** Of cells: for each feature the first of them, and the first behind them. */
type Box = readonly (readonly [start: number, end: number])[];

const withStart = (box: Box, f: number, start: number): Box =>
  box.map(([from, to], other) => (other === f ? [Math.min(Math.max(from, start), to), to] : [from, to]));

const withEnd = (box: Box, f: number, end: number): Box =>
  box.map(([from, to], other) => (other === f ? [from, Math.max(Math.min(to, end), from)] : [from, to]));

/** Writes the grid between what lies far out, which belongs to its outermost cells. */
function gridOf({ workspace, precision, d }: Samples, some: ReturnType<typeof someOf>, at: number, levels: number) {
  const bytes = bytesOf(precision);
  const bits = gridBits(d, levels);
  const size = 2 ** bits;
  const axes = workspace.floats(precision, at, (d * 16) / bytes);
  const cells = new Uint16Array(axes.buffer, at + d * 16, 2 ** (bits * d));
  const { count } = some;
  const beyond = Math.floor(count * BEYOND);
  const begins: number[] = [];
  const scales: number[] = [];
  for (let f = 0; f < d; f++) {
    const begin = some.nth(beyond, f, 0, count);
    const scale = size / (some.nth(count - 1 - beyond, f, 0, count) - begin);
    begins[f] = begin;
    scales[f] = Number.isFinite(scale) ? scale : 0;
    axes[(f * 16) / bytes] = begin;
    axes[(f * 16 + 8) / bytes] = scales[f]!;
  }
  return {
    size,

    /** All of it. */
    box: Array.from({ length: d }, () => [0, size] as const),

    /** How many cells a value is beyond where the grid begins. */
    along: (f: number, value: number): number => (value - begins[f]!) * scales[f]!,

    /** The value at which a cell begins. */
    placeOf: (f: number, cell: number): number => begins[f]! + cell / scales[f]!,

    /** Puts an index into the cells of a box, from a feature on. */
    paint(box: Box, index: number, f = 0, before = 0): void {
      const [start, end] = box[f]!;
      const row = before * size;
      if (f === d - 1) cells.fill(index, row + start, row + end);
      else for (let cell = start; cell < end; cell++) this.paint(box, index, f + 1, row + cell);
    },
  };
}

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
