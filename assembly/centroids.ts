import { centroidStride, sumsEntryBytes, sumsWidth } from './constants';

/**
 * Means of the clusters from the sums of their samples. The quotient (high + low) / count is that of a double-double sum,
 * so that the mean of equal samples is that sample. A cluster without weight keeps its centroid.
 *
 * @param sums in: a header entry and k entries, see accumulate
 * @param old in: k × d, rows centroidStride(d) apart
 * @param centroids out: k × d, rows centroidStride(d) apart
 * @param counts out: k × f64
 */
export function moveCentroids<T>(sums: usize, k: i32, d: i32, old: usize, centroids: usize, counts: usize): void {
  const low = <usize>sumsWidth(d) << 3;
  for (let j = 0; j < k; j++) {
    const entry = sums + <usize>(j + 1) * sumsEntryBytes(d);
    const offset = <usize>(j * centroidStride(d)) * sizeof<T>();
    const count = load<f64>(entry + 2 * low) + load<f64>(entry + 2 * low, 8);
    if (count > 0) writeMean<T>(centroids + offset, entry, low, d, f64x2.splat(count));
    else memory.copy(centroids + offset, old + offset, <usize>d * sizeof<T>());
    store<f64>(counts + (<usize>j << 3), count);
  }
}

/** A mean, two values at a time: behind an odd number of sums anything may stand. */
@inline
function writeMean<T>(to: usize, sums: usize, low: usize, d: i32, count: v128): void {
  for (let f: usize = 0; f < <usize>d; f += 2) {
    const at = sums + (f << 3);
    const mean = quotient(v128.load(at), v128.load(at + low), count);
    if (sizeof<T>() == 8) v128.store(to + (f << 3), mean);
    else v128.store64_lane(to + (f << 2), f32x4.demote_f64x2_zero(mean), 0);
  }
  if (d & 1) store<T>(to + <usize>d * sizeof<T>(), 0);
}

/**
 * How far each centroid moved: Σ (after − before)², in float64, feature by feature.
 *
 * @param before in: k × d, rows centroidStride(d) apart
 * @param after in: k × d, rows centroidStride(d) apart
 * @param out out: k × f64
 */
export function sqShifts<T>(before: usize, after: usize, k: i32, d: i32, out: usize): void {
  for (let j = 0; j < k; j++) {
    const offset = <usize>(j * centroidStride(d)) * sizeof<T>();
    let sum: f64 = 0;
    for (let f: usize = 0; f < <usize>d; f++) {
      const shift = <f64>load<T>(after + offset + f * sizeof<T>()) - <f64>load<T>(before + offset + f * sizeof<T>());
      sum += shift * shift;
    }
    store<f64>(out + (<usize>j << 3), sum);
  }
}

/** (high + low) / count: quotients of the rounded sums, then one more of what they left (Dekker 1971). */
@inline
function quotient(high: v128, low: v128, count: v128): v128 {
  const sum = f64x2.add(high, low);
  const lowPart = f64x2.sub(sum, high);
  const lost = f64x2.add(f64x2.sub(high, f64x2.sub(sum, lowPart)), f64x2.sub(low, lowPart));
  const q = f64x2.div(sum, count);
  const product = f64x2.mul(q, count);
  const qHigh = upperHalf(q);
  const qLow = f64x2.sub(q, qHigh);
  const countHigh = upperHalf(count);
  const countLow = f64x2.sub(count, countHigh);
  const halves = f64x2.add(f64x2.sub(f64x2.mul(qHigh, countHigh), product), f64x2.mul(qHigh, countLow));
  const error = f64x2.add(f64x2.add(halves, f64x2.mul(qLow, countHigh)), f64x2.mul(qLow, countLow));
  const left = f64x2.add(f64x2.sub(f64x2.sub(sum, product), error), lost);
  return f64x2.add(q, f64x2.div(left, count));
}

/** The upper 26 bits of each float64 (Veltkamp's splitting). */
@inline
function upperHalf(values: v128): v128 {
  const scaled = f64x2.mul(values, f64x2.splat(134217729));
  return f64x2.sub(scaled, f64x2.sub(scaled, values));
}

export function moveCentroidsF32(sums: usize, k: i32, d: i32, old: usize, centroids: usize, counts: usize): void {
  moveCentroids<f32>(sums, k, d, old, centroids, counts);
}
export function moveCentroidsF64(sums: usize, k: i32, d: i32, old: usize, centroids: usize, counts: usize): void {
  moveCentroids<f64>(sums, k, d, old, centroids, counts);
}
export function sqShiftsF32(before: usize, after: usize, k: i32, d: i32, out: usize): void {
  sqShifts<f32>(before, after, k, d, out);
}
export function sqShiftsF64(before: usize, after: usize, k: i32, d: i32, out: usize): void {
  sqShifts<f64>(before, after, k, d, out);
}
