import { assign } from './assign';
import {
  BEST, CENTROIDS, CHUNK, D, FACTOR, FROM_SCORE, K, LABELS, LISTED, LISTS, MARGIN, OF_CANDIDATE, PACKED, PANELS, QUANTISED, RELATIVE, SCALES,
  SCRATCH, STARTS, STRIDE, X,
} from './assign-plan';
import { candidateBytes, candidatePanelBytes, centroidStride, ESTIMATE_BYTES, panelWidth, rowBytes, WIDENED_MIN_D } from './constants';
import { addDots, addsInSteps, isWidened, onesFrom } from './inline/dots';
import { greatestOf, mergeStripes, tailMask } from './inline/lanes';

/**
 * Labels of samples as `assign` gives them, by estimates from rounded values: what these rule out is not looked at, and only where they
 * leave several centroids to a sample scores are taken, and where these are closer than rounding can tell apart those of `assign`.
 * All of it is in the scale of dot products of rounded values, and turned round: the nearest centroid has the most x·c − ½‖c‖².
 *
 * @param plan in: see assign-plan.ts; LABELS out, SCRATCH for the kernel alone
 * @param from a multiple of 8
 * @returns how many centroids estimates left, over all samples
 */
function assignEstimated<T>(plan: usize, from: i32, count: i32): i32 {
  const d = load<i32>(plan, D);
  const k = load<i32>(plan, K);
  const stride = load<i32>(plan, STRIDE);
  let left = 0;
  for (let i = from; i < from + count; ) {
    const some = min(CHUNK - (i & (CHUNK - 1)), from + count - i);
    const x = load<usize>(plan, X) + <usize>i * rowBytes<T>(d, stride);
    const labels = load<usize>(plan, LABELS) + (<usize>i << 2);
    if (writeStarts(plan, i)) left += assignChunk<T>(plan, i, some, x, labels);
    else {
      assign<T>(x, some, d, stride, load<usize>(plan, PACKED), k, labels, load<usize>(plan, SCRATCH) + BEST);
      left += some * k;
    }
    i += some;
  }
  return left;
}

/** What halves of squared lengths, and margins, have to keep below. */
const GREATEST: f32 = 268435456;

/**
 * Writes for each centroid what dot products with samples of a chunk start from, so that they end at the most that x·c − ½‖c‖² can
 * be, and by how much less it can be; false where integers do not hold that.
 */
function writeStarts(plan: usize, from: i32): bool {
  const scratch = load<usize>(plan, SCRATCH);
  const scales = load<usize>(plan, SCALES) + <usize>(from >> 8) * 12;
  // Half of the scale of dot products, so that it is that of scores.
  const scale = <f32>1 / (load<f32>(scales) * load<f32>(plan, FACTOR));
  if (!(scale > 1e-30 && scale < 1e30)) return false;
  const relative = load<f32>(plan, RELATIVE);
  const length = load<f32>(scales, 8);
  const byLength = f32x4.splat(scale * (<f32>2.02 * load<f32>(scales, 4) + <f32>2 * relative * length));
  const bySquare = f32x4.splat(scale * relative);
  const alone = f32x4.splat(scale * length * load<f32>(plan, OF_CANDIDATE) + 3);
  const panelBytes = candidatePanelBytes(load<i32>(plan, D));
  let most = f32x4.splat(0);
  let longest = most;
  for (let j = 0; j < load<i32>(plan, K); j += 4) {
    const four = load<usize>(plan, PANELS) + <usize>(j >> 3) * panelBytes + (<usize>(j & 4) << 2);
    const none = f32x4.eq(v128.load(four, 32), f32x4.splat(Infinity));
    const squares = v128.andnot(v128.load(four, 32), none);
    const lengths = f32x4.sqrt(squares);
    const halves = f32x4.mul(squares, f32x4.splat(scale));
    const margins = f32x4.add(f32x4.add(f32x4.mul(lengths, byLength), f32x4.mul(squares, bySquare)), alone);
    longest = f32x4.max(longest, lengths);
    most = f32x4.max(most, f32x4.max(halves, margins));
    const margin = i32x4.trunc_sat_f32x4_s(f32x4.ceil(margins));
    const start = i32x4.add(i32x4.sub(v128.load(four), i32x4.trunc_sat_f32x4_s(halves)), margin);
    const to = scratch + STARTS + (<usize>j << 3);
    v128.store(to, v128.bitselect(i32x4.splat(i32.MIN_VALUE), start, none));
    v128.store(to, v128.andnot(i32x4.shl(margin, 1), none), 16);
  }
  const norm = greatestOf(longest);
  store<f32>(scratch, <f32>2.1 * relative * norm * (norm + <f32>2 * length), MARGIN);
  store<f32>(scratch, -scale, FROM_SCORE);
  return !v128.any_true(f32x4.ge(most, f32x4.splat(GREATEST)));
}

/** Eight samples at a time, of one chunk. */
function assignChunk<T>(plan: usize, from: i32, count: i32, x: usize, labels: usize): i32 {
  const d = load<i32>(plan, D);
  const k = load<i32>(plan, K);
  const row = candidateBytes(d);
  const widened = i32(d >= WIDENED_MIN_D);
  const inSteps = addsInSteps();
  const bytes = rowBytes<T>(d, load<i32>(plan, STRIDE));
  const samples = load<usize>(plan, QUANTISED) + ((<usize>from * row) >> widened);
  const panels = load<usize>(plan, PANELS);
  const scratch = load<usize>(plan, SCRATCH);
  const starts = scratch + STARTS;
  const sums = starts + (<usize>((k + 3) & ~3) << 3);
  let left = 0;
  for (let i: usize = 0; i < <usize>count; i += 8) {
    const eight = samples + ((i * row) >> widened);
    if (ESTIMATE_BYTES == 1) {
      if (inSteps) addUp<u16>(eight, d, panels, k, starts, sums, scratch);
      else addUp<u8>(eight, d, panels, k, starts, sums, scratch);
    } else if (widened) addUp<i8>(eight, d, panels, k, starts, sums, scratch);
    else addUp<i16>(eight, d, panels, k, starts, sums, scratch);
    list(k, sums, scratch);
    left += settle<T>(plan, x + i * bytes, bytes, labels + (i << 2), min(8, count - <i32>i), sums);
  }
  return left;
}

/** Dot products of eight samples and all centroids, and the most that one cannot be below (two vectors, where the lists will begin). */
function addUp<T>(samples: usize, d: i32, panels: usize, k: i32, starts: usize, sums: usize, least: usize): void {
  const row = candidateBytes(d);
  const panelBytes = candidatePanelBytes(d);
  const ones = onesFrom(row);
  // In memory, as there are no more registers.
  v128.store(least, i32x4.splat(i32.MIN_VALUE));
  v128.store(least, i32x4.splat(i32.MIN_VALUE), 16);
  for (let j = 0; j < k; j += 4) {
    const start = starts + (<usize>j << 3);
    let a0 = v128.load32_splat(start);
    let a1 = v128.load32_splat(start, 4);
    let a2 = v128.load32_splat(start, 8);
    let a3 = v128.load32_splat(start, 12);
    let b0 = a0;
    let b1 = a1;
    let b2 = a2;
    let b3 = a3;
    let c = panels + <usize>(j >> 3) * panelBytes + (<usize>(j & 4) << 2) + 64;
    let x = samples;
    let left = row >> 2;
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
      s = v128.load32_splat(c, 12);
      a3 = addDots<T>(a3, xa, s, ones);
      b3 = addDots<T>(b3, xb, s, ones);
      c += 32;
      x += isWidened<T>() ? 16 : 32;
    } while (--left);
    const to = sums + (<usize>j << 5);
    v128.store(to, a0);
    v128.store(to, b0, 16);
    v128.store(to, a1, 32);
    v128.store(to, b1, 48);
    v128.store(to, a2, 64);
    v128.store(to, b2, 80);
    v128.store(to, a3, 96);
    v128.store(to, b3, 112);
    s = v128.load32_splat(start, 16);
    xa = i32x4.sub(a0, s);
    xb = i32x4.sub(b0, s);
    s = v128.load32_splat(start, 20);
    xa = i32x4.max_s(xa, i32x4.sub(a1, s));
    xb = i32x4.max_s(xb, i32x4.sub(b1, s));
    s = v128.load32_splat(start, 24);
    xa = i32x4.max_s(xa, i32x4.sub(a2, s));
    xb = i32x4.max_s(xb, i32x4.sub(b2, s));
    s = v128.load32_splat(start, 28);
    xa = i32x4.max_s(xa, i32x4.sub(a3, s));
    xb = i32x4.max_s(xb, i32x4.sub(b3, s));
    v128.store(least, i32x4.max_s(xa, v128.load(least)));
    v128.store(least, i32x4.max_s(xb, v128.load(least, 16)), 16);
  }
}

/** Lists for each of eight samples the centroids that may be the nearest, in ascending order; those beyond LISTED are counted. */
@inline
function list(k: i32, sums: usize, lists: usize): void {
  const la = v128.load(lists);
  const lb = v128.load(lists, 16);
  v128.store(lists, i32x4.splat(0));
  v128.store(lists, i32x4.splat(0), 16);
  for (let j = 0; j < k; j += 4) {
    const at = sums + (<usize>j << 5);
    const ab = i8x16.narrow_i16x8_s(openOf(at, la, lb), openOf(at + 32, la, lb));
    const cd = i8x16.narrow_i16x8_s(openOf(at + 64, la, lb), openOf(at + 96, la, lb));
    for (let bits = i8x16.bitmask(ab) | (i8x16.bitmask(cd) << 16); bits != 0; bits &= bits - 1) {
      const bit = ctz(bits);
      const length = lists + (<usize>(bit & 7) << 2);
      const listed = load<i32>(length);
      store<i32>(length, listed + 1);
      if (listed < LISTED) store<i32>(length + (<usize>listed << 5), j + (bit >> 3), LISTS);
    }
  }
}

/** Which of eight samples a centroid is open to, as i16. */
@inline
function openOf(sums: usize, la: v128, lb: v128): v128 {
  return i16x8.narrow_i32x4_s(i32x4.ge_s(v128.load(sums), la), i32x4.ge_s(v128.load(sums, 16), lb));
}

/** Writes the labels of up to eight samples by their lists; returns how long these are. */
function settle<T>(plan: usize, x: usize, bytes: usize, labels: usize, count: i32, sums: usize): i32 {
  const lists = load<usize>(plan, SCRATCH);
  let left = 0;
  for (let i: usize = 0; i < <usize>count << 2; i += 4, x += bytes) {
    const listed = load<i32>(lists + i);
    left += listed;
    let label = load<i32>(lists + i, LISTS);
    if (listed > LISTED) {
      assign<T>(x, 1, load<i32>(plan, D), load<i32>(plan, STRIDE), load<usize>(plan, PACKED), load<i32>(plan, K), lists + BEST + 256, lists + BEST);
      label = load<i32>(lists, BEST + 256);
    } else if (listed > 1) label = nearestOf<T>(plan, x, lists + i + LISTS, listed, sums + i);
    store<i32>(labels + i, label);
  }
  return left;
}

/** The nearest of listed centroids: the likeliest is scored first, which rules out most others. */
function nearestOf<T>(plan: usize, x: usize, list: usize, listed: i32, sums: usize): i32 {
  const d = load<i32>(plan, D);
  const end = list + (<usize>listed << 5);
  let likeliest = 0;
  let most = i32.MIN_VALUE;
  for (let at = list; at < end; at += 32) {
    const j = load<i32>(at);
    const sum = load<i32>(sums + (<usize>j << 5));
    likeliest = sum > most ? j : likeliest;
    most = max(sum, most);
  }
  const scratch = load<usize>(plan, SCRATCH);
  const margin = load<f32>(scratch, MARGIN);
  let nearest = likeliest;
  let best = <f32>scoreOf<T>(plan, x, nearest, d);
  let next = <f32>Infinity;
  const open = <i32>((best + margin) * load<f32>(scratch, FROM_SCORE)) - 2;
  for (let at = list; at < end; at += 32) {
    const j = load<i32>(at);
    if (j == likeliest || load<i32>(sums + (<usize>j << 5)) < open) continue;
    const score = <f32>scoreOf<T>(plan, x, j, d);
    const better = score < best;
    next = min(next, better ? best : score);
    best = better ? score : best;
    nearest = better ? j : nearest;
  }
  if (next - best > margin) return nearest;
  let least = <T>Infinity;
  for (let at = list; at < end; at += 32) {
    const j = load<i32>(at);
    const score = assignedScoreOf<T>(plan, x, j, d);
    if (!(score < least)) continue;
    least = score;
    nearest = j;
  }
  return nearest;
}

/** Where the packed values of a centroid begin: ‖c‖², then at every 32 bytes −2c[f]. */
@inline
function packedOf<T>(plan: usize, j: i32, d: i32): usize {
  const width: usize = panelWidth<T>();
  return load<usize>(plan, PACKED) + (<usize>j / width) * (<usize>(1 + d) << 5) + (<usize>j % width) * sizeof<T>();
}

/** ‖c‖² − 2x·c, rounded in the order of vectors. */
function scoreOf<T>(plan: usize, x: usize, j: i32, d: i32): T {
  const c = load<usize>(plan, CENTROIDS) + <usize>(j * centroidStride(d)) * sizeof<T>();
  const whole = (<usize>d * sizeof<T>()) & ~15;
  let a = v128.splat<T>(0);
  let b = a;
  let at: usize = 0;
  for (; at + 32 <= whole; at += 32) {
    a = v128.add<T>(a, v128.mul<T>(v128.load(x + at), v128.load(c + at)));
    b = v128.add<T>(b, v128.mul<T>(v128.load(x + at, 16), v128.load(c + at, 16)));
  }
  if (at < whole) {
    a = v128.add<T>(a, v128.mul<T>(v128.load(x + at), v128.load(c + at)));
    at += 16;
  }
  // Centroids have zeros behind d, samples anything.
  const left = d - <i32>(at / sizeof<T>());
  if (left) b = v128.add<T>(b, v128.mul<T>(v128.and(v128.load(x + at), tailMask<T>(left, 0)), v128.load(c + at)));
  const dot = mergeStripes<T>(sizeof<T>() == 4 ? v128.add<T>(a, b) : a, b);
  return <T>(load<T>(packedOf<T>(plan, j, d)) - 2 * dot);
}

/** The score as `assign` gives it. */
function assignedScoreOf<T>(plan: usize, x: usize, j: i32, d: i32): T {
  const packed = packedOf<T>(plan, j, d);
  let score = load<T>(packed);
  for (let f: usize = 0; f < <usize>d; f++)
    score = <T>(score + <T>(load<T>(x + f * sizeof<T>()) * load<T>(packed + (f << 5), 32)));
  return score;
}

export function assignEstimatedF32(plan: usize, from: i32, count: i32): i32 {
  return assignEstimated<f32>(plan, from, count);
}
export function assignEstimatedF64(plan: usize, from: i32, count: i32): i32 {
  return assignEstimated<f64>(plan, from, count);
}
