import { centroidStride, COLUMNS_MAX_D, columnBytes, rowBytes } from './constants';
import { addSquare, sqDistance } from './inline/distance';
import { weightedStripes } from './inline/lanes';

/**
 * Squared distance of each of n samples to the centroid that its label names, rounded to T at every operation.
 *
 * @param x in: n × d in the layout of d; 16 readable bytes behind the end
 * @param centroids in: k × d, rows centroidStride(d) apart, zeros behind d
 * @param labels in: n × i32
 * @param out out: n
 */
function sqDistances<T>(x: usize, n: i32, d: i32, stride: i32, centroids: usize, labels: usize, out: usize): void {
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  let i: usize = 0;
  if (d <= COLUMNS_MAX_D) {
    const lanes: usize = 16 / sizeof<T>();
    for (; i + lanes <= <usize>n; i += lanes)
      v128.store(out + i * sizeof<T>(), columnDistances<T>(x + i * row, column, d, centroids, labels + (i << 2)));
  }
  for (; i < <usize>n; i++) {
    const c = centroids + <usize>(load<i32>(labels + (i << 2)) * centroidStride(d)) * sizeof<T>();
    store<T>(out + i * sizeof<T>(), sqDistance<T>(x + i * row, column, c, d));
  }
}

/** The same for a vector of samples in columns. A row of centroids is four values long. */
@inline
function columnDistances<T>(x: usize, column: usize, d: i32, centroids: usize, labels: usize): v128 {
  const c0 = centroids + <usize>load<i32>(labels) * 4 * sizeof<T>();
  const c1 = centroids + <usize>load<i32>(labels, 4) * 4 * sizeof<T>();
  // There are no more than two samples of float64.
  const c2 = sizeof<T>() == 4 ? centroids + <usize>load<i32>(labels, 8) * 16 : 0;
  const c3 = sizeof<T>() == 4 ? centroids + <usize>load<i32>(labels, 12) * 16 : 0;
  let sum = square<T>(x, even<T>(c0, c1, c2, c3, 0));
  if (d > 2) sum = v128.add<T>(sum, square<T>(x + 2 * column, even<T>(c0, c1, c2, c3, 2)));
  if (d == 1) return sum;
  let odds = square<T>(x + column, odd<T>(c0, c1, c2, c3, 0));
  if (d > 3) odds = v128.add<T>(odds, square<T>(x + 3 * column, odd<T>(c0, c1, c2, c3, 2)));
  return v128.add<T>(sum, odds);
}

@inline
function square<T>(x: usize, c: v128): v128 {
  const difference = v128.sub<T>(v128.load(x), c);
  return v128.mul<T>(difference, difference);
}

/** Of two features from `f` on, the first of four (two) centroids … */
@inline
function even<T>(c0: usize, c1: usize, c2: usize, c3: usize, f: usize): v128 {
  if (sizeof<T>() == 8) return v128.shuffle<u64>(v128.load(c0 + (f << 3)), v128.load(c1 + (f << 3)), 0, 2);
  return v128.shuffle<u32>(pairs(c0, c1, f), pairs(c2, c3, f), 0, 2, 4, 6);
}

/** … and the second. */
@inline
function odd<T>(c0: usize, c1: usize, c2: usize, c3: usize, f: usize): v128 {
  if (sizeof<T>() == 8) return v128.shuffle<u64>(v128.load(c0 + (f << 3)), v128.load(c1 + (f << 3)), 1, 3);
  return v128.shuffle<u32>(pairs(c0, c1, f), pairs(c2, c3, f), 1, 3, 5, 7);
}

/** Two features of two centroids. */
@inline
function pairs(c0: usize, c1: usize, f: usize): v128 {
  return v128.load64_lane(c1 + (f << 2), v128.load64_zero(c0 + (f << 2)), 1);
}

/**
 * Squared distances of n samples to all centroids of one panel, added up from (x − c)² feature by feature.
 *
 * @param x in: n × d in the layout of d
 * @param panel in: d × width, see packDirect
 * @param out out: n rows of width values, `outStride` elements apart
 */
export function panelDistances<T>(x: usize, n: i32, d: i32, stride: i32, panel: usize, out: usize, outStride: i32): void {
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  for (let i: usize = 0; i < <usize>n; i++) {
    let p = panel;
    let q = x + i * row;
    let a = v128.splat<T>(0);
    let b = a;
    for (let f = 0; f < d; f++) {
      const value = v128.load_splat<T>(q);
      a = addSquare<T>(a, value, v128.load(p));
      b = addSquare<T>(b, value, v128.load(p, 16));
      p += 32;
      q += column;
    }
    const target = out + i * <usize>outStride * sizeof<T>();
    v128.store(target, a);
    v128.store(target, b, 16);
  }
}

export function sqDistancesF32(
  x: usize,
  n: i32,
  d: i32,
  stride: i32,
  centroids: usize,
  labels: usize,
  out: usize,
): void {
  sqDistances<f32>(x, n, d, stride, centroids, labels, out);
}
export function sqDistancesF64(
  x: usize,
  n: i32,
  d: i32,
  stride: i32,
  centroids: usize,
  labels: usize,
  out: usize,
): void {
  sqDistances<f64>(x, n, d, stride, centroids, labels, out);
}
export function panelDistancesF32(
  x: usize,
  n: i32,
  d: i32,
  stride: i32,
  panel: usize,
  out: usize,
  outStride: i32,
): void {
  panelDistances<f32>(x, n, d, stride, panel, out, outStride);
}
export function panelDistancesF64(
  x: usize,
  n: i32,
  d: i32,
  stride: i32,
  panel: usize,
  out: usize,
  outStride: i32,
): void {
  panelDistances<f64>(x, n, d, stride, panel, out, outStride);
}
export function weightedSumF32(values: usize, n: i32, weights: usize): f64 {
  return weightedStripes<f32>(values, n, weights);
}
export function weightedSumF64(values: usize, n: i32, weights: usize): f64 {
  return weightedStripes<f64>(values, n, weights);
}
