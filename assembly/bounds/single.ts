import { columnBytes, COLUMNS_MAX_D, rowBytes } from '../constants';
import { fetchRows } from '../fetch';
import { gatherRow, squareOf } from './open';
import {
  ACTIVE, D, epsilonOf, FETCHED, GATHERED, GROUP_PATHS, JOINT_PATHS, LABELS, LOWER, MARGIN_0, MARGIN_1, PANEL_COUNT, PANELS,
  RELATIVE, SAFE_UNTIL, SCRATCH, SQ_DISTANCE, STRIDE, TOP, X,
} from './plan';
import { topOf } from './scan';

// All centroids are one group and scores are no estimates (Hamerly 2010): the samples of a vector go through all steps together.

/**
 * Brings labels and bounds of listed samples up to date; returns how many looked at the centroids.
 *
 * @param first whether there are no bounds yet
 */
export function advanceSingle<T>(plan: usize, from: i32, listed: i32, first: bool): i32 {
  const active = first ? listed : tighten<T>(plan, from, listed);
  for (let a = 0; a < active; a += 4) look<T>(plan, from, a, active, first);
  return active;
}

/** Entry a of the list, or the last: vectors that stick out at the end repeat that. */
@inline
function activeAt(scratch: usize, a: i32, count: i32): usize {
  return <usize>load<i32>(scratch + ACTIVE + (<usize>min(a, count - 1) << 2));
}

/** What stands at four (two) places. */
@inline
function gather<T>(base: usize, i0: usize, i1: usize, i2: usize, i3: usize): v128 {
  let v = v128.load_splat<T>(base + i0 * sizeof<T>());
  v = v128.load_lane<T>(base + i1 * sizeof<T>(), v, 1);
  if (sizeof<T>() == 8) return v;
  v = v128.load_lane<f32>(base + (i2 << 2), v, 2);
  return v128.load_lane<f32>(base + (i3 << 2), v, 3);
}

@inline
function scatter<T>(base: usize, i0: usize, i1: usize, i2: usize, i3: usize, v: v128): void {
  v128.store_lane<T>(base + i0 * sizeof<T>(), v, 0);
  v128.store_lane<T>(base + i1 * sizeof<T>(), v, 1);
  if (sizeof<T>() == 8) return;
  v128.store_lane<f32>(base + (i2 << 2), v, 2);
  v128.store_lane<f32>(base + (i3 << 2), v, 3);
}

/** Takes the distances of listed samples to their centroids; lists those whose label these leave open, with the squares. */
function tighten<T>(plan: usize, from: i32, listed: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const row = rowBytes<T>(d, load<i32>(plan, STRIDE));
  if (d > COLUMNS_MAX_D)
    store<i32>(scratch + FETCHED, fetchRows(scratch + ACTIVE, listed, load<usize>(plan, X) + <usize>from * row, row, <usize>d * sizeof<T>()));
  const labels = load<usize>(plan, LABELS) + (<usize>from << 2);
  const lanes: i32 = 16 / sizeof<T>();
  let open = 0;
  for (let a = 0; a < listed; a += lanes) {
    const i0 = activeAt(scratch, a, listed);
    const i1 = activeAt(scratch, a + 1, listed);
    const i2 = sizeof<T>() == 4 ? activeAt(scratch, a + 2, listed) : 0;
    const i3 = sizeof<T>() == 4 ? activeAt(scratch, a + 3, listed) : 0;
    const l0 = <usize>load<i32>(labels + (i0 << 2));
    const l1 = <usize>load<i32>(labels + (i1 << 2));
    const l2 = <usize>load<i32>(labels + (i2 << 2));
    const l3 = <usize>load<i32>(labels + (i3 << 2));
    let square = v128.splat<T>(squareOf<T>(plan, from + <i32>i0, <i32>l0));
    square = v128.replace_lane<T>(square, 1, squareOf<T>(plan, from + <i32>i1, <i32>l1));
    if (sizeof<T>() == 4) {
      square = f32x4.replace_lane(square, 2, <f32>squareOf<T>(plan, from + <i32>i2, <i32>l2));
      square = f32x4.replace_lane(square, 3, <f32>squareOf<T>(plan, from + <i32>i3, <i32>l3));
    }
    const near = nearOf<T>(plan, square);
    const limit = limitOf<T>(plan, near);
    const lower = gather<T>(load<usize>(plan, LOWER) + <usize>from * sizeof<T>(), i0, i1, i2, i3);
    const least = lowerNow<T>(lower, gather<T>(load<usize>(plan, GROUP_PATHS), l0, l1, l2, l3));
    const until = untilOf<T>(least, gather<T>(load<usize>(plan, JOINT_PATHS), l0, l1, l2, l3), limit);
    scatter<T>(load<usize>(plan, SAFE_UNTIL) + <usize>from * sizeof<T>(), i0, i1, i2, i3, until);
    const settled = v128.gt<T>(least, limit);
    const bits = sizeof<T>() == 4 ? i32x4.bitmask(settled) : i64x2.bitmask(settled);
    open = keep<T>(scratch, open, i0, v128.extract_lane<T>(square, 0), ~bits & 1);
    open = keep<T>(scratch, open, i1, v128.extract_lane<T>(square, 1), i32(a + 1 < listed) & (~bits >> 1));
    if (sizeof<T>() == 8) continue;
    open = keep<T>(scratch, open, i2, <T>f32x4.extract_lane(square, 2), i32(a + 2 < listed) & (~bits >> 2));
    open = keep<T>(scratch, open, i3, <T>f32x4.extract_lane(square, 3), i32(a + 3 < listed) & (~bits >> 3));
  }
  return open;
}

/** Puts a place on the list, to stay there if `counts` is 1. */
@inline
function keep<T>(scratch: usize, open: i32, i: usize, square: T, counts: i32): i32 {
  store<i32>(scratch + ACTIVE + (<usize>open << 2), <i32>i);
  store<T>(scratch + SQ_DISTANCE + <usize>open * sizeof<T>(), square);
  return open + counts;
}

/** Scores four samples from entry a of the list on, and settles them. */
@inline
function look<T>(plan: usize, from: i32, a: i32, active: i32, first: bool): void {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const i0 = activeAt(scratch, a, active);
  const i1 = activeAt(scratch, a + 1, active);
  const i2 = activeAt(scratch, a + 2, active);
  const i3 = activeAt(scratch, a + 3, active);
  const stride = load<i32>(plan, STRIDE);
  let row = rowBytes<T>(d, stride);
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
  if (sizeof<T>() == 4) settle<T>(plan, from, scratch + TOP, a, active, i0, i1, i2, i3, first);
  else {
    settle<T>(plan, from, scratch + TOP, a, active, i0, i1, 0, 0, first);
    if (a + 2 < active) settle<T>(plan, from, scratch + TOP + 16, a + 2, active, i2, i3, 0, 0, first);
  }
}

/** Writes labels and bounds of four (two) samples, which begin at entry a of the list, by their least scores. */
function settle<T>(plan: usize, from: i32, top: usize, a: i32, active: i32, i0: usize, i1: usize, i2: usize, i3: usize, first: bool): void {
  const scratch = load<usize>(plan, SCRATCH);
  const index = v128.load(top, 4 * sizeof<T>());
  const fresh = sizeof<T>() == 4 ? i32x4.trunc_sat_f32x4_s(index) : i32x4.trunc_sat_f64x2_s_zero(index);
  const l0 = <usize>i32x4.extract_lane(fresh, 0);
  const l1 = <usize>i32x4.extract_lane(fresh, 1);
  const l2 = sizeof<T>() == 4 ? <usize>i32x4.extract_lane(fresh, 2) : 0;
  const l3 = sizeof<T>() == 4 ? <usize>i32x4.extract_lane(fresh, 3) : 0;
  const squares = scratch + SQ_DISTANCE + <usize>a * sizeof<T>();
  label<T>(plan, from, squares, i0, l0, first, false);
  label<T>(plan, from, squares + sizeof<T>(), i1, l1, first, a + 1 >= active);
  if (sizeof<T>() == 4) {
    label<T>(plan, from, squares + 8, i2, l2, first, a + 2 >= active);
    label<T>(plan, from, squares + 12, i3, l3, first, a + 3 >= active);
  }
  const square = v128.load(squares);
  const near = nearOf<T>(plan, square);
  // Other² = own² + (other score − own score).
  const margin = v128.add<T>(v128.splat<T>(<T>load<f64>(plan, MARGIN_0)), v128.mul<T>(v128.splat<T>(<T>load<f64>(plan, MARGIN_1)), near));
  const own = v128.sub<T>(v128.mul<T>(square, v128.splat<T>(<T>(1 - load<f64>(plan, RELATIVE)))), margin);
  const other = v128.add<T>(v128.sub<T>(v128.load(top, 8 * sizeof<T>()), v128.load(top)), own);
  const path = gather<T>(load<usize>(plan, GROUP_PATHS), l0, l1, l2, l3);
  const root = v128.sqrt<T>(v128.pmax<T>(v128.splat<T>(0), other));
  const lower = v128.mul<T>(v128.add<T>(root, path), v128.splat<T>(<T>(1 - 16 * epsilonOf<T>())));
  scatter<T>(load<usize>(plan, LOWER) + <usize>from * sizeof<T>(), i0, i1, i2, i3, lower);
  const joint = gather<T>(load<usize>(plan, JOINT_PATHS), l0, l1, l2, l3);
  const until = untilOf<T>(lowerNow<T>(lower, path), joint, limitOf<T>(plan, near));
  scatter<T>(load<usize>(plan, SAFE_UNTIL) + <usize>from * sizeof<T>(), i0, i1, i2, i3, until);
}

/** Writes a label; where it is another, or there was none, the squared distance is taken: that of a lane that repeats the last is the same. */
@inline
function label<T>(plan: usize, from: i32, square: usize, i: usize, to: usize, first: bool, repeats: bool): void {
  if (repeats) {
    store<T>(square, load<T>(square - sizeof<T>()));
    return;
  }
  const cell = load<usize>(plan, LABELS) + ((<usize>from + i) << 2);
  if (!first && <usize>load<i32>(cell) == to) return;
  store<i32>(cell, <i32>to);
  store<T>(square, squareOf<T>(plan, from + <i32>i, <i32>to));
}

// As safety.ts has it for one sample.

@inline
function nearOf<T>(plan: usize, square: v128): v128 {
  return v128.mul<T>(v128.sqrt<T>(square), v128.splat<T>(<T>(1 + load<f64>(plan, RELATIVE))));
}

@inline
function limitOf<T>(plan: usize, near: v128): v128 {
  const more = v128.add<T>(near, v128.splat<T>(<T>load<f64>(plan, MARGIN_1)));
  const right = v128.add<T>(v128.mul<T>(more, near), v128.splat<T>(<T>load<f64>(plan, MARGIN_0)));
  return v128.mul<T>(v128.sqrt<T>(right), v128.splat<T>(<T>(1 + 16 * epsilonOf<T>())));
}

@inline
function lowerNow<T>(lower: v128, path: v128): v128 {
  return v128.pmax<T>(v128.splat<T>(0), v128.mul<T>(v128.sub<T>(lower, path), v128.splat<T>(<T>(1 - 4 * epsilonOf<T>()))));
}

@inline
function untilOf<T>(least: v128, joint: v128, limit: v128): v128 {
  const left = v128.mul<T>(v128.add<T>(least, joint), v128.splat<T>(<T>(1 - 4 * epsilonOf<T>())));
  return v128.sub<T>(left, v128.mul<T>(limit, v128.splat<T>(<T>(1 + 4 * epsilonOf<T>()))));
}
