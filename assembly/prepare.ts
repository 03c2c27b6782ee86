import { COLUMNS_MAX_D, columnBytes, rowBytes } from './constants';
import { loadPair, mergeStripes, minAcross, tailMask, weightedStripes } from './inline/lanes';

/** Rows of which a column is read before the next one: their cache lines are still near then. */
const BLOCK: i32 = 64;

/**
 * Sorts n samples that lie row by row, without gaps, into columns.
 *
 * @param rows in: n × d
 * @param columns out: d columns, `stride` elements apart
 */
function toColumns<T>(rows: usize, n: i32, d: i32, columns: usize, stride: i32): void {
  const row = <usize>d * sizeof<T>();
  for (let f: usize = 0; f < <usize>d; f++) {
    let source = rows + f * sizeof<T>();
    let target = columns + f * <usize>stride * sizeof<T>();
    const end = target + <usize>n * sizeof<T>();
    for (; target < end; target += sizeof<T>(), source += row) store<T>(target, load<T>(source));
  }
}

/**
 * Copies samples that an index names, one behind the other.
 *
 * @param x in: samples in the layout of d
 * @param indices in: n × i32
 * @param target out: n × d in the layout of d
 * @param targetStride elements from column to column or from row to row of the target
 */
function gather<T>(x: usize, d: i32, stride: i32, indices: usize, n: i32, target: usize, targetStride: i32): void {
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  const targetRow = rowBytes<T>(d, targetStride);
  const targetColumn = columnBytes<T>(d, targetStride);
  const vectors: usize = d <= COLUMNS_MAX_D ? 0 : (<usize>d * sizeof<T>()) & ~15;
  for (let i = 0; i < n; i++) {
    const from = x + <usize>load<u32>(indices + (<usize>i << 2)) * row;
    for (let b: usize = 0; b < vectors; b += 16) v128.store(target + b, v128.load(from + b));
    for (let f = vectors / sizeof<T>(); f < <usize>d; f++) store<T>(target + f * targetColumn, load<T>(from + f * column));
    target += targetRow;
  }
}

/**
 * Adds to the sums of the features those of n samples, in float64, in four stripes i mod 4 that are merged as
 * (s₀ + s₂) + (s₁ + s₃), where samples lie in rows after every block of 64. Not finite where a sample is not.
 *
 * @param x in: n × d in the layout of d; 24 readable bytes behind the end
 * @param sums inout: d × f64
 */
function addFeatureSums<T>(x: usize, n: i32, d: i32, stride: i32, sums: usize): void {
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  if (d <= COLUMNS_MAX_D) {
    for (let f: usize = 0; f < <usize>d; f++)
      store<f64>(sums + (f << 3), load<f64>(sums + (f << 3)) + weightedStripes<T>(x + f * column, n, 0));
    return;
  }
  for (let i = 0; i < n; i += BLOCK) {
    const first = x + <usize>i * row;
    for (let f = 0; f < d; f += 2) {
      const pair = <usize>min(f, d - 2);
      addPairSums<T>(first + pair * column, min(BLOCK, n - i), row, sums + (pair << 3), freshLanes(f, d));
    }
  }
}

/** Of an odd number of features the last goes with the one before, which then is not counted again: the lanes that are. */
@inline
function freshLanes(f: i32, d: i32): v128 {
  return f64x2.replace_lane(f64x2.splat(reinterpret<f64>(<i64>-1)), 0, reinterpret<f64>(-<i64>(f < d - 1)));
}

/** Two neighbouring features at once. */
@inline
function addPairSums<T>(x: usize, n: i32, row: usize, sums: usize, lanes: v128): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let p = x;
  let i = n;
  for (; i >= 4; i -= 4) {
    s0 = f64x2.add(s0, loadPair<T>(p));
    s1 = f64x2.add(s1, loadPair<T>(p + row));
    s2 = f64x2.add(s2, loadPair<T>(p + 2 * row));
    s3 = f64x2.add(s3, loadPair<T>(p + 3 * row));
    p += 4 * row;
  }
  if (i > 0) s0 = f64x2.add(s0, loadPair<T>(p));
  if (i > 1) s1 = f64x2.add(s1, loadPair<T>(p + row));
  if (i > 2) s2 = f64x2.add(s2, loadPair<T>(p + 2 * row));
  const sum = f64x2.add(f64x2.add(s0, s2), f64x2.add(s1, s3));
  v128.store(sums, f64x2.add(v128.load(sums), v128.and(sum, lanes)));
}

/**
 * Adds to the spread of the features that of n samples: Σ (x − mean)² in stripes as above, least and greatest value.
 *
 * @param x in: n × d in the layout of d; 24 readable bytes behind the end
 * @param means in: d × f64
 * @param spread inout: 3 × d × f64: sums of squares, least, greatest
 */
function addFeatureSpread<T>(x: usize, n: i32, d: i32, stride: i32, means: usize, spread: usize): void {
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  const next = <usize>d << 3;
  if (d <= COLUMNS_MAX_D) {
    for (let f: usize = 0; f < <usize>d; f++) addColumnSpread<T>(x + f * column, n, load<f64>(means + (f << 3)), spread + (f << 3), next);
    return;
  }
  for (let i = 0; i < n; i += BLOCK) {
    const first = x + <usize>i * row;
    const rows = min(BLOCK, n - i);
    let f = 0;
    if (sizeof<T>() == 4) for (; f + 4 <= d; f += 4) addFourSpreads(first + (<usize>f << 2), rows, row, means + (<usize>f << 3), spread + (<usize>f << 3), next);
    for (; f < d; f += 2) {
      const pair = <usize>min(f, d - 2);
      const mean = v128.load(means + (pair << 3));
      addPairSpread<T>(first + pair * column, rows, row, mean, spread + (pair << 3), next, freshLanes(f, d));
    }
  }
}

/** One feature of samples in columns: four at a time, so that a lane is a stripe. */
@inline
function addColumnSpread<T>(x: usize, n: i32, mean: f64, cell: usize, next: usize): void {
  const middle = f64x2.splat(mean);
  let least = v128.splat<T>(<T>Infinity);
  let greatest = v128.splat<T>(-<T>Infinity);
  let low = f64x2.splat(0);
  let high = low;
  let p = x;
  for (let left = n; left > 0; left -= 4, p += 4 * sizeof<T>()) {
    let a = f64x2.sub(loadPair<T>(p), middle);
    let b = f64x2.sub(loadPair<T>(p + 2 * sizeof<T>()), middle);
    let x0 = v128.load(p);
    let x1 = sizeof<T>() == 8 ? v128.load(p, 16) : x0;
    if (left < 4) {
      // What lies behind the end is 0 away from the mean, and the first of these once more.
      a = v128.and(a, tailMask<f64>(left, 0));
      b = v128.and(b, tailMask<f64>(left, 1));
      x0 = v128.bitselect(x0, v128.load_splat<T>(p), tailMask<T>(left, 0));
      x1 = v128.bitselect(x1, v128.load_splat<T>(p), tailMask<T>(left, sizeof<T>() == 8 ? 1 : 0));
    }
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
    least = v128.pmin<T>(least, v128.pmin<T>(x0, x1));
    greatest = v128.pmax<T>(greatest, v128.pmax<T>(x0, x1));
  }
  store<f64>(cell, load<f64>(cell) + mergeStripes<f64>(low, high));
  const below = <f64>v128.extract_lane<T>(minAcross<T>(least), 0);
  const above = -<f64>v128.extract_lane<T>(minAcross<T>(v128.neg<T>(greatest)), 0);
  store<f64>(cell + next, min(load<f64>(cell + next), below));
  store<f64>(cell + 2 * next, max(load<f64>(cell + 2 * next), above));
}

/** Four neighbouring features of float32 at once. */
function addFourSpreads(x: usize, n: i32, row: usize, means: usize, cell: usize, next: usize): void {
  const low = v128.load(means);
  const high = v128.load(means, 16);
  let least = f32x4.splat(Infinity);
  let greatest = f32x4.splat(-Infinity);
  let a0 = f64x2.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  let p = x;
  let value: v128;
  for (let left = n; left > 0; left -= 4, p += 4 * row) {
    value = v128.load(p);
    a0 = f64x2.add(a0, squareFrom(low, value));
    b0 = f64x2.add(b0, squareFrom(high, v128.shuffle<u64>(value, value, 1, 0)));
    least = f32x4.pmin(least, value);
    greatest = f32x4.pmax(greatest, value);
    if (left == 1) break;
    value = v128.load(p + row);
    a1 = f64x2.add(a1, squareFrom(low, value));
    b1 = f64x2.add(b1, squareFrom(high, v128.shuffle<u64>(value, value, 1, 0)));
    least = f32x4.pmin(least, value);
    greatest = f32x4.pmax(greatest, value);
    if (left == 2) break;
    value = v128.load(p + 2 * row);
    a2 = f64x2.add(a2, squareFrom(low, value));
    b2 = f64x2.add(b2, squareFrom(high, v128.shuffle<u64>(value, value, 1, 0)));
    least = f32x4.pmin(least, value);
    greatest = f32x4.pmax(greatest, value);
    if (left == 3) break;
    value = v128.load(p + 3 * row);
    a3 = f64x2.add(a3, squareFrom(low, value));
    b3 = f64x2.add(b3, squareFrom(high, v128.shuffle<u64>(value, value, 1, 0)));
    least = f32x4.pmin(least, value);
    greatest = f32x4.pmax(greatest, value);
  }
  keepSpread(cell, next, f64x2.add(f64x2.add(a0, a2), f64x2.add(a1, a3)), least, greatest);
  const above = v128.shuffle<u64>(greatest, greatest, 1, 0);
  keepSpread(cell + 16, next, f64x2.add(f64x2.add(b0, b2), f64x2.add(b1, b3)), v128.shuffle<u64>(least, least, 1, 0), above);
}

/** Squares of the differences of two values of float32 to two means. */
@inline
function squareFrom(means: v128, values: v128): v128 {
  const difference = f64x2.sub(f64x2.promote_low_f32x4(values), means);
  return f64x2.mul(difference, difference);
}

/** Merges squares, least and greatest values (float32) of two features. */
@inline
function keepSpread(cell: usize, next: usize, squares: v128, least: v128, greatest: v128): void {
  v128.store(cell, f64x2.add(v128.load(cell), squares));
  v128.store(cell + next, f64x2.pmin(v128.load(cell + next), f64x2.promote_low_f32x4(least)));
  v128.store(cell + 2 * next, f64x2.pmax(v128.load(cell + 2 * next), f64x2.promote_low_f32x4(greatest)));
}

/** Two neighbouring features at once. */
@inline
function addPairSpread<T>(x: usize, n: i32, row: usize, mean: v128, cell: usize, next: usize, lanes: v128): void {
  let least = v128.load(cell + next);
  let greatest = v128.load(cell + 2 * next);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let p = x;
  for (let i = 0; i < n; i++, p += row) {
    const value = loadPair<T>(p);
    const difference = f64x2.sub(value, mean);
    // The stripe of this sample comes first; the four take turns.
    const sum = f64x2.add(s0, f64x2.mul(difference, difference));
    s0 = s1;
    s1 = s2;
    s2 = s3;
    s3 = sum;
    least = f64x2.pmin(least, value);
    greatest = f64x2.pmax(greatest, value);
  }
  // Turned by n, the stripes are {s₀, s₂} and {s₁, s₃} or the other way round; both sums commute.
  const sum = f64x2.add(f64x2.add(s0, s2), f64x2.add(s1, s3));
  v128.store(cell, f64x2.add(v128.load(cell), v128.and(sum, lanes)));
  v128.store(cell + next, least);
  v128.store(cell + 2 * next, greatest);
}

/**
 * Scales n samples to length 1; the norm is taken in float64, feature by feature. Samples of length 0 stay as they are.
 *
 * @param x inout: n × d in the layout of d
 */
function normalise<T>(x: usize, n: i32, d: i32, stride: i32): void {
  const column = columnBytes<T>(d, stride);
  for (let i: usize = 0; i < <usize>n; i++) {
    let p = x + i * rowBytes<T>(d, stride);
    // Where squares underflow, all values are scaled by a power of two first.
    let factor: f64 = 1;
    let sum = sumOfSquares<T>(p, column, d, factor);
    if (sum < 1.499696813895631e-241) {
      factor = 1.3407807929942597e154;
      sum = sumOfSquares<T>(p, column, d, factor);
    }
    if (sum == 0) continue;
    const norm = Math.sqrt(sum);
    for (let f = 0; f < d; f++, p += column) store<T>(p, <T>((<f64>load<T>(p) * factor) / norm));
  }
}

/** Σ (factor · x)², feature by feature. */
@inline
function sumOfSquares<T>(x: usize, column: usize, d: i32, factor: f64): f64 {
  let sum: f64 = 0;
  for (let f: usize = 0; f < <usize>d; f++) {
    const value = <f64>load<T>(x + f * column) * factor;
    sum += value * value;
  }
  return sum;
}

export function gatherF32(x: usize, d: i32, stride: i32, indices: usize, n: i32, target: usize, targetStride: i32): void {
  gather<f32>(x, d, stride, indices, n, target, targetStride);
}
export function gatherF64(x: usize, d: i32, stride: i32, indices: usize, n: i32, target: usize, targetStride: i32): void {
  gather<f64>(x, d, stride, indices, n, target, targetStride);
}

export function toColumnsF32(rows: usize, n: i32, d: i32, columns: usize, stride: i32): void {
  toColumns<f32>(rows, n, d, columns, stride);
}
export function toColumnsF64(rows: usize, n: i32, d: i32, columns: usize, stride: i32): void {
  toColumns<f64>(rows, n, d, columns, stride);
}
export function addFeatureSumsF32(x: usize, n: i32, d: i32, stride: i32, sums: usize): void {
  addFeatureSums<f32>(x, n, d, stride, sums);
}
export function addFeatureSumsF64(x: usize, n: i32, d: i32, stride: i32, sums: usize): void {
  addFeatureSums<f64>(x, n, d, stride, sums);
}
export function addFeatureSpreadF32(x: usize, n: i32, d: i32, stride: i32, means: usize, spread: usize): void {
  addFeatureSpread<f32>(x, n, d, stride, means, spread);
}
export function addFeatureSpreadF64(x: usize, n: i32, d: i32, stride: i32, means: usize, spread: usize): void {
  addFeatureSpread<f64>(x, n, d, stride, means, spread);
}
export function normaliseF32(x: usize, n: i32, d: i32, stride: i32): void {
  normalise<f32>(x, n, d, stride);
}
export function normaliseF64(x: usize, n: i32, d: i32, stride: i32): void {
  normalise<f64>(x, n, d, stride);
}
