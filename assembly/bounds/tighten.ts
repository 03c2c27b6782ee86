import { COLUMNS_MAX_D, quantisedRowBytes, rowBytes } from '../constants';
import { fetchRows } from '../fetch';
import { quantisedDotsApart } from '../inline/quantised-tile';
import { scalesOf } from './estimate';
import { squareOf } from './open';
import {
  ACTIVE, D, epsilonOf, FETCHED, LABELS, LEAST_LOWER, LIMIT, NEAR, PATHS, QUANTISED, QUANTISED_ROWS, SCRATCH, SQ_DISTANCE, STRIDE, UNDECIDED, UPPER, X,
} from './plan';
import { appendAll, atMost, bitsOf, entryAt, gather, keepSafe, limitOf, marginOf, nearOf, scatter, sqNormsOf, squaresOf } from './vectors';

// The distance of a sample's own centroid, which may settle its label: four (two) samples go through it together.

/**
 * Takes how far listed samples are from their centroids at the most, which is left in NEAR; lists those whose label stays open.
 * The limits and, but for estimates, the squares are left in LIMIT and SQ_DISTANCE, all by place.
 */
export function tighten<T>(plan: usize, from: i32, listed: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  if (!load<usize>(plan, QUANTISED)) return tightenByDistances<T>(plan, from, scratch + ACTIVE, listed, 0);
  const lists = tightenByEstimates<T>(plan, from, listed);
  return tightenByDistances<T>(plan, from, scratch + UNDECIDED, lists >> 16, lists & 0xffff);
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
  const least = leastOf<T>(plan, i0, i1, i2, i3);
  const near = atMost<T>(sqNorms, scores, margin);
  const limit = limitOf<T>(plan, near);
  keepNear<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3, least, near, limit);
  const unsettled = ~bitsOf<T>(v128.gt<T>(least, limit));
  const above = v128.sqrt<T>(v128.pmax<T>(v128.splat<T>(0), v128.sub<T>(v128.add<T>(sqNorms, scores), margin)));
  const settleable = bitsOf<T>(v128.gt<T>(least, limitOf<T>(plan, above)));
  const open = appendAll<T>(scratch + ACTIVE, lists & 0xffff, a, listed, unsettled & ~settleable, i0, i1, i2, i3);
  return open | (appendAll<T>(scratch + UNDECIDED, lists >> 16, a, listed, unsettled & settleable, i0, i1, i2, i3) << 16);
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
    const squares = squaresOf<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3);
    scatter<T>(scratch + SQ_DISTANCE, i0, i1, i2, i3, squares);
    const near = nearOf<T>(plan, squares);
    const limit = limitOf<T>(plan, near);
    const least = leastOf<T>(plan, i0, i1, i2, i3);
    keepNear<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3, least, near, limit);
    open = appendAll<T>(scratch + ACTIVE, open, a, listed, ~bitsOf<T>(v128.gt<T>(least, limit)), i0, i1, i2, i3);
  }
  return open;
}

/** The least lower bounds, which have been asked for before. */
@inline
function leastOf<T>(plan: usize, i0: usize, i1: usize, i2: usize, i3: usize): v128 {
  return gather<T>(load<usize>(plan, SCRATCH) + LEAST_LOWER, i0, i1, i2, i3);
}

/** Keeps new distances at most, how long labels are safe by them, and the limits. */
@inline
function keepNear<T>(
  plan: usize, from: i32, i0: usize, i1: usize, i2: usize, i3: usize, l0: usize, l1: usize, l2: usize, l3: usize, least: v128, near: v128, limit: v128,
): void {
  const scratch = load<usize>(plan, SCRATCH);
  scatter<T>(scratch + NEAR, i0, i1, i2, i3, near);
  keepSafe<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3, least, limit);
  scatter<T>(scratch + LIMIT, i0, i1, i2, i3, limit);
  const path = gather<T>(load<usize>(plan, PATHS), l0, l1, l2, l3);
  const above = v128.mul<T>(near, v128.splat<T>(<T>(1 + 4 * epsilonOf<T>())));
  const upper = v128.sub<T>(above, v128.mul<T>(path, v128.splat<T>(<T>(1 - 4 * epsilonOf<T>()))));
  scatter<T>(load<usize>(plan, UPPER) + <usize>from * sizeof<T>(), i0, i1, i2, i3, upper);
}

/** Has listed rows on their way. */
@inline
export function fetchSamples<T>(plan: usize, from: i32, list: usize, listed: i32): void {
  const d = load<i32>(plan, D);
  if (d <= COLUMNS_MAX_D) return;
  const row = rowBytes<T>(d, load<i32>(plan, STRIDE));
  const fetched = fetchRows(list, listed, load<usize>(plan, X) + <usize>from * row, row, <usize>d * sizeof<T>());
  store<i32>(load<usize>(plan, SCRATCH) + FETCHED, fetched);
}
