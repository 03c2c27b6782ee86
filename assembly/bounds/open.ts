import { COLUMNS_MAX_D, centroidStride, columnBytes, rowBytes } from '../constants';
import { sqDistance } from '../inline/distance';
import { fetchRows } from '../fetch';
import {
  ACTIVE, CENTROIDS, D, epsilonOf, FETCHED, GATHERED, JOINT_PATHS, labelOf, LABELS, LEAST_LOWER, LONGEST_PATH, lowerBounds, lowerBytes,
  RELATIVE, RUNNER_UP, SAFE_UNTIL, SCRATCH, SQ_DISTANCE, STATE, STRIDE, X,
} from './plan';
import { keepSafe, leastLower, limitOf, upperNow } from './safety';
import { bitsOf } from './vectors';

/**
 * Lists the samples whose label is not safe any more, or all where there are no bounds yet, by their place behind sample `base`, after
 * others; returns how many are listed then.
 */
export function listActive<T>(plan: usize, base: i32, from: i32, count: i32, listed: i32, first: bool): i32 {
  if (!first) return listOpen<T>(plan, base, from, count, listed);
  const list = load<usize>(plan, SCRATCH) + ACTIVE;
  for (let i = from; i < from + count; i++, listed++) store<i32>(list + (<usize>listed << 2), i - base);
  return listed;
}

function listOpen<T>(plan: usize, base: i32, from: i32, count: i32, listed: i32): i32 {
  const safe = load<usize>(plan, SAFE_UNTIL) + <usize>from * sizeof<T>();
  const bytes = <usize>count * sizeof<T>();
  const beyond = v128.splat<T>(<T>load<f64>(plan, LONGEST_PATH));
  let at: usize = 0;
  // Most labels are safe by far: eight vectors at a time are passed over.
  for (; at + 128 <= bytes; at += 128) {
    const a0 = v128.le<T>(v128.load(safe + at), beyond);
    const a1 = v128.le<T>(v128.load(safe + at, 16), beyond);
    const a2 = v128.le<T>(v128.load(safe + at, 32), beyond);
    const a3 = v128.le<T>(v128.load(safe + at, 48), beyond);
    const b0 = v128.le<T>(v128.load(safe + at, 64), beyond);
    const b1 = v128.le<T>(v128.load(safe + at, 80), beyond);
    const b2 = v128.le<T>(v128.load(safe + at, 96), beyond);
    const b3 = v128.le<T>(v128.load(safe + at, 112), beyond);
    const a = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a0, a1), i16x8.narrow_i32x4_s(a2, a3));
    const b = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(b0, b1), i16x8.narrow_i32x4_s(b2, b3));
    if (!v128.any_true(v128.or(a, b))) continue;
    // Masks of float64 leave two bits each.
    const bits = i8x16.bitmask(a) | (i8x16.bitmask(b) << 16);
    const place = from + <i32>(at / sizeof<T>());
    listed = listAmong<T>(plan, base, place, sizeof<T>() == 4 ? bits : bits & 0x55555555, sizeof<T>() == 4 ? 0 : 1, listed);
  }
  for (; at < bytes; at += 16) {
    const left = <i32>((bytes - at) / sizeof<T>());
    const bits = bitsOf<T>(v128.le<T>(v128.load(safe + at), beyond)) & ((1 << min(left, 4)) - 1);
    listed = listAmong<T>(plan, base, from + <i32>(at / sizeof<T>()), bits, 0, listed);
  }
  return listed;
}

/**
 * Lists those samples of a few, marked by bits, whose label is not safe by the joint path of its own centroid.
 *
 * @param twice 1 where bits stand for half a sample each, else 0
 */
@inline
function listAmong<T>(plan: usize, base: i32, place: i32, bits: i32, twice: i32, listed: i32): i32 {
  const list = load<usize>(plan, SCRATCH) + ACTIVE;
  const safe = load<usize>(plan, SAFE_UNTIL);
  const labels = load<usize>(plan, LABELS);
  const paths = load<usize>(plan, JOINT_PATHS);
  for (; bits; bits &= bits - 1) {
    const i = place + (ctz(bits) >> twice);
    const path = load<T>(paths + <usize>load<i32>(labels + (<usize>i << 2)) * sizeof<T>());
    // Without a branch: nobody could foretell it.
    store<i32>(list + (<usize>listed << 2), i - base);
    listed += i32(load<T>(safe + <usize>i * sizeof<T>()) <= path);
  }
  return listed;
}

/**
 * Takes the joint paths off from what labels are safe until, so that they can begin anew: those of the first iterations are long and
 * differ, and what is passed over together is judged by the longest.
 */
export function shorten<T>(plan: usize, from: i32, count: i32): void {
  const safe = load<usize>(plan, SAFE_UNTIL);
  const labels = load<usize>(plan, LABELS);
  const paths = load<usize>(plan, JOINT_PATHS);
  const down = <T>(1 - 4 * epsilonOf<T>());
  for (let i = <usize>from; i < <usize>(from + count); i++) {
    const cell = safe + i * sizeof<T>();
    store<T>(cell, (load<T>(cell) - load<T>(paths + <usize>load<i32>(labels + (i << 2)) * sizeof<T>())) * down);
  }
}

/** Takes the bounds of the listed samples as they are now; keeps those that stay open. */
export function reconsider<T>(plan: usize, from: i32, listed: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const active = scratch + ACTIVE;
  const row = lowerBytes<T>(plan);
  store<i32>(scratch + FETCHED, fetchRows(active, listed, lowerBounds<T>(plan, from), row, row));
  let count: usize = 0;
  for (let a: usize = 0; a < <usize>listed; a++) {
    const i = load<i32>(active + (a << 2));
    const label = labelOf(plan, from + i);
    const least = leastLower<T>(plan, from + i);
    const limit = limitOf<T>(plan, upperNow<T>(plan, from + i, label));
    store<T>(scratch + LEAST_LOWER + <usize>i * sizeof<T>(), least);
    store<i32>(active + (count << 2), i);
    keepSafe<T>(plan, from + i, label, least, limit);
    count += usize(!(least > limit));
  }
  return <i32>count;
}

/** The distance from its centroid of the sample at a place, rounded up; its square is left in SQ_DISTANCE. */
export function measured<T>(plan: usize, from: i32, i: i32, label: i32): T {
  const square = squareOf<T>(plan, from + i, label);
  store<T>(load<usize>(plan, SCRATCH) + SQ_DISTANCE + <usize>i * sizeof<T>(), square);
  return <T>(sqrt<T>(square) * <T>(1 + load<f64>(plan, RELATIVE)));
}

/** Squared distance of sample i to a centroid. */
export function squareOf<T>(plan: usize, i: i32, label: i32): T {
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const c = load<usize>(plan, CENTROIDS) + <usize>(label * centroidStride(d)) * sizeof<T>();
  return sqDistance<T>(load<usize>(plan, X) + <usize>i * rowBytes<T>(d, stride), columnBytes<T>(d, stride), c, d);
}

/** Makes room for what the active samples will find: no best score yet. Columns are gathered. */
export function clearStates<T>(plan: usize, from: i32, active: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const x = load<usize>(plan, X) + <usize>from * row;
  for (let a: usize = 0; a < <usize>active; a++) {
    const i = <usize>load<i32>(scratch + ACTIVE + (a << 2));
    if (d <= COLUMNS_MAX_D) gatherRow<T>(scratch + GATHERED + i * <usize>d * sizeof<T>(), x + i * row, columnBytes<T>(d, stride), d);
    const state = scratch + STATE + i * 4 * sizeof<T>();
    v128.store(state, v128.splat<T>(<T>Infinity));
    if (sizeof<T>() == 8) v128.store(state, v128.splat<T>(<T>Infinity), 16);
    store<T>(scratch + RUNNER_UP + i * sizeof<T>(), <T>Infinity);
  }
}

/** Writes the values of a sample that lie in columns as a row; returns where. */
@inline
export function gatherRow<T>(to: usize, x: usize, column: usize, d: i32): usize {
  for (let f: usize = 0; f < <usize>d; f++) store<T>(to + f * sizeof<T>(), load<T>(x + f * column));
  return to;
}
