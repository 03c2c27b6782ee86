import { columnBytes, COLUMNS_MAX_D, panelWidth, rowBytes } from '../constants';
import { fetchRows } from '../fetch';
import { estimateTop, scalesOf } from './estimate';
import { gatherRow } from './open';
import {
  ACTIVE, D, epsilonOf, FETCHED, GATHERED, LABELS, NEAR, PANEL_COUNT, PANELS, QUANTISED, QUANTISED_PANELS, SCRATCH, SETTLED, SKIPPED, SQ_NORMS, STRIDE,
  TIGHT_SHARE, TOP, TRIED, X,
} from './plan';
import { topOf } from './scan';
import { fetchSamples, tighten } from './tighten';
import { appendAll, atMost, bitsOf, entryAt, gather, keepBounds, marginOf, scatter, sqNormsOf, squaresOf } from './vectors';

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
  const active = tries ? tryDistances<T>(plan, from, listed) : listed;
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

/** Tightens listed samples and notes what that settled; returns how many are left. */
@inline
function tryDistances<T>(plan: usize, from: i32, listed: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const open = tighten<T>(plan, from, listed);
  store<f32>(scratch + TRIED, load<f32>(scratch + TRIED) * KEPT + <f32>listed);
  store<f32>(scratch + SETTLED, load<f32>(scratch + SETTLED) * KEPT + <f32>(listed - open));
  return open;
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
  label<T>(plan, from, v128.extract_lane<T>(found, 0), i0, l0, fresh, sure & 1);
  label<T>(plan, from, v128.extract_lane<T>(found, 1), i1, l1, fresh, sure & 2);
  if (sizeof<T>() == 4) {
    label<T>(plan, from, <T>f32x4.extract_lane(found, 2), i2, l2, fresh, sure & 4);
    label<T>(plan, from, <T>f32x4.extract_lane(found, 3), i3, l3, fresh, sure & 8);
  }
  const near = gather<T>(scratch + NEAR, i0, i1, i2, i3);
  // Other² = ‖x‖² + its score.
  const own = v128.sub<T>(v128.mul<T>(sqNorms, v128.splat<T>(<T>(1 - 16 * epsilonOf<T>()))), margin);
  keepBounds<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3, v128.add<T>(next, own), near);
  return unsure < 0 ? unsure : appendAll<T>(scratch + ACTIVE, unsure, a, active, ~sure, i0, i1, i2, i3);
}

/** Writes a label that is sure; where it is another, or no distance at most is known, that too. */
@inline
function label<T>(plan: usize, from: i32, found: T, i: usize, to: usize, fresh: bool, sure: i32): void {
  const cell = load<usize>(plan, LABELS) + ((<usize>from + i) << 2);
  if (!sure || (!fresh && <usize>load<i32>(cell) == to)) return;
  store<i32>(cell, <i32>to);
  store<T>(load<usize>(plan, SCRATCH) + NEAR + i * sizeof<T>(), found);
}

/** Four (two) values of type S as values of type T. */
@inline
function widened<T, S>(at: usize): v128 {
  return sizeof<T>() == sizeof<S>() ? v128.load(at) : f64x2.promote_low_f32x4(v128.load64_zero(at));
}
