import { COLUMNS_MAX_D, panelWidth } from '../constants';
import { scoreTile, TRANSPOSED } from '../inline/tile';
import {
  ACTIVE, ALONE, D, epsilonOf, GATHERED, GROUP_OF, GROUP_PANELS, GROUP_PATHS, GROUPS, LABELS, LEAST_LOWER, LIMIT, lowerBounds, lowerBytes, MEMBERS_BYTES, membersOf,
  PANEL_COUNT, PANELS, placeAt, RUNNER_UP, SCRATCH, STATE, STRIDE, TILE, TOP, X,
} from './plan';
import { bitsOf } from './vectors';

/** Lists all active samples, for every group; returns how many pairs that is. */
export function collectAll(plan: usize, active: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const members = membersOf(plan, 0);
  for (let a: usize = 0; a < <usize>active; a++) store<u16>(members + (a << 1), <u16>load<i32>(scratch + ACTIVE + (a << 2)), 2);
  store<u16>(members, <u16>active);
  return active * load<i32>(plan, GROUPS);
}

/** The list of the samples that have to look at a group. */
@inline
export function lookersOf(plan: usize, g: i32, all: bool): usize {
  return membersOf(plan, all ? 0 : g);
}

/**
 * Lists for every group the active samples that have to look at it: it is their own, or its lower bound leaves it open. Returns how
 * many pairs that is.
 */
export function collectMembers<T>(plan: usize, from: i32, active: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const groups = load<i32>(plan, GROUPS);
  const all = (groups + 3) & ~3;
  for (let g = 0; g < all; g++) store<u16>(membersOf(plan, g), 0);
  const paths = load<usize>(plan, GROUP_PATHS);
  // A bound is rounded down before it is compared, or what it is compared with up.
  const up = <T>(1 + 8 * epsilonOf<T>());
  const labels = load<usize>(plan, LABELS) + (<usize>from << 2);
  const groupOf = load<usize>(plan, GROUP_OF);
  const lanes: i32 = 16 / sizeof<T>();
  let looks = 0;
  for (let a: usize = 0; a < <usize>active; a++) {
    const i = load<i32>(scratch + ACTIVE + (a << 2));
    const row = lowerBounds<T>(plan, from + i);
    const limit = v128.splat<T>(load<T>(scratch + LIMIT + <usize>i * sizeof<T>()) * up);
    const own = load<i32>(groupOf + (<usize>load<i32>(labels + (<usize>i << 2)) << 2));
    let members = membersOf(plan, 0);
    for (let g = 0; g < groups; g += lanes, members += lanes * MEMBERS_BYTES) {
      const at = <usize>g * sizeof<T>();
      const within = v128.le<T>(v128.sub<T>(v128.load(row + at), v128.load(paths + at)), limit);
      const bits = bitsOf<T>(within) | ((1 << (own - g)) & -i32(<u32>(own - g) < <u32>lanes));
      if (bits == 0) continue;
      looks += popcnt(bits);
      // Without a branch: nobody could foretell it.
      append(members, i, bits & 1);
      append(members + MEMBERS_BYTES, i, (bits >> 1) & 1);
      if (sizeof<T>() == 8) continue;
      append(members + 2 * MEMBERS_BYTES, i, (bits >> 2) & 1);
      append(members + 3 * MEMBERS_BYTES, i, bits >> 3);
    }
  }
  return looks;
}

/** Puts a place on a list, to stay there if `counts` is 1. */
@inline
function append(members: usize, i: i32, counts: i32): void {
  const count = load<u16>(members);
  store<u16>(members + (<usize>count << 1), <u16>i, 2);
  store<u16>(members, <u16>(<i32>count + counts));
}

/** Scores the listed samples against a run of panels, the centroids of a group mostly, four at a time. */
export function scanPanels<T>(plan: usize, from: i32, q: i32, list: usize): void {
  const scratch = load<usize>(plan, SCRATCH);
  const count = <i32>load<u16>(list);
  const d = load<i32>(plan, D);
  const gathered = d <= COLUMNS_MAX_D;
  const row = <usize>(gathered ? d : load<i32>(plan, STRIDE)) * sizeof<T>();
  const rows = gathered ? scratch + GATHERED : load<usize>(plan, X) + <usize>from * row;
  const panelBytes = <usize>(2 + d) * 32;
  const firstPanel = q * load<i32>(plan, GROUP_PANELS);
  const panels = min(load<i32>(plan, GROUP_PANELS), load<i32>(plan, PANEL_COUNT) - firstPanel);
  const panel = load<usize>(plan, PANELS) + <usize>firstPanel * panelBytes;
  const least = leastOf<T>(plan, from, q);
  const step = leastBytes<T>(plan);
  for (let m = 0; m < count; m += 4) {
    // A tile that sticks out at the end repeats the last member.
    const i0 = placeAt(list, m);
    const i1 = placeAt(list, min(m + 1, count - 1));
    const i2 = placeAt(list, min(m + 2, count - 1));
    const i3 = placeAt(list, min(m + 3, count - 1));
    topOf<T>(scratch, rows + i0 * row, rows + i1 * row, rows + i2 * row, rows + i3 * row, d, panel, panels);
    for (let r = 0; r < min(4, count - m); r++) keepTop<T, T>(scratch, least, step, r, placeAt(list, m + r));
  }
}

/** Scores four samples against panels: TOP gets the least score of each, its index and the second. */
export function topOf<T>(scratch: usize, x0: usize, x1: usize, x2: usize, x3: usize, d: i32, panel: usize, panels: i32): void {
  for (let p = 0; p < panels; p++, panel += <usize>(2 + d) << 5) {
    scoreTile<T>(TRANSPOSED, x0, x1, x2, x3, d, panel + 32, scratch + TILE, f64x2.splat(0));
    mergeTop<T>(scratch, panel, 0, p == 0);
    if (sizeof<T>() == 8) mergeTop<T>(scratch, panel, 16, p == 0);
  }
}

/** Where the least scores over a run of panels go: in place of the lower bounds of the group, or else nowhere. */
@inline
export function leastOf<T>(plan: usize, from: i32, q: i32): usize {
  return load<i32>(plan, ALONE) ? load<usize>(plan, SCRATCH) + LEAST_LOWER : lowerBounds<T>(plan, from) + <usize>q * sizeof<T>();
}

/** … and how far from a sample's to the next. */
@inline
export function leastBytes<T>(plan: usize): usize {
  return load<i32>(plan, ALONE) ? sizeof<T>() : lowerBytes<T>(plan);
}

/**
 * Least score, its index and second least score over the centroids of a panel, merged into those of the panels before. Lanes
 * are samples; `half` is 16 for the second pair of samples of float64. Within a panel indices grow, so masking and maximum
 * select them; between panels equal scores go to the lower index.
 */
@inline
export function mergeTop<T>(scratch: usize, indices: usize, half: usize, alone: bool): void {
  const step: usize = 4 * sizeof<T>();
  const tile = scratch + TILE + half;
  const top = scratch + TOP + half;
  let least = v128.load(tile);
  let index = v128.load_splat<T>(indices);
  let second = v128.splat<T>(<T>Infinity);
  for (let j: usize = 1; j < <usize>panelWidth<T>(); j++) {
    const score = v128.load(tile + j * step);
    const better = v128.lt<T>(score, least);
    index = v128.pmax<T>(index, v128.and(better, v128.load_splat<T>(indices + j * sizeof<T>())));
    second = v128.pmin<T>(second, v128.pmax<T>(least, score));
    least = v128.pmin<T>(least, score);
  }
  if (!alone) {
    const known = v128.load(top);
    const knownIndex = v128.load(top, 4 * sizeof<T>());
    const better = v128.or(v128.lt<T>(known, least), v128.and(v128.eq<T>(known, least), v128.lt<T>(knownIndex, index)));
    second = v128.pmin<T>(v128.pmin<T>(second, v128.load(top, 8 * sizeof<T>())), v128.pmax<T>(known, least));
    index = v128.bitselect(knownIndex, index, better);
    least = v128.pmin<T>(known, least);
  }
  v128.store(top, least);
  v128.store(top, index, 4 * sizeof<T>());
  v128.store(top, second, 8 * sizeof<T>());
}

/**
 * Notes a group's least score, in place of its lower bound for settleLowerBounds, and takes it with its index and the second into
 * the state of a sample if it is the best so far. Without a branch: nobody could foretell it.
 */
@inline
export function keepTop<T, S>(scratch: usize, least: usize, step: usize, r: i32, i: usize): void {
  const top = scratch + TOP + <usize>r * sizeof<S>();
  const score = <T>load<S>(top);
  const index = <T>load<S>(top, 4 * sizeof<S>());
  const second = <T>load<S>(top, 8 * sizeof<S>());
  const state = scratch + STATE + i * 4 * sizeof<T>();
  const next = scratch + RUNNER_UP + i * sizeof<T>();
  store<T>(least + i * step, score);
  const known = v128.load(state);
  let found = v128.replace_lane<T>(v128.splat<T>(score), 1, index);
  if (sizeof<T>() == 4) found = v128.replace_lane<f32>(found, 2, <f32>second);
  // A better score, or the same with a lower index.
  const less = v128.lt<T>(found, known);
  const same = v128.eq<T>(found, known);
  const better =
    sizeof<T>() == 4
      ? v128.shuffle<u32>(v128.or(less, v128.and(same, v128.shuffle<u32>(less, less, 1, 1, 1, 1))), less, 0, 0, 0, 0)
      : v128.shuffle<u64>(v128.or(less, v128.and(same, v128.shuffle<u64>(less, less, 1, 1))), less, 0, 0);
  v128.store(state, v128.bitselect(found, known, better));
  if (sizeof<T>() == 8) {
    v128.store(state, v128.bitselect(f64x2.splat(<f64>second), v128.load(state, 16), better), 16);
  }
  const lost = v128.pmax<T>(found, known);
  store<T>(next, <T>min<T>(load<T>(next), v128.extract_lane<T>(lost, 0)));
}
