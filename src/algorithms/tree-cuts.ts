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
  const sorted = new Float64Array(count);
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
    for (let s = from; s < to; s++) sorted[s] = values[column + sampled[s]!]!;
    const place = sorted.subarray(from, to).sort()[(to - from) >> 1] ?? 0;
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
