import { COLUMNS_MAX_D, centroidStride, columnBytes, quantisedRowBytes, rowBytes } from '../constants';
import { sqDistance } from '../inline/distance';
import { fetchRows } from '../inline/fetch';
import {
  ACTIVE, atMost, CENTROIDS, CHUNK, D, epsilonOf, FACTOR, FETCHED, GATHERED, GROUP_OF, GROUP_SHIFTS, GROUPS, inverseOf, LABELS, LEAST_LOWER, LIMIT,
  lowerBounds, MARGIN_0, MARGIN_1, OWN_GROUP, QUANTISED, QUANTISED_ROWS, RELATIVE, RUNNER_UP, SCRATCH, SHIFTS, SQ_DISTANCE, SQ_NORMS,
  STATE, STRIDE, sureMargin, UNDECIDED, UPPER, X,
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

/** Takes the distance of the listed samples as their upper bound; keeps those that stay open. */
export function tighten<T>(plan: usize, from: i32, listed: i32): i32 {
  const active = load<usize>(plan, SCRATCH) + ACTIVE;
  return load<usize>(plan, QUANTISED) ? tightenByEstimates<T>(plan, from, listed) : tightenByDistances<T>(plan, from, active, listed, active);
}

/** The same by exact distances; those that stay open are listed at `open`. */
function tightenByDistances<T>(plan: usize, from: i32, list: usize, listed: i32, open: usize): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const row = rowBytes<T>(d, load<i32>(plan, STRIDE));
  if (d > COLUMNS_MAX_D)
    store<i32>(scratch + FETCHED, fetchRows(list, listed, load<usize>(plan, X) + <usize>from * row, row, <usize>d * sizeof<T>()));
  let count: usize = 0;
  for (let a: usize = 0; a < <usize>listed; a++) {
    const i = load<i32>(list + (a << 2));
    const upper = measured<T>(plan, from, i);
    store<T>(load<usize>(plan, UPPER) + <usize>(from + i) * sizeof<T>(), upper);
    store<i32>(open + (count << 2), i);
    count += usize(!settles<T>(plan, upper, load<T>(scratch + LEAST_LOWER + <usize>i * sizeof<T>())));
  }
  return <i32>count;
}

/** By estimates, and by exact distances where only these can settle it. */
function tightenByEstimates<T>(plan: usize, from: i32, listed: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const active = scratch + ACTIVE;
  const row = <usize>((load<i32>(plan, D) + 1) & ~1) << 1;
  store<i32>(scratch + FETCHED, fetchRows(active, listed, load<usize>(plan, QUANTISED) + <usize>from * row, row, row));
  let open: usize = 0;
  let undecided: usize = 0;
  for (let a: usize = 0; a < <usize>listed; a++) {
    const i = load<i32>(active + (a << 2));
    const least = load<T>(scratch + LEAST_LOWER + <usize>i * sizeof<T>());
    const own = ownEstimate<T>(plan, from + i);
    const margin = sureMargin(plan, inverseOf(plan, from + i));
    const sqNorm = <f64>load<T>(load<usize>(plan, SQ_NORMS) + <usize>(from + i) * sizeof<T>());
    const upper = atMost<T>(sqNorm, own, margin);
    store<T>(load<usize>(plan, UPPER) + <usize>(from + i) * sizeof<T>(), upper);
    const unsettled = usize(!settles<T>(plan, upper, least));
    const settleable = usize(settles<T>(plan, <T>Math.sqrt(max<f64>(sqNorm + own - margin, 0)), least));
    store<i32>(active + (open << 2), i);
    store<i32>(scratch + UNDECIDED + (undecided << 2), i);
    open += unsettled & (settleable ^ 1);
    undecided += unsettled & settleable;
  }
  return <i32>open + tightenByDistances<T>(plan, from, scratch + UNDECIDED, <i32>undecided, active + (open << 2));
}

/** Whether bounds settle a label: lower² exceeds upper² beyond rounding. */
@inline
function settles<T>(plan: usize, upper: T, least: T): bool {
  const right = (upper + <T>load<f64>(plan, MARGIN_1)) * upper + <T>load<f64>(plan, MARGIN_0);
  return least * least * <T>(1 - 16 * epsilonOf<T>()) > right;
}

/** The distance from its centroid of the sample at a place, rounded up; its square is left in SQ_DISTANCE. */
export function measured<T>(plan: usize, from: i32, i: i32): T {
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const label = load<i32>(load<usize>(plan, LABELS) + (<usize>(from + i) << 2));
  const c = load<usize>(plan, CENTROIDS) + <usize>(label * centroidStride(d)) * sizeof<T>();
  const x = load<usize>(plan, X) + <usize>(from + i) * rowBytes<T>(d, stride);
  const square = sqDistance<T>(x, columnBytes<T>(d, stride), c, d);
  store<T>(load<usize>(plan, SCRATCH) + SQ_DISTANCE + <usize>i * sizeof<T>(), square);
  return <T>(sqrt<T>(square) * <T>(1 + load<f64>(plan, RELATIVE)));
}

/** The score of sample i and its own centroid, estimated from quantised values. */
@inline
function ownEstimate<T>(plan: usize, i: i32): f64 {
  const d = load<i32>(plan, D);
  const label = load<i32>(load<usize>(plan, LABELS) + (<usize>i << 2));
  const centroid = load<usize>(plan, QUANTISED_ROWS) + <usize>label * quantisedRowBytes(d);
  let c = centroid + 16;
  let x = load<usize>(plan, QUANTISED) + <usize>i * <usize>(((d + 1) & ~1) << 1);
  const end = x + <usize>(d << 1);
  let sum = i32x4.splat(0);
  // What a vector reads behind the row meets zeros.
  for (; x < end; x += 16, c += 16) sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(x), v128.load(c)));
  sum = i32x4.add(sum, v128.shuffle<u32>(sum, sum, 2, 3, 0, 1));
  const dot = i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1);
  return <f64>load<f32>(centroid) - load<f64>(plan, FACTOR) * <f64>inverseOf(plan, i) * <f64>dot;
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
