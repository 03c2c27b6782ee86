import { columnBytes, rowBytes } from './constants';
import { addSquare, sqDistance } from './inline/distance';

/**
 * Lowers the squared distance of n samples to their nearest seed by a new seed.
 *
 * @param x in: n × d in the layout of d; 16 readable bytes behind the end
 * @param centroid in: d, zeros up to the next whole vector
 * @param closest inout: n × T, squared distances, +Infinity before the first seed
 * @param weights in: n × f64, or 0 where every sample weighs 1
 * @returns Σ w · closest, one after the other in float64
 */
function updateClosest<T>(x: usize, n: i32, d: i32, stride: i32, centroid: usize, closest: usize, weights: usize): f64 {
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  let sum: f64 = 0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const cell = closest + i * sizeof<T>();
    const least = min(load<T>(cell), sqDistance<T>(x + i * row, column, centroid, d));
    store<T>(cell, least);
    sum += weights ? <f64>least * load<f64>(weights + (i << 3)) : <f64>least;
  }
  return sum;
}

/**
 * Adds to the potential Σ w · min(closest, squared distance) of every candidate of a panel that of n samples. The
 * distances add up (x − c)² feature by feature; the sums run one sample after the other in float64.
 *
 * @param x in: n × d in the layout of d
 * @param panel in: d × width, see packDirect
 * @param closest in: n × T
 * @param weights in: n × f64, or 0 where every sample weighs 1
 * @param potentials inout: width × f64
 */
function candidatePotentials<T>(
  x: usize,
  n: i32,
  d: i32,
  stride: i32,
  panel: usize,
  closest: usize,
  weights: usize,
  potentials: usize,
): void {
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  let sum0 = v128.load(potentials);
  let sum1 = v128.load(potentials, 16);
  let sum2 = sizeof<T>() == 4 ? v128.load(potentials, 32) : sum0;
  let sum3 = sizeof<T>() == 4 ? v128.load(potentials, 48) : sum0;
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
    const own = v128.load_splat<T>(closest + i * sizeof<T>());
    a = v128.pmin<T>(own, a);
    b = v128.pmin<T>(own, b);
    const w = weights ? v128.load64_splat(weights + (i << 3)) : f64x2.splat(1);
    if (sizeof<T>() == 4) {
      sum0 = f64x2.add(sum0, f64x2.mul(w, f64x2.promote_low_f32x4(a)));
      sum1 = f64x2.add(sum1, f64x2.mul(w, f64x2.promote_low_f32x4(v128.shuffle<u64>(a, a, 1, 1))));
      sum2 = f64x2.add(sum2, f64x2.mul(w, f64x2.promote_low_f32x4(b)));
      sum3 = f64x2.add(sum3, f64x2.mul(w, f64x2.promote_low_f32x4(v128.shuffle<u64>(b, b, 1, 1))));
    } else {
      sum0 = f64x2.add(sum0, f64x2.mul(w, a));
      sum1 = f64x2.add(sum1, f64x2.mul(w, b));
    }
  }
  v128.store(potentials, sum0);
  v128.store(potentials, sum1, 16);
  if (sizeof<T>() == 4) {
    v128.store(potentials, sum2, 32);
    v128.store(potentials, sum3, 48);
  }
}

export function updateClosestF32(
  x: usize,
  n: i32,
  d: i32,
  stride: i32,
  centroid: usize,
  closest: usize,
  weights: usize,
): f64 {
  return updateClosest<f32>(x, n, d, stride, centroid, closest, weights);
}
export function updateClosestF64(
  x: usize,
  n: i32,
  d: i32,
  stride: i32,
  centroid: usize,
  closest: usize,
  weights: usize,
): f64 {
  return updateClosest<f64>(x, n, d, stride, centroid, closest, weights);
}
export function candidatePotentialsF32(
  x: usize,
  n: i32,
  d: i32,
  stride: i32,
  panel: usize,
  closest: usize,
  weights: usize,
  potentials: usize,
): void {
  candidatePotentials<f32>(x, n, d, stride, panel, closest, weights, potentials);
}
export function candidatePotentialsF64(
  x: usize,
  n: i32,
  d: i32,
  stride: i32,
  panel: usize,
  closest: usize,
  weights: usize,
  potentials: usize,
): void {
  candidatePotentials<f64>(x, n, d, stride, panel, closest, weights, potentials);
}
