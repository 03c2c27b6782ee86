import { reassign } from '../accumulate';
import { columnBytes, COLUMNS_MAX_D, panelWidth, rowBytes } from '../constants';
import { fetchRows } from '../fetch';
import { findLeast, gatherBlock, scoreBlock } from './eight';
import { scalesOf } from './estimate';
import { gatherRow, listActive } from './open';
import {
  ACTIVE, BLOCK, CHANGED, CHANGED_COUNT, changesAndBusy, CHUNK, D, epsilonOf, FETCHED, GATHERED, LABELS, PANEL_COUNT, PANELS, PREVIOUS, QUANTISED, QUANTISED_PANELS,
  scoresOf, SCRATCH, SQ_NORMS, STRIDE, SUMS, TOP, WEIGHTS, X,
} from './plan';
import { topOf } from './scan';
import { fetchSamples } from './tighten';
import { appendAll, atMost, bitsOf, entryAt, gather, keepSafe, limitOf, marginOf, scatter, sqNormsOf, squaresOf } from './vectors';

// All centroids are one group (Hamerly 2010). Of the bounds only how long they hold is kept: a sample that is not safe any more looks at
// all centroids. To try the distance of its own first settles too few labels. Scores are estimated first where samples are quantised.

/** Samples that are listed before they look, or hardly more: those of several chunks where few are open. */
const LISTED: i32 = 256;

/**
 * Brings labels, bounds and sums up to date: see advance.
 *
 * @param first whether there are no bounds yet
 */
export function advanceSingle<T>(plan: usize, from: i32, count: i32, first: bool): f64 {
  const scratch = load<usize>(plan, SCRATCH);
  let looks = 0;
  let changed = 0;
  for (let place = 0; place < count; ) {
    let active = 0;
    do {
      const some = min(CHUNK, count - place);
      active = listActive<T>(plan, from, from + place, some, active, first);
      place += some;
    } while (active < LISTED && place < count);
    if (!active) continue;
    looks += active;
    store<i32>(scratch + CHANGED_COUNT, 0);
    let open = active;
    if (load<usize>(plan, QUANTISED)) open = estimate<T>(plan, from, active, first);
    else if (!first) fetchSamples<T>(plan, from, scratch + ACTIVE, active);
    for (let a = 0; a < open; a += 4) look<T>(plan, from, a, open, first);
    changed += sumUp<T>(plan, from);
  }
  return changesAndBusy(plan, changed, <f64>looks, <f64>count);
}

/** Brings the sums up to the labels that changed; returns how many did. */
@inline
function sumUp<T>(plan: usize, from: i32): i32 {
  const list = load<usize>(plan, SCRATCH) + CHANGED;
  const count = load<i32>(load<usize>(plan, SCRATCH) + CHANGED_COUNT);
  if (!count) return 0;
  fetchSamples<T>(plan, from, list, count);
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const weights = load<usize>(plan, WEIGHTS);
  for (let m = 0; m < count; m++) {
    const i = <usize>(from + load<i32>(list + (<usize>m << 2)));
    reassign<T>(
      load<usize>(plan, X) + i * rowBytes<T>(d, stride), columnBytes<T>(d, stride), d, load<i32>(load<usize>(plan, LABELS) + (i << 2)),
      load<usize>(plan, PREVIOUS) + (i << 2), load<usize>(plan, SUMS), weights && weights + (i << 3),
    );
  }
  return count;
}

/** So many samples that are left of blocks look at scores of float32 at once, which takes no longer than to estimate those of a block. */
const REST: i32 = 4;

/** Estimates the scores of the active samples and settles those whose best is far enough ahead; lists the others. */
function estimate<T>(plan: usize, from: i32, active: i32, first: bool): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const list = scratch + ACTIVE;
  const d = load<i32>(plan, D);
  const row = <usize>((d + 1) & ~1) << 1;
  const rows = load<usize>(plan, QUANTISED) + <usize>from * row;
  if (!first) store<i32>(scratch + FETCHED, fetchRows(list, active, rows, row, row));
  const panels = load<usize>(plan, QUANTISED_PANELS);
  const panelCount = load<i32>(plan, PANEL_COUNT) / (8 / panelWidth<T>());
  const block = scratch + BLOCK;
  const scores = scoresOf(plan);
  let unsure = 0;
  let a = 0;
  for (; a < active - (sizeof<T>() == 4 ? REST : 0); a += 8) {
    const i0 = entryAt(list, a, active);
    const i1 = entryAt(list, a + 1, active);
    const i2 = entryAt(list, a + 2, active);
    const i3 = entryAt(list, a + 3, active);
    const i4 = entryAt(list, a + 4, active);
    const i5 = entryAt(list, a + 5, active);
    const i6 = entryAt(list, a + 6, active);
    const i7 = entryAt(list, a + 7, active);
    gatherBlock(block, rows, row, i0, i1, i2, i3, i4, i5, i6, i7);
    scoreBlock(scratch, block, row, panels, panelCount, scores, scalesOf(plan, from, i0, i1, i2, i3), scalesOf(plan, from, i4, i5, i6, i7));
    unsure = settleFour<T>(plan, from, scratch + TOP, scores, a, active, i0, i1, i2, i3, unsure);
    if (a + 4 < active) unsure = settleFour<T>(plan, from, scratch + TOP + 48, scores + 16, a + 4, active, i4, i5, i6, i7, unsure);
  }
  for (; a < active; a++, unsure++) store<i32>(list + (<usize>unsure << 2), load<i32>(list + (<usize>a << 2)));
  return unsure;
}

/** Settles four samples, which begin at entry a of the list, by their estimated scores; returns how many are listed with those left open. */
function settleFour<T>(
  plan: usize, from: i32, top: usize, scores: usize, a: i32, active: i32, i0: usize, i1: usize, i2: usize, i3: usize, unsure: i32,
): i32 {
  findLeast(top, scores);
  if (sizeof<T>() == 4) return settle<T, f32>(plan, from, top, a, active, i0, i1, i2, i3, false, unsure);
  unsure = settle<T, f32>(plan, from, top, a, active, i0, i1, 0, 0, false, unsure);
  return a + 2 < active ? settle<T, f32>(plan, from, top + 8, a + 2, active, i2, i3, 0, 0, false, unsure) : unsure;
}

/** Scores four samples from entry a of the list on, and settles them. */
@inline
function look<T>(plan: usize, from: i32, a: i32, open: i32, first: bool): void {
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
  const measures = first && !load<usize>(plan, QUANTISED);
  if (sizeof<T>() == 4) settle<T, T>(plan, from, scratch + TOP, a, open, i0, i1, i2, i3, measures, -1);
  else {
    settle<T, T>(plan, from, scratch + TOP, a, open, i0, i1, 0, 0, measures, -1);
    if (a + 2 < open) settle<T, T>(plan, from, scratch + TOP + 16, a + 2, open, i2, i3, 0, 0, measures, -1);
  }
}

/**
 * Writes labels of four (two) samples, which begin at entry a of the list, by their least scores, and how long these are safe.
 *
 * @param measures whether ‖x‖² is not known yet
 * @param unsure length of the list of those that estimates leave open; negative where scores are none
 * @returns the length with those of these
 */
function settle<T, S>(
  plan: usize, from: i32, top: usize, a: i32, active: i32, i0: usize, i1: usize, i2: usize, i3: usize, measures: bool, unsure: i32,
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
  if (measures) {
    const square = squaresOf<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3);
    scatter<T>(load<usize>(plan, SQ_NORMS) + <usize>from * sizeof<T>(), i0, i1, i2, i3, v128.sub<T>(square, best));
  }
  const sqNorms = sqNormsOf<T>(plan, from, i0, i1, i2, i3);
  const margin = marginOf<T>(plan, from, sqNorms, i0, i1, i2, i3);
  // Other² = ‖x‖² + its score.
  const sqNext = v128.add<T>(next, v128.sub<T>(v128.mul<T>(sqNorms, v128.splat<T>(<T>(1 - 16 * epsilonOf<T>()))), margin));
  const least = v128.mul<T>(v128.sqrt<T>(v128.pmax<T>(v128.splat<T>(0), sqNext)), v128.splat<T>(<T>(1 - 16 * epsilonOf<T>())));
  keepSafe<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3, least, limitOf<T>(plan, atMost<T>(sqNorms, best, margin)));
  const sure = unsure < 0 ? -1 : bitsOf<T>(v128.gt<T>(v128.sub<T>(next, best), margin));
  keepLabels<T>(plan, from, a, active, sure, nearest, i0, i1, i2, i3);
  return unsure < 0 ? unsure : appendAll<T>(scratch + ACTIVE, unsure, a, active, ~sure, i0, i1, i2, i3);
}

/** Writes those of four (two) labels that are sure, and lists the samples that had others. */
@inline
function keepLabels<T>(plan: usize, from: i32, a: i32, active: i32, sure: i32, nearest: v128, i0: usize, i1: usize, i2: usize, i3: usize): void {
  const before = gather<f32>(load<usize>(plan, PREVIOUS) + (<usize>from << 2), i0, i1, sizeof<T>() == 4 ? i2 : i1, sizeof<T>() == 4 ? i3 : i1);
  const changes = sure & i32x4.bitmask(i32x4.ne(before, nearest));
  if (!changes) return;
  const labels = load<usize>(plan, LABELS) + (<usize>from << 2);
  if (changes & 1) v128.store32_lane(labels + (i0 << 2), nearest, 0);
  if (changes & 2) v128.store32_lane(labels + (i1 << 2), nearest, 1);
  if (sizeof<T>() == 4) {
    if (changes & 4) v128.store32_lane(labels + (i2 << 2), nearest, 2);
    if (changes & 8) v128.store32_lane(labels + (i3 << 2), nearest, 3);
  }
  const count = load<usize>(plan, SCRATCH) + CHANGED_COUNT;
  store<i32>(count, appendAll<T>(load<usize>(plan, SCRATCH) + CHANGED, load<i32>(count), a, active, changes, i0, i1, i2, i3));
}

/** Four (two) values of type S as values of type T. */
@inline
function widened<T, S>(at: usize): v128 {
  return sizeof<T>() == sizeof<S>() ? v128.load(at) : f64x2.promote_low_f32x4(v128.load64_zero(at));
}
