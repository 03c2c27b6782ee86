import { candidateBytes, candidatePanelBytes, centroidStride, columnBytes, ESTIMATE_BYTES, rowBytes, WIDENED_MIN_D } from './constants';
import { D, QUANTISED, SCALES, SQ_NORMS, STRIDE, X, ZEROS } from './estimates-plan';
import { calledSqDistance } from './inline/distance';
import { greatestOf, loadFour, mergeStripes, tailMask } from './inline/lanes';
import { sampleOffset } from './inline/dots';

/** Length that rounded samples and candidates get at the most: dot products stay below 2³⁰, of bytes anyway. */
const LENGTH: f64 = ESTIMATE_BYTES == 1 ? Infinity : 23170;
const CANDIDATE_LENGTH: f64 = ESTIMATE_BYTES == 1 ? Infinity : 45000;

/** Greatest value of a rounded sample, of one of bytes, and of a candidate. */
const LARGEST: f64 = 32767;
const LARGEST_OF_BYTE: f64 = 127;
const LARGEST_OF_CANDIDATE: f64 = ESTIMATE_BYTES == 1 ? 127 : 32767;

/** 1.5 · 2²³: a float32 that is added to it is rounded to an integer, which the low bits of the sum hold. */
const ROUNDING: f32 = 12582912;

/**
 * Measures the lengths of up to 256 samples and rounds them to i16 or i8, by one scale. SCALES gets its inverse, the greatest length of
 * what rounding takes from a sample, and of a rounded sample. Where samples are so short that squares underflow they count as
 * zeros; where so long that squares overflow in float32 the inverse scale is infinite.
 */
function quantiseChunk<T>(plan: usize, from: i32, count: i32): void {
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  const x = load<usize>(plan, X) + <usize>from * row;
  const sqNorms = load<usize>(plan, SQ_NORMS) + <usize>from * sizeof<T>();
  let sqLength: f64 = 0;
  let most = f32x4.splat(0);
  for (let i: usize = 0; i < <usize>count; i++) {
    const sqNorm = calledSqDistance<T>(x + i * row, column, load<usize>(plan, ZEROS), d);
    store<T>(sqNorms + i * sizeof<T>(), sqNorm);
    sqLength = max(sqLength, <f64>sqNorm);
    for (let f = 0; f < d; f += 4) most = f32x4.pmax(most, f32x4.abs(fourFrom<T>(x + i * row, f, d)));
  }
  const greatest = <f64>greatestOf(most);
  const length = Math.sqrt(sqLength);
  const offset = sampleOffset();
  // With an offset of 64 there are seven bits.
  const largest = ESTIMATE_BYTES == 2 && d < WIDENED_MIN_D ? LARGEST : offset == 64 ? 63 : LARGEST_OF_BYTE;
  const scale = sqLength < 1e-30 ? 1 : sqLength < 1e36 ? min(LENGTH / length, largest / greatest) : 0;
  const lost = roundSamples<T>(plan, x, row, from, count, d, <f32>scale, offset);
  const scales = load<usize>(plan, SCALES) + <usize>(from >> 8) * 12;
  store<f32>(scales, <f32>(1 / scale));
  // A little more, for the rounding of what is added up here.
  const residual = 1.01 * Math.sqrt(<f64>lost) + 1e-6 * length;
  store<f32>(scales, <f32>residual, 4);
  store<f32>(scales, <f32>(length + residual), 8);
}

/** Writes the blocks of eight; returns the greatest squared distance of a sample to what its rounded values stand for. */
@inline
function roundSamples<T>(plan: usize, x: usize, row: usize, from: i32, count: i32, d: i32, scale: f32, offset: i32): f32 {
  const words = candidateBytes(d) >> 2;
  const inverse = f32x4.splat(1 / scale);
  let greatest: f32 = 0;
  for (let i = 0; i < count; i++) {
    const place = <usize>((from + i) & ~7) * words + <usize>(i & 7);
    let to = load<usize>(plan, QUANTISED) + (d < WIDENED_MIN_D ? place << 2 : place << 1);
    let squares = f32x4.splat(0);
    for (let f = 0; f < d; f += 4) {
      const values = fourFrom<T>(x + <usize>i * row, f, d);
      const sum = f32x4.add(f32x4.mul(values, f32x4.splat(scale)), f32x4.splat(ROUNDING));
      const rounded = f32x4.sub(sum, f32x4.splat(ROUNDING));
      const lost = f32x4.sub(values, f32x4.mul(rounded, inverse));
      squares = f32x4.add(squares, f32x4.mul(lost, lost));
      const bytes = i8x16.shuffle(sum, sum, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
      if (ESTIMATE_BYTES == 1) {
        v128.store32_lane(to, i8x16.add(bytes, i8x16.splat(<i8>offset)), 0);
        to += 32;
      } else if (d < WIDENED_MIN_D) {
        const pairs = i16x8.shuffle(sum, sum, 0, 2, 4, 6, 0, 2, 4, 6);
        v128.store32_lane(to, pairs, 0);
        if (f + 2 < d) v128.store32_lane(to, pairs, 1, 32);
        to += 64;
      } else {
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

/**
 * Rounds candidates by one scale and packs them in panels of eight: what dot products start from, so that the offset of the samples
 * does not count (i32), and ‖c‖² (f32), then for each four bytes of a candidate those of eight.
 *
 * @param candidates in: count × d, rows centroidStride(d) apart
 * @param packed out: ⌈count / 8⌉ × candidatePanelBytes(d)
 * @param measures out: f64: the scale, the greatest length of a candidate, and the greatest distance of one to what its rounded
 *   values stand for
 */
function packCandidates<T>(candidates: usize, count: i32, d: i32, packed: usize, measures: usize): void {
  let greatest: f64 = 0;
  let longest: f64 = 0;
  for (let j: usize = 0; j < <usize>count; j++) {
    const c = candidates + j * <usize>centroidStride(d) * sizeof<T>();
    let sqNorm: f64 = 0;
    for (let f: usize = 0; f < <usize>d; f++) {
      const value = <f64>load<T>(c + f * sizeof<T>());
      sqNorm += value * value;
      greatest = max(greatest, abs(value));
    }
    longest = max(longest, sqNorm);
    store<f32>(packed + (j >> 3) * candidatePanelBytes(d) + ((j & 7) << 2), <f32>sqNorm, 32);
  }
  longest = Math.sqrt(longest);
  const scale = longest > 0 ? min(CANDIDATE_LENGTH / longest, LARGEST_OF_CANDIDATE / greatest) : 1;
  let residual: f64 = 0;
  const offset = sampleOffset();
  const width = <i32>candidateBytes(d) / ESTIMATE_BYTES;
  for (let j = 0; j < ((count + 7) & ~7); j++) {
    const panel = packed + <usize>(j >> 3) * candidatePanelBytes(d) + (<usize>(j & 7) << 2);
    const c = candidates + <usize>(j * centroidStride(d)) * sizeof<T>();
    let square: f64 = 0;
    let sum = 0;
    for (let f = 0; f < width; f++) {
      const value = j < count && f < d ? <f64>load<T>(c + <usize>f * sizeof<T>()) : 0;
      const rounded = nearest<f64>(value * scale);
      square += (value - rounded / scale) * (value - rounded / scale);
      sum += <i32>rounded;
      const at = <usize>(f * ESTIMATE_BYTES);
      const to = panel + 64 + ((at & ~3) << 3) + (at & 3);
      if (ESTIMATE_BYTES == 1) store<i8>(to, <i8>rounded);
      else store<i16>(to, <i16>rounded);
    }
    store<i32>(panel, -offset * sum);
    if (j >= count) store<f32>(panel, <f32>Infinity, 32);
    residual = max(residual, square);
  }
  store<f64>(measures, scale);
  store<f64>(measures, longest, 8);
  store<f64>(measures, Math.sqrt(residual), 16);
}

export function quantiseBlocksF32(plan: usize, from: i32, count: i32): void {
  quantiseChunk<f32>(plan, from, count);
}
export function quantiseBlocksF64(plan: usize, from: i32, count: i32): void {
  quantiseChunk<f64>(plan, from, count);
}
export function packCandidatesF32(candidates: usize, count: i32, d: i32, packed: usize, measures: usize): void {
  packCandidates<f32>(candidates, count, d, packed, measures);
}
export function packCandidatesF64(candidates: usize, count: i32, d: i32, packed: usize, measures: usize): void {
  packCandidates<f64>(candidates, count, d, packed, measures);
}
