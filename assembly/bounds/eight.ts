import { gather } from './vectors';
import { BLOCK, scoresOf, TOP } from './plan';

// Estimates where samples are lanes: rounded samples of a list, eight at a time, against all centroids. Nothing has to be transposed
// but the samples, once, and the least scores come out of maxima and minima alone.

/** Writes eight rounded samples as a block: for each pair of features eight pairs of i16. */
export function gatherBlock(
  block: usize, rows: usize, row: usize, i0: usize, i1: usize, i2: usize, i3: usize, i4: usize, i5: usize, i6: usize, i7: usize,
): void {
  gatherHalf(block, rows + i0 * row, rows + i1 * row, rows + i2 * row, rows + i3 * row, row);
  gatherHalf(block + 16, rows + i4 * row, rows + i5 * row, rows + i6 * row, rows + i7 * row, row);
}

/** Four of them: what lies behind the rows goes where nobody looks. */
@inline
function gatherHalf(to: usize, x0: usize, x1: usize, x2: usize, x3: usize, row: usize): void {
  for (let at: usize = 0; at < row; at += 16, to += 128) {
    const a = v128.load(x0 + at);
    const b = v128.load(x1 + at);
    const c = v128.load(x2 + at);
    const e = v128.load(x3 + at);
    const ab0 = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
    const ab1 = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
    const ce0 = v128.shuffle<u32>(c, e, 0, 4, 1, 5);
    const ce1 = v128.shuffle<u32>(c, e, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<u64>(ab0, ce0, 0, 2));
    v128.store(to, v128.shuffle<u64>(ab0, ce0, 1, 3), 32);
    v128.store(to, v128.shuffle<u64>(ab1, ce1, 0, 2), 64);
    v128.store(to, v128.shuffle<u64>(ab1, ce1, 1, 3), 96);
  }
}

/**
 * Estimated scores of a block and the centroids of packed panels. TOP gets, four samples by four, the least score of each, the first
 * of the four centroids where it was found, and the second least.
 *
 * @param scores out: for each place of the panels eight scores
 * @param sa in: what dot products of the first four samples are to be multiplied by
 * @param sb in: … of the others
 */
export function scoreBlock(scratch: usize, block: usize, row: usize, panels: usize, panelCount: i32, scores: usize, sa: v128, sb: v128): void {
  const panelBytes = 64 + (row << 3);
  const top = scratch + TOP;
  v128.store(top, f32x4.splat(Infinity));
  v128.store(top, f32x4.splat(Infinity), 32);
  v128.store(top, f32x4.splat(Infinity), 48);
  v128.store(top, f32x4.splat(Infinity), 80);
  const end = panels + <usize>panelCount * panelBytes;
  for (let panel = panels; panel < end; panel += panelBytes, scores += 256) {
    scoreFour(block, row, panel, scores, sa, sb, top);
    // The last panel may have no more than four.
    if (load<f32>(panel, 48) != Infinity) scoreFour(block, row, panel + 16, scores + 128, sa, sb, top);
  }
}

/** The register tile: eight samples and four centroids. */
@inline
function scoreFour(block: usize, row: usize, four: usize, scores: usize, sa: v128, sb: v128, top: usize): void {
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  let c = four + 64;
  let x = block;
  let left = row >> 2;
  let xa: v128, xb: v128, s: v128;
  do {
    xa = v128.load(x);
    xb = v128.load(x, 16);
    s = v128.load32_splat(c);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(s, xa));
    b0 = i32x4.add(b0, i32x4.dot_i16x8_s(s, xb));
    s = v128.load32_splat(c, 4);
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(s, xa));
    b1 = i32x4.add(b1, i32x4.dot_i16x8_s(s, xb));
    s = v128.load32_splat(c, 8);
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(s, xa));
    b2 = i32x4.add(b2, i32x4.dot_i16x8_s(s, xb));
    s = v128.load32_splat(c, 12);
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(s, xa));
    b3 = i32x4.add(b3, i32x4.dot_i16x8_s(s, xb));
    c += 32;
    x += 32;
  } while (--left);
  merge(scores, four, sa, a0, a1, a2, a3, top);
  merge(scores + 16, four, sb, b0, b1, b2, b3, top + 48);
}

/** Makes scores ‖c‖² − scale · dot of dot products of four samples and four centroids, and keeps the least and the second. */
@inline
function merge(scores: usize, panel: usize, scale: v128, a: v128, b: v128, c: v128, d: v128, top: usize): void {
  a = f32x4.sub(v128.load32_splat(panel, 32), f32x4.mul(scale, f32x4.convert_i32x4_s(a)));
  b = f32x4.sub(v128.load32_splat(panel, 36), f32x4.mul(scale, f32x4.convert_i32x4_s(b)));
  c = f32x4.sub(v128.load32_splat(panel, 40), f32x4.mul(scale, f32x4.convert_i32x4_s(c)));
  d = f32x4.sub(v128.load32_splat(panel, 44), f32x4.mul(scale, f32x4.convert_i32x4_s(d)));
  v128.store(scores, a);
  v128.store(scores, b, 32);
  v128.store(scores, c, 64);
  v128.store(scores, d, 96);
  const ab = f32x4.pmin(a, b);
  const cd = f32x4.pmin(c, d);
  const most = f32x4.pmin(f32x4.pmax(a, b), f32x4.pmax(c, d));
  const four = f32x4.pmin(ab, cd);
  const known = v128.load(top);
  const second = f32x4.pmin(f32x4.pmin(most, f32x4.pmax(ab, cd)), f32x4.pmin(v128.load(top, 32), f32x4.pmax(known, four)));
  v128.store(top, f32x4.pmin(known, four));
  v128.store(top, v128.bitselect(v128.load32_splat(panel), v128.load(top, 16), f32x4.lt(four, known)), 16);
  v128.store(top, second, 32);
}

/** Of four samples the first of the four centroids that have the least score is known: finds out which of them it is. */
@inline
export function findLeast(top: usize, scores: usize): void {
  const least = v128.load(top);
  const first = v128.load(top, 16);
  const at = i32x4.shl(i32x4.trunc_sat_f32x4_s(first), 3);
  const i0 = <usize>i32x4.extract_lane(at, 0);
  const i1 = <usize>i32x4.extract_lane(at, 1) + 1;
  const i2 = <usize>i32x4.extract_lane(at, 2) + 2;
  const i3 = <usize>i32x4.extract_lane(at, 3) + 3;
  const beyond0 = f32x4.ne(gather<f32>(scores, i0, i1, i2, i3), least);
  const beyond1 = v128.and(beyond0, f32x4.ne(gather<f32>(scores + 32, i0, i1, i2, i3), least));
  const beyond2 = v128.and(beyond1, f32x4.ne(gather<f32>(scores + 64, i0, i1, i2, i3), least));
  const steps = i32x4.add(i32x4.add(beyond0, beyond1), beyond2);
  v128.store(top, f32x4.sub(first, f32x4.convert_i32x4_s(steps)), 16);
}
