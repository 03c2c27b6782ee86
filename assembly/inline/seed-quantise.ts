import { BYTES_MIN_D, columnBytes, rowBytes } from '../constants';
import { CANDIDATES, D, QUANTISED, SCALES, SQ_NORMS, STRIDE, X } from '../seed-plan';
import { calledSqDistance } from './distance';
import { loadFour, mergeStripes, tailMask } from './lanes';

/** Length that rounded samples get at the most: dot products with candidates, up to 45,000 long, stay below 2³⁰. */
const LENGTH: f64 = 23170;

/** Greatest i16 and i8. */
const LARGEST: f64 = 32767;
const LARGEST_BYTE: f64 = 127;

/** 1.5 · 2²³: a float32 that is added to it is rounded to an integer, which the low bits of the sum hold. */
const ROUNDING: f32 = 12582912;

/**
 * Measures the lengths of up to 256 samples and rounds them to i16 or i8, by one scale. SCALES gets its inverse, the greatest length of
 * what rounding takes from a sample, and of a rounded sample. Where samples are so short that squares underflow they count as
 * zeros; where so long that squares overflow in float32 the inverse scale is infinite.
 */
@inline
export function quantiseChunk<T>(plan: usize, from: i32, count: i32): void {
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  const x = load<usize>(plan, X) + <usize>from * row;
  const sqNorms = load<usize>(plan, SQ_NORMS) + <usize>from * sizeof<T>();
  let sqLength: f64 = 0;
  let most = f32x4.splat(0);
  for (let i: usize = 0; i < <usize>count; i++) {
    const sqNorm = calledSqDistance<T>(x + i * row, column, load<usize>(plan, CANDIDATES), d);
    store<T>(sqNorms + i * sizeof<T>(), sqNorm);
    sqLength = max(sqLength, <f64>sqNorm);
    for (let f = 0; f < d; f += 4) most = f32x4.pmax(most, f32x4.abs(fourFrom<T>(x + i * row, f, d)));
  }
  const greatest = <f64>max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  const length = Math.sqrt(sqLength);
  const largest = d < BYTES_MIN_D ? LARGEST : LARGEST_BYTE;
  const scale = sqLength < 1e-30 ? 1 : sqLength < 1e36 ? min(LENGTH / length, largest / greatest) : 0;
  const lost = roundSamples<T>(plan, x, row, from, count, d, <f32>scale);
  const scales = load<usize>(plan, SCALES) + <usize>(from >> 8) * 12;
  store<f32>(scales, <f32>(1 / scale));
  // A little more, for the rounding of what is added up here.
  const residual = 1.01 * Math.sqrt(<f64>lost) + 1e-6 * length;
  store<f32>(scales, <f32>residual, 4);
  store<f32>(scales, <f32>(length + residual), 8);
}

/** Writes the blocks of eight; returns the greatest squared distance of a sample to what its rounded values stand for. */
@inline
function roundSamples<T>(plan: usize, x: usize, row: usize, from: i32, count: i32, d: i32, scale: f32): f32 {
  const pairs = (d + 1) >> 1;
  const inverse = f32x4.splat(1 / scale);
  let greatest: f32 = 0;
  for (let i = 0; i < count; i++) {
    const place = <usize>(((from + i) & ~7) * pairs + (i & 7));
    let to = load<usize>(plan, QUANTISED) + (d < BYTES_MIN_D ? place << 2 : place << 1);
    let squares = f32x4.splat(0);
    for (let f = 0; f < d; f += 4) {
      const values = fourFrom<T>(x + <usize>i * row, f, d);
      const sum = f32x4.add(f32x4.mul(values, f32x4.splat(scale)), f32x4.splat(ROUNDING));
      const rounded = f32x4.sub(sum, f32x4.splat(ROUNDING));
      const lost = f32x4.sub(values, f32x4.mul(rounded, inverse));
      squares = f32x4.add(squares, f32x4.mul(lost, lost));
      if (d < BYTES_MIN_D) {
        const words = i16x8.shuffle(sum, sum, 0, 2, 4, 6, 0, 2, 4, 6);
        v128.store32_lane(to, words, 0);
        if (f + 2 < d) v128.store32_lane(to, words, 1, 32);
        to += 64;
      } else {
        const bytes = i8x16.shuffle(sum, sum, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
        v128.store16_lane(to, bytes, 0);
        if (f + 2 < d) v128.store16_lane(to, bytes, 1, 16);
        to += 32;
      }
    }
    greatest = max(greatest, mergeStripes<f32>(squares, squares));
  }
  return greatest;
}

/** Features f … f + 3 of a row as float32, zeros behind d. */
function fourFrom<T>(row: usize, f: i32, d: i32): v128 {
  const values = loadFour<T>(row + <usize>f * sizeof<T>());
  return d - f < 4 ? v128.and(values, tailMask<f32>(d - f, 0)) : values;
}
