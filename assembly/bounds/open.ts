import { COLUMNS_MAX_D, centroidStride, columnBytes, rowBytes } from '../constants';
import { sqDistance } from '../inline/distance';
import {
  ACTIVE, CENTROIDS, CHUNK, D, epsilonOf, GATHERED, GROUP_OF, GROUP_SHIFTS, GROUPS, LABELS, LEAST_LOWER, LIMIT, LOWER, LOWER_STRIDE,
  lowerBounds, MARGIN_0, MARGIN_1, OWN_GROUP, RELATIVE, RUNNER_UP, SCRATCH, SHIFTS, SQ_DISTANCE, STATE, STRIDE, UPPER, X,
} from './plan';

/** Moves the bounds by what the centroids moved, and lists the samples whose label they leave open. */
export function loosen<T>(plan: usize, from: i32, count: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const epsilon = epsilonOf<T>();
  const up = v128.splat<T>(<T>(1 + 4 * epsilon));
  const down = v128.splat<T>(<T>(1 - 4 * epsilon));
  const bytes = <usize>((count * sizeof<T>() + 15) & ~15);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(scratch + LEAST_LOWER + i, v128.splat<T>(<T>Infinity));
  const groups = load<i32>(plan, GROUPS);
  for (let g = 0; g < groups; g++) {
    const shift = v128.load_splat<T>(load<usize>(plan, GROUP_SHIFTS) + <usize>g * sizeof<T>());
    const lower = lowerBounds<T>(plan, from, g);
    for (let i: usize = 0; i < bytes; i += 16) {
      const bound = v128.pmax<T>(v128.splat<T>(0), v128.mul<T>(v128.sub<T>(v128.load(lower + i), shift), down));
      v128.store(lower + i, bound);
      v128.store(scratch + LEAST_LOWER + i, v128.pmin<T>(v128.load(scratch + LEAST_LOWER + i), bound));
    }
  }

  const upper = load<usize>(plan, UPPER) + <usize>from * sizeof<T>();
  const labels = load<usize>(plan, LABELS) + (<usize>from << 2);
  const shifts = load<usize>(plan, SHIFTS);
  const margin0 = v128.splat<T>(<T>load<f64>(plan, MARGIN_0));
  const margin1 = v128.splat<T>(<T>load<f64>(plan, MARGIN_1));
  const shrink = v128.splat<T>(<T>(1 - 16 * epsilon));
  let active = 0;
  for (let i: usize = 0; i < bytes; i += 16) {
    const own = shiftsOf<T>(shifts, labels + (sizeof<T>() == 4 ? i : i >> 1));
    const bound = v128.mul<T>(v128.add<T>(v128.load(upper + i), own), up);
    v128.store(upper + i, bound);
    // Settled: lower² exceeds upper² beyond rounding.
    const least = v128.load(scratch + LEAST_LOWER + i);
    const left = v128.mul<T>(v128.mul<T>(least, least), shrink);
    const right = v128.add<T>(v128.mul<T>(v128.add<T>(bound, margin1), bound), margin0);
    const settled = v128.gt<T>(left, right);
    const open = sizeof<T>() == 4 ? i32x4.bitmask(settled) ^ 15 : i64x2.bitmask(settled) ^ 3;
    if (open == 0) continue;
    const place = <i32>(i / sizeof<T>());
    for (let lane = 0; lane < <i32>(16 / sizeof<T>()); lane++) {
      store<i32>(scratch + ACTIVE + (<usize>active << 2), place + lane);
      active += ((open >> lane) & 1) & i32(place + lane < count);
    }
  }
  return active;
}

/** How far the centroids moved that four (two) labels name. */
@inline
function shiftsOf<T>(shifts: usize, labels: usize): v128 {
  if (sizeof<T>() == 4) {
    let v = v128.load32_zero(shifts + (<usize>load<i32>(labels) << 2));
    v = v128.load_lane<f32>(shifts + (<usize>load<i32>(labels, 4) << 2), v, 1);
    v = v128.load_lane<f32>(shifts + (<usize>load<i32>(labels, 8) << 2), v, 2);
    return v128.load_lane<f32>(shifts + (<usize>load<i32>(labels, 12) << 2), v, 3);
  }
  const v = v128.load64_zero(shifts + (<usize>load<i32>(labels) << 3));
  return v128.load_lane<f64>(shifts + (<usize>load<i32>(labels, 4) << 3), v, 1);
}

/** Takes the exact distance of the listed samples as their upper bound; keeps those that stay open. */
export function tighten<T>(plan: usize, from: i32, listed: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  const x = load<usize>(plan, X) + <usize>from * row;
  const labels = load<usize>(plan, LABELS) + (<usize>from << 2);
  const uppers = load<usize>(plan, UPPER) + <usize>from * sizeof<T>();
  const centroids = load<usize>(plan, CENTROIDS);
  const centroidBytes = <usize>centroidStride(d) * sizeof<T>();
  const margin0 = <T>load<f64>(plan, MARGIN_0);
  const margin1 = <T>load<f64>(plan, MARGIN_1);
  const grow = <T>(1 + load<f64>(plan, RELATIVE));
  const shrink = <T>(1 - 16 * epsilonOf<T>());
  let active: usize = 0;
  for (let a: usize = 0; a < <usize>listed; a++) {
    const i = <usize>load<i32>(scratch + ACTIVE + (a << 2));
    const label = <usize>load<i32>(labels + (i << 2));
    const square = sqDistance<T>(x + i * row, column, centroids + label * centroidBytes, d);
    const upper = <T>(sqrt<T>(square) * grow);
    const least = load<T>(scratch + LEAST_LOWER + i * sizeof<T>());
    store<T>(uppers + i * sizeof<T>(), upper);
    store<i32>(scratch + ACTIVE + (active << 2), <i32>i);
    store<T>(scratch + SQ_DISTANCE + i * sizeof<T>(), square);
    active += usize(!(least * least * shrink > (upper + margin1) * upper + margin0));
  }
  return <i32>active;
}

/** Makes room for what the active samples will find: no best score yet, and which groups can hold it. Columns are gathered. */
export function clearStates<T>(plan: usize, from: i32, active: i32, first: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const x = load<usize>(plan, X) + <usize>from * row;
  if (!first) {
    // Places that are not active look at nothing.
    for (let i: usize = 0; i < <usize>CHUNK; i += 4) v128.store(scratch + OWN_GROUP + (i << 2), i32x4.splat(-1));
    for (let i: usize = 0; i < <usize>CHUNK * sizeof<T>(); i += 16) v128.store(scratch + LIMIT + i, v128.splat<T>(<T>-1));
  }
  for (let a: usize = 0; a < <usize>active; a++) {
    const i = <usize>load<i32>(scratch + ACTIVE + (a << 2));
    if (d <= COLUMNS_MAX_D) {
      const gathered = scratch + GATHERED + i * <usize>d * sizeof<T>();
      let p = x + i * row;
      for (let f: usize = 0; f < <usize>d; f++, p += columnBytes<T>(d, stride)) store<T>(gathered + f * sizeof<T>(), load<T>(p));
    }
    if (!first) {
      const sample = <usize>from + i;
      store<T>(scratch + LIMIT + i * sizeof<T>(), limitOf<T>(plan, load<T>(load<usize>(plan, UPPER) + sample * sizeof<T>())));
      const label = <usize>load<i32>(load<usize>(plan, LABELS) + (sample << 2));
      store<i32>(scratch + OWN_GROUP + (i << 2), load<i32>(load<usize>(plan, GROUP_OF) + (label << 2)));
    }
    const state = scratch + STATE + i * 4 * sizeof<T>();
    v128.store(state, v128.splat<T>(<T>Infinity));
    if (sizeof<T>() == 8) v128.store(state, v128.splat<T>(<T>Infinity), 16);
    store<T>(scratch + RUNNER_UP + i * sizeof<T>(), <T>Infinity);
  }
}

/** The lower bound above which a group cannot hold the nearest centroid, rounded up. */
@inline
function limitOf<T>(plan: usize, upper: T): T {
  const epsilon = epsilonOf<T>();
  const right = (<f64>upper + load<f64>(plan, MARGIN_1)) * <f64>upper + load<f64>(plan, MARGIN_0);
  return <T>(Math.sqrt(right) * (1 + 16 * epsilon));
}
