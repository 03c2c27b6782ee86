import { columnBytes, rowBytes, sumsEntryBytes } from './constants';
import { moveSample } from './inline/sums';

/**
 * Moves the samples whose label changed from the sums of their old cluster to those of the new one. All sums are exact,
 * so neither order nor slicing nor the mixture of additions and removals leaves a trace: with C and C₂ per feature
 * (1.5 · 2⁵² times a grid), hi = (w·x + C) − C rounds to the coarse grid, lo = ((w·x − hi) + C₂) − C₂ the rest to the
 * fine one, and sums of n such values fit float64 (Demmel & Nguyen 2015, pre-rounding; w·x is rounded once).
 *
 * @param x in: n × d in the layout of d; 16 readable bytes behind the end
 * @param labels in: n × i32, the new labels
 * @param previous inout: n × i32, the old labels, −1 for none; ends equal to labels
 * @param sums inout: entries of sumsEntryBytes(d): the first holds the C and C₂ of the features and of the weights, the
 *   others the high and low sums of the k clusters and their high and low counts
 * @param weights in: n × f64, or 0 where every sample weighs 1
 * @returns how many labels changed
 */
export function accumulate<T>(x: usize, n: i32, d: i32, stride: i32, labels: usize, previous: usize, sums: usize, weights: usize): i32 {
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  let changed = 0;
  for (let i: usize = 0; i < <usize>n; ) {
    // Most labels stay: four at a time are passed over.
    const l = labels + (i << 2);
    const p = previous + (i << 2);
    if (i + 4 <= <usize>n && i32x4.all_true(i32x4.eq(v128.load(l), v128.load(p)))) {
      i += 4;
      continue;
    }
    const to = load<i32>(l);
    if (to != load<i32>(p)) {
      changed++;
      reassign<T>(x + i * row, column, d, to, p, sums, weights && weights + (i << 3));
    }
    i++;
  }
  return changed;
}

/** Moves a sample to the sums of cluster `to` from those that `previous` names, which `to` goes to then. */
@inline
export function reassign<T>(x: usize, column: usize, d: i32, to: i32, previous: usize, sums: usize, weight: usize): void {
  const from = load<i32>(previous);
  store<i32>(previous, to);
  const w = weight ? load<f64>(weight) : 1;
  const entry = <usize>sumsEntryBytes(d);
  const entered = sums + entry * <usize>(to + 1);
  if (from < 0) moveSample<T>(false, x, column, d, w, sums, entered, 0);
  else moveSample<T>(true, x, column, d, w, sums, entered, sums + entry * <usize>(from + 1));
}

export function accumulateF32(x: usize, n: i32, d: i32, stride: i32, labels: usize, previous: usize, sums: usize, weights: usize): i32 {
  return accumulate<f32>(x, n, d, stride, labels, previous, sums, weights);
}
export function accumulateF64(x: usize, n: i32, d: i32, stride: i32, labels: usize, previous: usize, sums: usize, weights: usize): i32 {
  return accumulate<f64>(x, n, d, stride, labels, previous, sums, weights);
}
