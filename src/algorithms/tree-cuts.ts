import { CUT_BYTES } from '../backend/layout.js';
import { bytesOf } from '../backend/shapes.js';
import type { Samples } from '../data/samples.js';

/** Samples of each root among which cuts between roots are chosen. */
const SAMPLED = 16;

/**
 * Chooses cuts for so many roots, a power of two, each through the median of the longest side of some samples, and writes them
 * to an address, those below cut i being 2i and 2i + 1.
 */
export function writeCuts(samples: Samples, cuts: number, roots: number): void {
  const { workspace, precision, x, n, d, stride } = samples;
  const bytes = bytesOf(precision);
  const values = workspace.floats(precision, x, d * stride);
  const columns = workspace.int32(cuts, (roots * CUT_BYTES) / 4);
  const places = workspace.floats(precision, cuts, (roots * CUT_BYTES) / bytes);
  const count = roots * SAMPLED;
  const sampled = Int32Array.from({ length: count }, (_, s) => Math.floor((s * n) / count));
  const chosen = new Float64Array(count);
  const choose = (at: number, from: number, to: number): void => {
    if (at >= roots) return;
    let column = 0;
    let longest = -1;
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
      column = f * stride;
    }
    for (let s = from; s < to; s++) chosen[s] = values[column + sampled[s]!]!;
    const place = to > from ? select(chosen, (from + to) >> 1, from, to - 1) : 0;
    columns[(at * CUT_BYTES) / 4] = column * bytes;
    places[(at * CUT_BYTES + 8) / bytes] = place;
    // Those below it first.
    let middle = from;
    for (let s = from; s < to; s++) {
      const i = sampled[s]!;
      if (!(values[column + i]! < place)) continue;
      sampled[s] = sampled[middle]!;
      sampled[middle++] = i;
    }
    choose(2 * at, from, middle);
    choose(2 * at + 1, middle, to);
  };
  choose(1, 0, count);
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
