import { COLUMNS_MAX_D, centroidStride, columnBytes, rowBytes } from '../constants';
import { sqDistance } from '../inline/distance';
import { fetchRows } from '../fetch';
import {
  ACTIVE, CENTROIDS, D, FETCHED, GATHERED, JOINT_PATHS, labelOf, LABELS, LEAST_LOWER, LONGEST_PATH, lowerBounds, lowerBytes,
  RELATIVE, RUNNER_UP, SAFE_UNTIL, SCRATCH, SQ_DISTANCE, STATE, STRIDE, X,
} from './plan';
import { keepSafe, leastLower, limitOf, upperNow } from './safety';

/** Lists the samples whose label is not safe any more. */
export function listOpen<T>(plan: usize, from: i32, count: i32): i32 {
  const active = load<usize>(plan, SCRATCH) + ACTIVE;
  const safe = load<usize>(plan, SAFE_UNTIL) + <usize>from * sizeof<T>();
  const labels = load<usize>(plan, LABELS) + (<usize>from << 2);
  const paths = load<usize>(plan, JOINT_PATHS);
  const bytes = <usize>(count * sizeof<T>() + 15) & ~15;
  const beyond = v128.splat<T>(<T>load<f64>(plan, LONGEST_PATH));
  let listed = 0;
  for (let i: usize = 0; i < bytes; i += 16) {
    // Most labels are safe by far: eight vectors at a time are passed over.
    while (i + 128 <= bytes) {
      const a = v128.pmin<T>(v128.pmin<T>(v128.load(safe + i), v128.load(safe + i, 16)), v128.pmin<T>(v128.load(safe + i, 32), v128.load(safe + i, 48)));
      const b = v128.pmin<T>(v128.pmin<T>(v128.load(safe + i, 64), v128.load(safe + i, 80)), v128.pmin<T>(v128.load(safe + i, 96), v128.load(safe + i, 112)));
      if (v128.any_true(v128.le<T>(v128.pmin<T>(a, b), beyond))) break;
      i += 128;
    }
    if (i >= bytes) break;
    const settled = v128.gt<T>(v128.load(safe + i), pathsOf<T>(paths, labels + (sizeof<T>() == 4 ? i : i >> 1)));
    const open = sizeof<T>() == 4 ? i32x4.bitmask(settled) ^ 15 : i64x2.bitmask(settled) ^ 3;
    if (open == 0) continue;
    const place = <i32>(i / sizeof<T>());
    for (let lane = 0; lane < <i32>(16 / sizeof<T>()); lane++) {
      store<i32>(active + (<usize>listed << 2), place + lane);
      listed += ((open >> lane) & 1) & i32(place + lane < count);
    }
  }
  return listed;
}

/** The paths that four (two) labels name. */
@inline
function pathsOf<T>(paths: usize, labels: usize): v128 {
  if (sizeof<T>() == 4) {
    let v = v128.load32_zero(paths + (<usize>load<i32>(labels) << 2));
    v = v128.load_lane<f32>(paths + (<usize>load<i32>(labels, 4) << 2), v, 1);
    v = v128.load_lane<f32>(paths + (<usize>load<i32>(labels, 8) << 2), v, 2);
    return v128.load_lane<f32>(paths + (<usize>load<i32>(labels, 12) << 2), v, 3);
  }
  const v = v128.load64_zero(paths + (<usize>load<i32>(labels) << 3));
  return v128.load_lane<f64>(paths + (<usize>load<i32>(labels, 4) << 3), v, 1);
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
