import { candidateBytes, candidatePanelBytes, ESTIMATE_BYTES, WIDENED_MIN_D } from '../constants';
import {
  ABSOLUTE, D, FACTOR, LIMITS, MARKS, OF_CANDIDATE, OF_SAMPLE, PANELS, QUANTISED, SCALES, SCRATCH, STARTS, TRIALS,
} from '../seed-plan';
import { addDots, addsInSteps, isWidened, onesFrom } from './dots';

/**
 * Marks the candidates that estimates leave open, for all samples of the blocks of eight that have a mark: block by block, so
 * that samples come from memory once, and while there is work to do. A squared distance is the squared length of the sample + a
 * score ‖c‖² − 2x·c; all is in the scale of dot products, half of that of scores.
 */
export function estimate(plan: usize, from: i32, count: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const scales = load<usize>(plan, SCALES) + <usize>(from >> 8) * 12;
  const scale = <f32>1 / (load<f32>(scales) * load<f32>(plan, FACTOR));
  // Beyond that float32 does not hold what is compared: all stay marked.
  if (!(scale > 1e-30 && scale < 1e30)) return;
  const trials = load<i32>(plan, TRIALS);
  const d = load<i32>(plan, D);
  const panelBytes = candidatePanelBytes(d);
  const panels = load<usize>(plan, PANELS);
  for (let t: usize = 0; t < <usize>trials; t += 4) {
    const four = panels + (t >> 3) * panelBytes + ((t & 4) << 2);
    const halves = f32x4.min(f32x4.mul(v128.load(four, 32), f32x4.splat(scale)), f32x4.splat(1073741824));
    v128.store(scratch + STARTS + (t << 2), i32x4.sub(v128.load(four), i32x4.trunc_sat_f32x4_s(halves)));
  }
  const ofSample = load<f32>(scales, 4) * load<f32>(plan, OF_SAMPLE);
  const off = ofSample + load<f32>(scales, 8) * load<f32>(plan, OF_CANDIDATE) + load<f32>(plan, ABSOLUTE);
  if (ESTIMATE_BYTES == 1) {
    if (addsInSteps()) estimateBlocks<u16>(plan, from, count, off, scale);
    else estimateBlocks<u8>(plan, from, count, off, scale);
  } else if (d < WIDENED_MIN_D) estimateBlocks<i16>(plan, from, count, off, scale);
  else estimateBlocks<i8>(plan, from, count, off, scale);
}

function estimateBlocks<T>(plan: usize, from: i32, count: i32, off: f32, scale: f32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const trials = load<i32>(plan, TRIALS);
  const d = load<i32>(plan, D);
  const row = candidateBytes(d);
  const panelBytes = candidatePanelBytes(d);
  const panels = load<usize>(plan, PANELS);
  const limits = load<usize>(plan, LIMITS) + (<usize>from << 2);
  const widened = i32(isWidened<T>());
  const samples = load<usize>(plan, QUANTISED) + ((<usize>from * row) >> widened);
  for (let at: usize = 0; at < <usize>count << 2; at += 32) {
    const marks = scratch + MARKS + at;
    if (!v128.any_true(v128.or(v128.load(marks), v128.load(marks, 16)))) continue;
    v128.store(marks, i32x4.splat(0));
    v128.store(marks, i32x4.splat(0), 16);
    const la = leastOpen(v128.load(limits + at), off, scale);
    const lb = leastOpen(v128.load(limits + at, 16), off, scale);
    const x = samples + (((at >> 2) * row) >> widened);
    let t = 0;
    // Not by branches of one loop: compilers make one loop of both tiles then, with the branches inside.
    for (; t + 3 < trials; t += 4) estimateFour<T>(true, x, row, fourAt(panels, panelBytes, t), scratch, t, trials, la, lb, marks);
    if (t < trials) estimateFour<T>(false, x, row, fourAt(panels, panelBytes, t), scratch, t, trials, la, lb, marks);
  }
}

/** The greatest integers that sums of dot products and starts must exceed. */
@inline
function leastOpen(limits: v128, off: f32, scale: f32): v128 {
  const least = f32x4.mul(f32x4.add(limits, f32x4.splat(off)), f32x4.splat(-scale));
  return i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.sub(least, f32x4.splat(1))));
}

/** Where the values of candidates t … t + 3 begin. */
@inline
function fourAt(panels: usize, panelBytes: usize, t: i32): usize {
  return panels + <usize>(t >> 3) * panelBytes + (<usize>(t & 4) << 2) + 64;
}

/** The register tile of estimates: eight samples and four candidates, or three. */
@inline
function estimateFour<T>(
  all: bool, samples: usize, row: usize, four: usize, scratch: usize, t: i32, trials: i32, la: v128, lb: v128, marks: usize,
): void {
  const starts = scratch + STARTS + (<usize>t << 2);
  let a0 = v128.load32_splat(starts);
  let a1 = v128.load32_splat(starts, 4);
  let a2 = v128.load32_splat(starts, 8);
  let a3 = v128.load32_splat(starts, 12);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  let c = four;
  let x = samples;
  let left = row >> 2;
  const ones = onesFrom(row);
  let xa: v128, xb: v128, s: v128;
  do {
    xa = isWidened<T>() ? v128.load8x8_s(x) : v128.load(x);
    xb = isWidened<T>() ? v128.load8x8_s(x, 8) : v128.load(x, 16);
    s = v128.load32_splat(c);
    a0 = addDots<T>(a0, xa, s, ones);
    b0 = addDots<T>(b0, xb, s, ones);
    s = v128.load32_splat(c, 4);
    a1 = addDots<T>(a1, xa, s, ones);
    b1 = addDots<T>(b1, xb, s, ones);
    s = v128.load32_splat(c, 8);
    a2 = addDots<T>(a2, xa, s, ones);
    b2 = addDots<T>(b2, xb, s, ones);
    if (all) {
      s = v128.load32_splat(c, 12);
      a3 = addDots<T>(a3, xa, s, ones);
      b3 = addDots<T>(b3, xb, s, ones);
    }
    c += 32;
    x += isWidened<T>() ? 16 : 32;
  } while (--left);
  // Mostly none of the four is open to any sample.
  xa = i32x4.max_s(i32x4.max_s(a0, a1), a2);
  xb = i32x4.max_s(i32x4.max_s(b0, b1), b2);
  if (all) {
    xa = i32x4.max_s(xa, a3);
    xb = i32x4.max_s(xb, b3);
  }
  if (!v128.any_true(v128.or(i32x4.gt_s(xa, la), i32x4.gt_s(xb, lb)))) return;
  const bits = i32x4.splat(((1 << trials) - 1) & (15 << t));
  addMarks(marks, bits, la, a0, a1, a2, a3);
  addMarks(marks + 16, bits, lb, b0, b1, b2, b3);
}

/** Marks those of four candidates whose sums exceed `least`; `bits` are those of candidates that there are. */
function addMarks(marks: usize, bits: v128, least: v128, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.or(openBit(a, least, 0x11111111), openBit(b, least, 0x22222222));
  const cd = v128.or(openBit(c, least, 0x44444444), openBit(d, least, 0x88888888));
  v128.store(marks, v128.or(v128.load(marks), v128.and(v128.or(ab, cd), bits)));
}

@inline
function openBit(sum: v128, least: v128, bit: i32): v128 {
  return v128.and(i32x4.gt_s(sum, least), i32x4.splat(bit));
}
