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
    for (let f: usize = 0; f < <usize>d; f++) {
      let mean = load<T>(old + offset + f * sizeof<T>());
      if (count > 0) mean = <T>quotient(load<f64>(entry + (f << 3)), load<f64>(entry + low + (f << 3)), count);
      store<T>(centroids + offset + f * sizeof<T>(), mean);
    }
    store<f64>(counts + (<usize>j << 3), count);
  }
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

/** (high + low) / count: a quotient of the rounded sum, then one more for what it left (Dekker 1971). */
@inline
function quotient(high: f64, low: f64, count: f64): f64 {
  const sum = high + low;
  const lowPart = sum - high;
  const lost = high - (sum - lowPart) + (low - lowPart);
  const q = sum / count;
  const product = q * count;
  const qHigh = upperHalf(q);
  const qLow = q - qHigh;
  const countHigh = upperHalf(count);
  const countLow = count - countHigh;
  const error = qHigh * countHigh - product + qHigh * countLow + qLow * countHigh + qLow * countLow;
  return q + (sum - product - error + lost) / count;
}

/** The upper 26 bits of a float64 (Veltkamp's splitting). */
@inline
function upperHalf(value: f64): f64 {
  const scaled = value * 134217729;
  return scaled - (scaled - value);
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
