import { calledSqDistance } from './distance';
import { columnBytes, rowBytes } from '../constants';
import {
  ABSOLUTE, BLOCKS, CANDIDATES, D, ESTIMATE, FACTOR, INVERSE, LEAST, LIMITS, MARKS, PANELS, QUANTISED, SCRATCH, SQ_NORMS,
  STARTS, STRIDE, TRIALS, X,
} from '../seed-plan';

/** Length that the longest sample of a chunk gets: dot products with candidates, up to 45,000 long, stay below 2³⁰. */
const LENGTH: f64 = 23170;

/**
 * Measures the lengths of up to 256 samples and rounds them to i16, by one scale. Where they are so short that squares
 * underflow they count as zeros; where so long that squares overflow in float32 the inverse scale is infinite.
 */
@inline
export function quantiseChunk<T>(plan: usize, from: i32, count: i32): void {
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  const x = load<usize>(plan, X) + <usize>from * row;
  const sqNorms = load<usize>(plan, SQ_NORMS) + <usize>from * sizeof<T>();
  let greatest: f64 = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const sqNorm = calledSqDistance<T>(x + i * row, column, load<usize>(plan, CANDIDATES), d);
    store<T>(sqNorms + i * sizeof<T>(), sqNorm);
    greatest = max(greatest, <f64>sqNorm);
  }
  const scale = greatest < 1e-30 ? 1 : greatest < 1e36 ? LENGTH / Math.sqrt(greatest) : 0;
  store<f32>(load<usize>(plan, INVERSE) + (<usize>(from >> 8) << 2), <f32>(1 / scale));
  const pairs = (d + 1) >> 1;
  for (let i = 0; i < count; i++) {
    let to = load<usize>(plan, QUANTISED) + <usize>(((from + i) & ~7) * pairs + (i & 7)) * 4;
    const q = x + <usize>i * row;
    for (let f = 0; f < d; f += 2, to += 32) {
      const low = rounded<T>(q + <usize>f * sizeof<T>(), scale);
      const high = f + 1 < d ? rounded<T>(q + <usize>(f + 1) * sizeof<T>(), scale) : 0;
      store<i32>(to, (low & 0xffff) | (high << 16));
    }
  }
}

@inline
function rounded<T>(p: usize, scale: f64): i32 {
  return <i32>nearest<f32>(<f32>load<T>(p) * <f32>scale);
}

/**
 * Marks the candidates that estimates leave open, for all samples of the blocks of eight that have a mark. A squared distance
 * is the squared length of the sample + a score ‖c‖² − 2x·c; all is in the scale of dot products, half of that of scores.
 */
export function estimate(plan: usize, from: i32, count: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const inverse = load<f32>(load<usize>(plan, INVERSE) + (<usize>(from >> 8) << 2));
  const scale = <f32>1 / (inverse * load<f32>(plan, FACTOR));
  // Beyond that float32 does not hold what is compared: all stay marked.
  if (!(scale > 1e-30 && scale < 1e30)) return;
  const off = f32x4.splat(inverse * load<f32>(plan, ESTIMATE) + load<f32>(plan, ABSOLUTE));
  const limits = load<usize>(plan, LIMITS) + (<usize>from << 2);
  let blocks: usize = 0;
  for (let at: usize = 0; at < <usize>count << 2; at += 32) {
    const marks = scratch + MARKS + at;
    if (!v128.any_true(v128.or(v128.load(marks), v128.load(marks, 16)))) continue;
    store<usize>(scratch + BLOCKS + (blocks++ << 2), at);
    for (let half: usize = 0; half < 32; half += 16) {
      v128.store(marks + half, i32x4.splat(0));
      const limit = f32x4.mul(f32x4.add(v128.load(limits + at + half), off), f32x4.splat(-scale));
      v128.store(scratch + LEAST + at + half, limit);
    }
  }
  const pairs = (load<i32>(plan, D) + 1) >> 1;
  const samples = load<usize>(plan, QUANTISED) + ((<usize>from * <usize>pairs) << 2);
  const trials = load<i32>(plan, TRIALS);
  for (let t = 0; t < trials; t += 4) {
    const four = load<usize>(plan, PANELS) + <usize>(t >> 3) * (<usize>(2 + pairs) << 5) + (<usize>(t & 4) << 2);
    const starts = f32x4.min(f32x4.mul(v128.load(four, 32), f32x4.splat(scale)), f32x4.splat(1073741824));
    v128.store(scratch + STARTS, i32x4.neg(i32x4.trunc_sat_f32x4_s(starts)));
    const bits = i32x4.splat(((1 << trials) - 1) & (15 << t));
    if (trials - t > 3) estimateFour(true, scratch, blocks, samples, pairs, four + 64, bits);
    else estimateFour(false, scratch, blocks, samples, pairs, four + 64, bits);
  }
}

/** The register tile of estimates, for all listed blocks: eight samples and four candidates, or three. */
@inline
function estimateFour(all: bool, scratch: usize, blocks: usize, samples: usize, pairs: i32, four: usize, bits: v128): void {
  for (let m: usize = 0; m < blocks; m++) {
    const at = load<usize>(scratch + BLOCKS + (m << 2));
    let a0 = v128.load32_splat(scratch + STARTS);
    let a1 = v128.load32_splat(scratch + STARTS + 4);
    let a2 = v128.load32_splat(scratch + STARTS + 8);
    let a3 = v128.load32_splat(scratch + STARTS + 12);
    let b0 = a0;
    let b1 = a1;
    let b2 = a2;
    let b3 = a3;
    let c = four;
    let x = samples + at * <usize>pairs;
    let f = pairs;
    // Leaving between steps ends the basic block, see scoreTile.
    let xa: v128, xb: v128, s: v128;
    while (true) {
      xa = v128.load(x);
      xb = v128.load(x, 16);
      s = v128.load32_splat(c);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(xa, s));
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(xb, s));
      s = v128.load32_splat(c, 4);
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(xa, s));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(xb, s));
      s = v128.load32_splat(c, 8);
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(xa, s));
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(xb, s));
      if (all) {
        s = v128.load32_splat(c, 12);
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(xa, s));
        b3 = i32x4.add(b3, i32x4.dot_i16x8_s(xb, s));
      }
      if (--f == 0) break;
      xa = v128.load(x, 32);
      xb = v128.load(x, 48);
      s = v128.load32_splat(c, 32);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(xa, s));
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(xb, s));
      s = v128.load32_splat(c, 36);
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(xa, s));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(xb, s));
      s = v128.load32_splat(c, 40);
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(xa, s));
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(xb, s));
      if (all) {
        s = v128.load32_splat(c, 44);
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(xa, s));
        b3 = i32x4.add(b3, i32x4.dot_i16x8_s(xb, s));
      }
      c += 64;
      x += 64;
      if (--f == 0) break;
    }
    // Mostly none of the four is open to any sample.
    const la = v128.load(scratch + LEAST + at);
    const lb = v128.load(scratch + LEAST + at, 16);
    xa = i32x4.max_s(i32x4.max_s(a0, a1), a2);
    xb = i32x4.max_s(i32x4.max_s(b0, b1), b2);
    if (all) {
      xa = i32x4.max_s(xa, a3);
      xb = i32x4.max_s(xb, b3);
    }
    if (!v128.any_true(v128.or(isOpen(xa, la), isOpen(xb, lb)))) continue;
    addMarks(scratch + MARKS + at, bits, isOpen(a0, la), isOpen(a1, la), isOpen(a2, la), isOpen(a3, la));
    addMarks(scratch + MARKS + at + 16, bits, isOpen(b0, lb), isOpen(b1, lb), isOpen(b2, lb), isOpen(b3, lb));
  }
}

@inline
function isOpen(dots: v128, least: v128): v128 {
  return f32x4.ge(f32x4.convert_i32x4_s(dots), least);
}

/** Marks those of four candidates that are open; `bits` are those of candidates that there are. */
@inline
function addMarks(marks: usize, bits: v128, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.or(v128.and(a, i32x4.splat(0x11111111)), v128.and(b, i32x4.splat(0x22222222)));
  const cd = v128.or(v128.and(c, i32x4.splat(0x44444444)), v128.and(d, i32x4.splat(0x88888888)));
  v128.store(marks, v128.or(v128.load(marks), v128.and(v128.or(ab, cd), bits)));
}
