import { centroidStride, quantisedRowBytes } from './constants';
import { loadFour, loadPair, mergeStripes } from './inline/lanes';

/** Length that a quantised row gets: the product of two such, 0.51 √d each longer at the most, fits i32 up to d 65,536. */
const LENGTH: f64 = 45000;

/** Greatest i16. */
const LARGEST: f64 = 32767;

/** Shorter samples count as zeros: their scale would overflow float32. */
const SHORTEST: f64 = 1e-30;

/**
 * Rounds n samples to i16, each by a scale of its own that makes it as long as dot products in i32 allow.
 *
 * @param x in: n × d, rows `stride` elements apart
 * @param out out: n × (d rounded up to even) × i16, zero behind d
 * @param inverse out: n × f32: what the rounded values are to be multiplied by; 0 for a sample of (nearly) zeros
 * @param sqNorms out: n × T: ‖x‖², added up in float64, even and odd features apart, and rounded once
 * @param lost inout: f32: greatest squared distance of a scaled sample to its rounded values
 */
function quantise<T>(x: usize, n: i32, d: i32, stride: i32, out: usize, inverse: usize, sqNorms: usize, lost: usize): void {
  const width = (d + 1) & ~1;
  let greatestLost = load<f32>(lost);
  for (let i = 0; i < n; i++) {
    const row = x + <usize>i * <usize>stride * sizeof<T>();
    let sums = f64x2.splat(0);
    let most = sums;
    let p = row;
    for (let left = d >> 1; left > 0; left--, p += 2 * sizeof<T>()) {
      const pair = loadPair<T>(p);
      sums = f64x2.add(sums, f64x2.mul(pair, pair));
      most = f64x2.pmax(most, f64x2.abs(pair));
    }
    const last = d & 1 ? <f64>load<T>(p) : 0;
    const sum = f64x2.extract_lane(sums, 0) + last * last + f64x2.extract_lane(sums, 1);
    const greatest = max(max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1)), abs(last));
    store<T>(sqNorms + <usize>i * sizeof<T>(), <T>sum);
    // The greatest scale at which the row keeps to its length and its values to i16; 0 for zeros.
    const scale = sum > SHORTEST * SHORTEST ? min(LENGTH / Math.sqrt(sum), LARGEST / greatest) : 0;
    store<f32>(inverse + (<usize>i << 2), scale > 0 ? <f32>(1 / scale) : 0);
    const target = out + <usize>i * <usize>(width << 1);
    const factor = f32x4.splat(<f32>scale);
    let squares = f32x4.splat(0);
    let f = 0;
    for (; f + 4 <= d; f += 4) {
      const scaled = f32x4.mul(loadFour<T>(row + <usize>f * sizeof<T>()), factor);
      const whole = f32x4.nearest(scaled);
      const difference = f32x4.sub(scaled, whole);
      squares = f32x4.add(squares, f32x4.mul(difference, difference));
      const rounded = i32x4.trunc_sat_f32x4_s(whole);
      v128.store64_lane(target + (<usize>f << 1), i16x8.narrow_i32x4_s(rounded, rounded), 0);
    }
    let rest: f32 = 0;
    for (; f < width; f++) {
      const scaled = f < d ? <f32>load<T>(row + <usize>f * sizeof<T>()) * <f32>scale : 0;
      const whole = nearest<f32>(scaled);
      rest += (scaled - whole) * (scaled - whole);
      store<i16>(target + (<usize>f << 1), <i16>whole);
    }
    greatestLost = max(greatestLost, mergeStripes<f32>(squares, squares) + rest);
  }
  store<f32>(lost, greatestLost);
}

/**
 * Packs centroids, rounded to i16 by one scale, in panels of eight: their indices and their ‖c‖² as f32, then for each pair
 * of features eight pairs of i16. Places without a centroid get ‖c‖² = +Infinity.
 *
 * @param centroids in: k × d, rows centroidStride(d) apart
 * @param order in: places × i32, a multiple of eight: which centroid stands there, −1 for none
 * @param scale in: what a centroid is multiplied by
 * @param packed out: places / 8 × (2 + ⌈d / 2⌉) × 32 bytes
 * @param rows out: for each centroid quantisedRowBytes(d): ‖c‖² as f32, and 16 bytes on its values, zeros behind d that must
 *   have been there
 * @returns greatest squared distance of a centroid to what its rounded values stand for
 */
function packQuantised<T>(centroids: usize, order: usize, places: i32, d: i32, scale: f64, packed: usize, rows: usize): f64 {
  const pairs = (d + 1) >> 1;
  const scales = f64x2.splat(scale);
  let greatest: f64 = 0;
  for (let q = 0; q < places; q++) {
    const j = load<i32>(order + (<usize>q << 2));
    const p = packed + <usize>(q >> 3) * <usize>((2 + pairs) << 5) + (<usize>(q & 7) << 2);
    const c = centroids + <usize>(j * centroidStride(d)) * sizeof<T>();
    const row = rows + <usize>j * quantisedRowBytes(d);
    store<f32>(p, <f32>j);
    if (j < 0) {
      store<f32>(p, Infinity, 32);
      for (let pair = 0; pair < pairs; pair++) store<i32>(p + 64 + <usize>(pair << 5), 0);
      continue;
    }
    let squares = f64x2.splat(0);
    let residuals = squares;
    for (let pair = 0; pair < pairs; pair++) {
      const values = loadPair<T>(c + <usize>(pair << 1) * sizeof<T>());
      const rounded = f64x2.nearest(f64x2.mul(values, scales));
      const integers = i32x4.trunc_sat_f64x2_s_zero(rounded);
      const both = i16x8.narrow_i32x4_s(integers, integers);
      v128.store32_lane(p + 64 + <usize>(pair << 5), both, 0);
      v128.store32_lane(row + <usize>(pair << 2), both, 0, 16);
      const residual = f64x2.sub(values, f64x2.div(rounded, scales));
      squares = f64x2.add(squares, f64x2.mul(values, values));
      residuals = f64x2.add(residuals, f64x2.mul(residual, residual));
    }
    const sqNorm = <f32>(f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1));
    store<f32>(p, sqNorm, 32);
    store<f32>(row, sqNorm);
    greatest = max(greatest, f64x2.extract_lane(residuals, 0) + f64x2.extract_lane(residuals, 1));
  }
  return greatest;
}

export function quantiseF32(x: usize, n: i32, d: i32, stride: i32, out: usize, inverse: usize, sqNorms: usize, lost: usize): void {
  quantise<f32>(x, n, d, stride, out, inverse, sqNorms, lost);
}
export function quantiseF64(x: usize, n: i32, d: i32, stride: i32, out: usize, inverse: usize, sqNorms: usize, lost: usize): void {
  quantise<f64>(x, n, d, stride, out, inverse, sqNorms, lost);
}
export function packQuantisedF32(centroids: usize, order: usize, places: i32, d: i32, scale: f64, packed: usize, rows: usize): f64 {
  return packQuantised<f32>(centroids, order, places, d, scale, packed, rows);
}
export function packQuantisedF64(centroids: usize, order: usize, places: i32, d: i32, scale: f64, packed: usize, rows: usize): f64 {
  return packQuantised<f64>(centroids, order, places, d, scale, packed, rows);
}
