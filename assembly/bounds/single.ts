import { columnBytes, COLUMNS_MAX_D, panelWidth, quantisedRowBytes, rowBytes } from '../constants';
import { fetchRows } from '../fetch';
import { quantisedDotsApart } from '../inline/quantised-tile';
import { estimateTop, scalesOf } from './estimate';
import { gatherRow, squareOf } from './open';
import {
  ACTIVE, D, epsilonOf, FETCHED, GATHERED, INVERSE, LABELS, NEAR, PANEL_COUNT, PANELS, QUANTISED, QUANTISED_PANELS, QUANTISED_ROWS, SCRATCH, SETTLED, SKIPPED,
  SQ_NORMS, STRIDE, SURE_0, SURE_1, TIGHT_SHARE, TOP, TRIED, UNDECIDED, X,
} from './plan';
import { topOf } from './scan';
import { bitsOf, entryAt, gather, keepBounds, keepSafe, leastLower, limitOf, nearOf, scatter } from './vectors';

// All centroids are one group (Hamerly 2010). Scores are estimated first where samples are quantised.

/** Every so many chunks distances are tried although few labels were settled by them. */
const TRIALS: i32 = 8;

/** What is forgotten of former trials at each. */
const KEPT: f32 = 0.75;

/**
 * Brings labels and bounds of listed samples up to date; returns how many looked at the centroids, or that number for as much
 * work.
 *
 * @param first whether there are no bounds yet
 */
export function advanceSingle<T>(plan: usize, from: i32, listed: i32, first: bool): i32 {
  const tries = !first && triesDistances(plan);
  const active = tries ? tighten<T>(plan, from, listed) : listed;
  let open = active;
  if (load<usize>(plan, QUANTISED)) open = estimate<T>(plan, from, active, first, !tries);
  else if (!first && !tries) fetchSamples<T>(plan, from, load<usize>(plan, SCRATCH) + ACTIVE, active);
  for (let a = 0; a < open; a += 4) look<T>(plan, from, a, open, first, !tries);
  return active + <i32>(tries ? <f64>listed * load<f64>(plan, TIGHT_SHARE) : 0);
}

/** Whether the distance of the own centroid settles so many labels that it pays to take it before those of the others. */
@inline
function triesDistances(plan: usize): bool {
  const scratch = load<usize>(plan, SCRATCH);
  const share = <f32>load<f64>(plan, TIGHT_SHARE);
  if (share == 1) return false;
  if (load<f32>(scratch + SETTLED) >= share * load<f32>(scratch + TRIED)) return true;
  const skipped = load<i32>(scratch + SKIPPED) + 1;
  store<i32>(scratch + SKIPPED, skipped);
  return skipped % TRIALS == 0;
}

/** Takes how far listed samples are from their centroids at the most; lists those whose label that leaves open, and it. */
function tighten<T>(plan: usize, from: i32, listed: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  let open = 0;
  if (load<usize>(plan, QUANTISED)) {
    const lists = tightenByEstimates<T>(plan, from, listed);
    open = tightenByDistances<T>(plan, from, scratch + UNDECIDED, lists >> 16, lists & 0xffff);
  } else open = tightenByDistances<T>(plan, from, scratch + ACTIVE, listed, 0);
  store<f32>(scratch + TRIED, load<f32>(scratch + TRIED) * KEPT + <f32>listed);
  store<f32>(scratch + SETTLED, load<f32>(scratch + SETTLED) * KEPT + <f32>(listed - open));
  return open;
}

/** By estimates; lists apart those that an exact distance may settle. Returns the lengths of the lists: open, and 2¹⁶ · undecided. */
function tightenByEstimates<T>(plan: usize, from: i32, listed: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const list = scratch + ACTIVE;
  const d = load<i32>(plan, D);
  const row = <usize>((d + 1) & ~1) << 1;
  const rows = load<usize>(plan, QUANTISED) + <usize>from * row;
  store<i32>(scratch + FETCHED, fetchRows(list, listed, rows, row, row));
  const labels = load<usize>(plan, LABELS) + (<usize>from << 2);
  const centroids = load<usize>(plan, QUANTISED_ROWS);
  const centroid = quantisedRowBytes(d);
  let lists = 0;
  for (let a = 0; a < listed; a += 4) {
    const i0 = entryAt(list, a, listed);
    const i1 = entryAt(list, a + 1, listed);
    const i2 = entryAt(list, a + 2, listed);
    const i3 = entryAt(list, a + 3, listed);
    const l0 = <usize>load<i32>(labels + (i0 << 2));
    const l1 = <usize>load<i32>(labels + (i1 << 2));
    const l2 = <usize>load<i32>(labels + (i2 << 2));
    const l3 = <usize>load<i32>(labels + (i3 << 2));
    const c0 = centroids + l0 * centroid;
    const c1 = centroids + l1 * centroid;
    const c2 = centroids + l2 * centroid;
    const c3 = centroids + l3 * centroid;
    const dots = quantisedDotsApart(rows + i0 * row, rows + i1 * row, rows + i2 * row, rows + i3 * row, d, c0 + 16, c1 + 16, c2 + 16, c3 + 16);
    const products = f32x4.mul(scalesOf(plan, from, i0, i1, i2, i3), f32x4.convert_i32x4_s(dots));
    const scores = f32x4.sub(gather<f32>(0, c0 >> 2, c1 >> 2, c2 >> 2, c3 >> 2), products);
    if (sizeof<T>() == 4) lists = decide<T>(plan, from, a, listed, lists, scores, i0, i1, i2, i3, l0, l1, l2, l3);
    else {
      lists = decide<T>(plan, from, a, listed, lists, f64x2.promote_low_f32x4(scores), i0, i1, 0, 0, l0, l1, 0, 0);
      const others = f64x2.promote_low_f32x4(v128.shuffle<u64>(scores, scores, 1, 0));
      lists = decide<T>(plan, from, a + 2, listed, lists, others, i2, i3, 0, 0, l2, l3, 0, 0);
    }
  }
  return lists;
}

/** Puts four (two) samples, which begin at entry a of the list, on the list where they belong by their estimated scores. */
function decide<T>(
  plan: usize, from: i32, a: i32, listed: i32, lists: i32, scores: v128, i0: usize, i1: usize, i2: usize, i3: usize, l0: usize, l1: usize, l2: usize, l3: usize,
): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const sqNorms = sqNormsOf<T>(plan, from, i0, i1, i2, i3);
  const margin = marginOf<T>(plan, from, sqNorms, i0, i1, i2, i3);
  const least = leastLower<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3);
  const near = atMost<T>(sqNorms, scores, margin);
  const limit = limitOf<T>(plan, near);
  keepSafe<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3, least, limit);
  const unsettled = ~bitsOf<T>(v128.gt<T>(least, limit));
  const above = v128.sqrt<T>(v128.pmax<T>(v128.splat<T>(0), v128.sub<T>(v128.add<T>(sqNorms, scores), margin)));
  const settleable = bitsOf<T>(v128.gt<T>(least, limitOf<T>(plan, above)));
  const open = keepAll<T>(scratch, lists & 0xffff, a, listed, unsettled & ~settleable, near, i0, i1, i2, i3);
  let undecided = lists >> 16;
  let bits = unsettled & settleable;
  if (bits) {
    const list = scratch + UNDECIDED;
    undecided = append(list, undecided, i0, i32(a < listed) & bits);
    undecided = append(list, undecided, i1, i32(a + 1 < listed) & (bits >> 1));
    if (sizeof<T>() == 4) {
      undecided = append(list, undecided, i2, i32(a + 2 < listed) & (bits >> 2));
      undecided = append(list, undecided, i3, i32(a + 3 < listed) & (bits >> 3));
    }
  }
  return open | (undecided << 16);
}

/** By exact distances; samples that stay open go behind `open` others. Returns how many these are then. */
function tightenByDistances<T>(plan: usize, from: i32, list: usize, listed: i32, open: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  fetchSamples<T>(plan, from, list, listed);
  const labels = load<usize>(plan, LABELS) + (<usize>from << 2);
  const lanes: i32 = 16 / sizeof<T>();
  for (let a = 0; a < listed; a += lanes) {
    const i0 = entryAt(list, a, listed);
    const i1 = entryAt(list, a + 1, listed);
    const i2 = sizeof<T>() == 4 ? entryAt(list, a + 2, listed) : 0;
    const i3 = sizeof<T>() == 4 ? entryAt(list, a + 3, listed) : 0;
    const l0 = <usize>load<i32>(labels + (i0 << 2));
    const l1 = <usize>load<i32>(labels + (i1 << 2));
    const l2 = <usize>load<i32>(labels + (i2 << 2));
    const l3 = <usize>load<i32>(labels + (i3 << 2));
    const near = nearOf<T>(plan, squaresOf<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3));
    const limit = limitOf<T>(plan, near);
    const least = leastLower<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3);
    keepSafe<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3, least, limit);
    open = keepAll<T>(scratch, open, a, listed, ~bitsOf<T>(v128.gt<T>(least, limit)), near, i0, i1, i2, i3);
  }
  return open;
}

/** Has listed rows on their way. */
@inline
function fetchSamples<T>(plan: usize, from: i32, list: usize, listed: i32): void {
  const d = load<i32>(plan, D);
  if (d <= COLUMNS_MAX_D) return;
  const row = rowBytes<T>(d, load<i32>(plan, STRIDE));
  const fetched = fetchRows(list, listed, load<usize>(plan, X) + <usize>from * row, row, <usize>d * sizeof<T>());
  store<i32>(load<usize>(plan, SCRATCH) + FETCHED, fetched);
}

/** Squared distances of samples to their centroids. */
@inline
function squaresOf<T>(plan: usize, from: i32, i0: usize, i1: usize, i2: usize, i3: usize, l0: usize, l1: usize, l2: usize, l3: usize): v128 {
  let square = v128.splat<T>(squareOf<T>(plan, from + <i32>i0, <i32>l0));
  square = v128.replace_lane<T>(square, 1, squareOf<T>(plan, from + <i32>i1, <i32>l1));
  if (sizeof<T>() == 8) return square;
  square = f32x4.replace_lane(square, 2, <f32>squareOf<T>(plan, from + <i32>i2, <i32>l2));
  return f32x4.replace_lane(square, 3, <f32>squareOf<T>(plan, from + <i32>i3, <i32>l3));
}

/** Lists those of four (two) samples, which begin at entry a of a list, whose bit is set, with their distances at most. */
@inline
function keepAll<T>(scratch: usize, open: i32, a: i32, listed: i32, bits: i32, near: v128, i0: usize, i1: usize, i2: usize, i3: usize): i32 {
  open = keep<T>(scratch, open, i0, v128.extract_lane<T>(near, 0), i32(a < listed) & bits);
  open = keep<T>(scratch, open, i1, v128.extract_lane<T>(near, 1), i32(a + 1 < listed) & (bits >> 1));
  if (sizeof<T>() == 8) return open;
  open = keep<T>(scratch, open, i2, <T>f32x4.extract_lane(near, 2), i32(a + 2 < listed) & (bits >> 2));
  return keep<T>(scratch, open, i3, <T>f32x4.extract_lane(near, 3), i32(a + 3 < listed) & (bits >> 3));
}

@inline
function keep<T>(scratch: usize, open: i32, i: usize, near: T, counts: i32): i32 {
  store<T>(scratch + NEAR + <usize>open * sizeof<T>(), near);
  return append(scratch + ACTIVE, open, i, counts);
}

/** Puts a place on a list, to stay there if `counts` is 1. */
@inline
function append(list: usize, length: i32, i: usize, counts: i32): i32 {
  store<i32>(list + (<usize>length << 2), <i32>i);
  return length + counts;
}

/** Estimates the scores of the active samples and settles those whose best is far enough ahead; lists the others. */
function estimate<T>(plan: usize, from: i32, active: i32, first: bool, fresh: bool): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const list = scratch + ACTIVE;
  const d = load<i32>(plan, D);
  const row = <usize>((d + 1) & ~1) << 1;
  const rows = load<usize>(plan, QUANTISED) + <usize>from * row;
  if (fresh && !first) store<i32>(scratch + FETCHED, fetchRows(list, active, rows, row, row));
  const panels = load<usize>(plan, QUANTISED_PANELS);
  const panelCount = load<i32>(plan, PANEL_COUNT) / (8 / panelWidth<T>());
  let unsure = 0;
  for (let a = 0; a < active; a += 4) {
    const i0 = entryAt(list, a, active);
    const i1 = entryAt(list, a + 1, active);
    const i2 = entryAt(list, a + 2, active);
    const i3 = entryAt(list, a + 3, active);
    const scales = scalesOf(plan, from, i0, i1, i2, i3);
    estimateTop(scratch, rows + i0 * row, rows + i1 * row, rows + i2 * row, rows + i3 * row, d, panels, panelCount, scales);
    if (sizeof<T>() == 4) unsure = settle<T, f32>(plan, from, scratch + TOP, a, active, i0, i1, i2, i3, first, fresh, unsure);
    else {
      unsure = settle<T, f32>(plan, from, scratch + TOP, a, active, i0, i1, 0, 0, first, fresh, unsure);
      if (a + 2 < active) unsure = settle<T, f32>(plan, from, scratch + TOP + 8, a + 2, active, i2, i3, 0, 0, first, fresh, unsure);
    }
  }
  return unsure;
}

/** Scores four samples from entry a of the list on, and settles them. */
@inline
function look<T>(plan: usize, from: i32, a: i32, open: i32, first: bool, fresh: bool): void {
  const scratch = load<usize>(plan, SCRATCH);
  const list = scratch + ACTIVE;
  const d = load<i32>(plan, D);
  const i0 = entryAt(list, a, open);
  const i1 = entryAt(list, a + 1, open);
  const i2 = entryAt(list, a + 2, open);
  const i3 = entryAt(list, a + 3, open);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const rows = load<usize>(plan, X) + <usize>from * row;
  let x0 = rows + i0 * row;
  let x1 = rows + i1 * row;
  let x2 = rows + i2 * row;
  let x3 = rows + i3 * row;
  if (d <= COLUMNS_MAX_D) {
    const column = columnBytes<T>(d, stride);
    x0 = gatherRow<T>(scratch + GATHERED, x0, column, d);
    x1 = gatherRow<T>(x0 + 32, x1, column, d);
    x2 = gatherRow<T>(x1 + 32, x2, column, d);
    x3 = gatherRow<T>(x2 + 32, x3, column, d);
  }
  topOf<T>(scratch, x0, x1, x2, x3, d, load<usize>(plan, PANELS), load<i32>(plan, PANEL_COUNT));
  if (sizeof<T>() == 4) settle<T, T>(plan, from, scratch + TOP, a, open, i0, i1, i2, i3, first, fresh, -1);
  else {
    settle<T, T>(plan, from, scratch + TOP, a, open, i0, i1, 0, 0, first, fresh, -1);
    if (a + 2 < open) settle<T, T>(plan, from, scratch + TOP + 16, a + 2, open, i2, i3, 0, 0, first, fresh, -1);
  }
}

/**
 * Writes labels and bounds of four (two) samples, which begin at entry a of the list, by their least scores.
 *
 * @param first whether there are no labels yet
 * @param fresh whether their distances at most are not known
 * @param unsure length of the list of those that estimates leave open; negative where scores are none
 * @returns the length with those of these
 */
function settle<T, S>(
  plan: usize, from: i32, top: usize, a: i32, active: i32, i0: usize, i1: usize, i2: usize, i3: usize, first: bool, fresh: bool, unsure: i32,
): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const index = v128.load(top, 4 * sizeof<S>());
  const nearest = sizeof<S>() == 4 ? i32x4.trunc_sat_f32x4_s(index) : i32x4.trunc_sat_f64x2_s_zero(index);
  const l0 = <usize>i32x4.extract_lane(nearest, 0);
  const l1 = <usize>i32x4.extract_lane(nearest, 1);
  const l2 = sizeof<T>() == 4 ? <usize>i32x4.extract_lane(nearest, 2) : 0;
  const l3 = sizeof<T>() == 4 ? <usize>i32x4.extract_lane(nearest, 3) : 0;
  const best = widened<T, S>(top);
  const next = widened<T, S>(top + 8 * sizeof<S>());
  if (first && !load<usize>(plan, QUANTISED)) {
    const square = squaresOf<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3);
    scatter<T>(load<usize>(plan, SQ_NORMS) + <usize>from * sizeof<T>(), i0, i1, i2, i3, v128.sub<T>(square, best));
  }
  const sqNorms = sqNormsOf<T>(plan, from, i0, i1, i2, i3);
  const margin = marginOf<T>(plan, from, sqNorms, i0, i1, i2, i3);
  const sure = unsure < 0 ? -1 : bitsOf<T>(v128.gt<T>(v128.sub<T>(next, best), margin));
  const found = atMost<T>(sqNorms, best, margin);
  const nears = scratch + NEAR + <usize>a * sizeof<T>();
  label<T>(plan, from, nears, v128.extract_lane<T>(found, 0), i0, l0, fresh, sure & 1, false);
  label<T>(plan, from, nears + sizeof<T>(), v128.extract_lane<T>(found, 1), i1, l1, fresh, sure & 2, a + 1 >= active);
  if (sizeof<T>() == 4) {
    label<T>(plan, from, nears + 8, <T>f32x4.extract_lane(found, 2), i2, l2, fresh, sure & 4, a + 2 >= active);
    label<T>(plan, from, nears + 12, <T>f32x4.extract_lane(found, 3), i3, l3, fresh, sure & 8, a + 3 >= active);
  }
  const near = v128.load(nears);
  // Other² = ‖x‖² + its score.
  const own = v128.sub<T>(v128.mul<T>(sqNorms, v128.splat<T>(<T>(1 - 16 * epsilonOf<T>()))), margin);
  keepBounds<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3, v128.add<T>(next, own), near);
  return unsure < 0 ? unsure : keepAll<T>(scratch, unsure, a, active, ~sure, near, i0, i1, i2, i3);
}

/** Writes a label that is sure; where it is another, or none is known, the distance at most: that of a lane that repeats the last is the same. */
@inline
function label<T>(plan: usize, from: i32, near: usize, found: T, i: usize, to: usize, fresh: bool, sure: i32, repeats: bool): void {
  if (repeats) {
    store<T>(near, load<T>(near - sizeof<T>()));
    return;
  }
  const cell = load<usize>(plan, LABELS) + ((<usize>from + i) << 2);
  if (!sure || (!fresh && <usize>load<i32>(cell) == to)) return;
  store<i32>(cell, <i32>to);
  store<T>(near, found);
}

/** Four (two) values of type S as values of type T. */
@inline
function widened<T, S>(at: usize): v128 {
  return sizeof<T>() == sizeof<S>() ? v128.load(at) : f64x2.promote_low_f32x4(v128.load64_zero(at));
}

@inline
function sqNormsOf<T>(plan: usize, from: i32, i0: usize, i1: usize, i2: usize, i3: usize): v128 {
  return gather<T>(load<usize>(plan, SQ_NORMS) + <usize>from * sizeof<T>(), i0, i1, i2, i3);
}

/** How far two scores of a sample, estimated or not, are off at the most, in all; without estimates ‖x‖² too. */
@inline
function marginOf<T>(plan: usize, from: i32, sqNorms: v128, i0: usize, i1: usize, i2: usize, i3: usize): v128 {
  let measure = sqNorms;
  if (load<usize>(plan, QUANTISED)) {
    measure = gather<f32>(load<usize>(plan, INVERSE) + (<usize>from << 2), i0, i1, i2, i3);
    if (sizeof<T>() == 8) measure = f64x2.promote_low_f32x4(measure);
  }
  const up = 1 + 8 * epsilonOf<T>();
  return v128.add<T>(v128.splat<T>(<T>(load<f64>(plan, SURE_0) * up)), v128.mul<T>(v128.splat<T>(<T>(load<f64>(plan, SURE_1) * up)), measure));
}

/**
 * Distances at most, by ‖x‖² and scores. What rounding may lose beyond the margin, some ε · (‖x‖² + ‖c‖²), is in 16 ε · ‖x‖² and
 * what the margin has to spare.
 */
@inline
function atMost<T>(sqNorms: v128, scores: v128, margin: v128): v128 {
  const square = v128.add<T>(v128.mul<T>(sqNorms, v128.splat<T>(<T>(1 + 16 * epsilonOf<T>()))), v128.add<T>(scores, margin));
  return v128.mul<T>(v128.sqrt<T>(v128.pmax<T>(v128.splat<T>(0), square)), v128.splat<T>(<T>(1 + 4 * epsilonOf<T>())));
}
