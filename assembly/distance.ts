import { centroidStride, columnBytes, rowBytes } from './constants';
import { addSquare, sqDistance } from './inline/distance';

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
  for (let i: usize = 0; i < <usize>n; i++) {
    const c = centroids + <usize>(load<i32>(labels + (i << 2)) * centroidStride(d)) * sizeof<T>();
    store<T>(out + i * sizeof<T>(), sqDistance<T>(x + i * row, column, c, d));
  }
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

/** Σ w · value of n values, one after the other in float64. `weights`: n × f64, or 0 where every sample weighs 1. */
function weightedSum<T>(values: usize, n: i32, weights: usize): f64 {
  let sum: f64 = 0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const value = <f64>load<T>(values + i * sizeof<T>());
    sum += weights ? value * load<f64>(weights + (i << 3)) : value;
  }
  return sum;
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
  return weightedSum<f32>(values, n, weights);
}
export function weightedSumF64(values: usize, n: i32, weights: usize): f64 {
  return weightedSum<f64>(values, n, weights);
}
