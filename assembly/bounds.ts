import { COLUMNS_MAX_D, centroidStride, columnBytes, panelWidth, rowBytes } from './constants';
import { sqDistance } from './inline/distance';
import { quantisedTile } from './inline/quantised-tile';
import { scoreTile, TRANSPOSED } from './inline/tile';

// A plan, written by TypeScript: addresses and counts (i32) …
const X: usize = 0;
const D: usize = 4;
const STRIDE: usize = 8;
const PANELS: usize = 12; // packed centroids, see packOrdered
const PANEL_COUNT: usize = 16;
const GROUPS: usize = 20;
const GROUP_PANELS: usize = 24; // panels of a group; the last group may have fewer
const GROUP_OF: usize = 28; // k × i32: group of each centroid
const CENTROIDS: usize = 32; // k × d, rows centroidStride(d) apart
const LABELS: usize = 36; // n × i32
const UPPER: usize = 40; // n × T: at least the distance to the labelled centroid
const LOWER: usize = 44; // groups × n × T: at most the distance to any other centroid of the group
const LOWER_STRIDE: usize = 48; // elements from group to group
const SHIFTS: usize = 52; // k × T: at least how far each centroid moved
const GROUP_SHIFTS: usize = 56; // groups × T: the farthest of a group
const SCRATCH: usize = 60;
// Where samples and centroids are quantised as well (see quantise.ts), else 0:
const QUANTISED: usize = 88; // n × (d rounded up to even) × i16
const INVERSE: usize = 92; // n × f32: inverse scale of each sample
const QUANTISED_PANELS: usize = 96;
const FACTOR: usize = 104; // f64: twice the inverse scale of the centroids
const ESTIMATE: usize = 112; // f64: times the inverse scale of a sample, how far an estimated score is off at the most
const SURE_0: usize = 120; // f64: an estimate settles a label if the next is worse by more than sure 0 …
const SURE_1: usize = 128; // f64: … + sure 1 · inverse scale
// … and how far rounding can reach (f64): scores of one sample are off by margin 0 + margin 1 · upper at the most, in all,
const MARGIN_0: usize = 64;
const MARGIN_1: usize = 72;
// and a computed squared distance by this much of itself.
const RELATIVE: usize = 80;

/** Samples of one call. */
const CHUNK: i32 = 256;

// Scratch, with room for a tile behind the last sample.
const LEAST_LOWER: usize = 0; // T: least lower bound of each sample
const ACTIVE: usize = 2112; // i32: samples whose bounds do not settle their label
const ROW: usize = 3200; // i32: where their values stand
const SQ_DISTANCE: usize = 4288; // T: to the labelled centroid
const BEST: usize = 6400; // T: least score so far, …
const BEST_INDEX: usize = 8512; // T: … its centroid, as a float, …
const SECOND: usize = 10624; // T: … the next score of that group, …
const BEST_GROUP: usize = 12736; // i32: … and the group
const TILE: usize = 13824; // 8 vectors: the scores of a tile
const TOP: usize = 14080; // 6 vectors: least score, index, second score of four samples
const GATHERED: usize = 14208; // T: rows of samples that lie in columns
const MEMBERS: usize = 30656; // per group: active samples (positions, u16) that have to look at it
const MEMBERS_BYTES: usize = 544;
const RUNNER_UP: usize = 22656; // T: least score of all but the best centroid
const THRESHOLD: usize = 24768; // T: groups with an estimate above it cannot hold the best
const LIMIT: usize = 26880; // T: groups with a lower bound above it are ruled out
const OWN_GROUP: usize = 28992; // i32: the group of the label
const UNSURE: usize = 30080; // as MEMBERS, one list: samples that an estimate does not settle

/** Half a unit in the last place of 1. */
@inline
function epsilonOf<T>(): f64 {
  return sizeof<T>() == 4 ? 5.9604644775390625e-8 : 1.1102230246251565e-16;
}

/**
 * Brings the labels of up to 256 samples up to date after their centroids moved: exactly those that `assign` gives, looking
 * only at groups of centroids that bounds cannot rule out. A sample keeps its label where the square of its lower bound
 * exceeds that of its upper bound by more than rounding can have blurred the scores. With one group this is Hamerly's
 * algorithm (2010), with more of them Yinyang's (Ding et al. 2015) with groups of whole panels.
 *
 * @param plan in: see above; LABELS, UPPER, LOWER inout, SCRATCH for the kernel alone
 * @param from first sample
 * @param count samples, up to 256
 * @param first whether there are no bounds yet: everything is computed
 * @returns how many looks it took: pairs of a sample and a group of centroids it was compared with
 */
function advance<T>(plan: usize, from: i32, count: i32, first: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  let active = 0;
  if (first) {
    for (; active < count; active++) store<i32>(scratch + ACTIVE + (<usize>active << 2), active);
  } else {
    active = loosen<T>(plan, from, count);
    active = tighten<T>(plan, from, active);
  }
  if (active == 0) return 0;
  locateRows<T>(plan, from, active, first);
  const groups = load<i32>(plan, GROUPS);
  let looks = 0;
  for (let g = 0; g < groups; g++) {
    const members = collectMembers<T>(plan, from, active, g, first);
    const list = scratch + MEMBERS + <usize>g * MEMBERS_BYTES;
    if (members > 0) {
      if (load<usize>(plan, QUANTISED)) estimateGroup<T>(plan, from, g, list);
      else scanGroup<T>(plan, from, g, list);
    }
    looks += members;
  }
  if (load<usize>(plan, QUANTISED)) resolveUnsure<T>(plan, from, active);
  settleLabels<T>(plan, from, active, first);
  for (let g = 0; g < groups; g++) settleLowerBounds<T>(plan, from, g);
  return looks;
}

/** Moves the bounds by what the centroids moved, and lists the samples whose label they leave open. */
function loosen<T>(plan: usize, from: i32, count: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const epsilon = epsilonOf<T>();
  const up = v128.splat<T>(<T>(1 + 4 * epsilon));
  const down = v128.splat<T>(<T>(1 - 4 * epsilon));
  const bytes = <usize>((count * sizeof<T>() + 15) & ~15);
  const first = <usize>from * sizeof<T>();
  for (let i: usize = 0; i < bytes; i += 16) v128.store(scratch + LEAST_LOWER + i, v128.splat<T>(<T>Infinity));
  const groups = load<i32>(plan, GROUPS);
  for (let g = 0; g < groups; g++) {
    const shift = v128.load_splat<T>(load<usize>(plan, GROUP_SHIFTS) + <usize>g * sizeof<T>());
    const lower = load<usize>(plan, LOWER) + <usize>g * load<usize>(plan, LOWER_STRIDE) * sizeof<T>() + first;
    for (let i: usize = 0; i < bytes; i += 16) {
      const bound = v128.pmax<T>(v128.splat<T>(0), v128.mul<T>(v128.sub<T>(v128.load(lower + i), shift), down));
      v128.store(lower + i, bound);
      v128.store(scratch + LEAST_LOWER + i, v128.pmin<T>(v128.load(scratch + LEAST_LOWER + i), bound));
    }
  }

  const upper = load<usize>(plan, UPPER) + first;
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
    const sample = <i32>(i / sizeof<T>());
    for (let lane = 0; lane < <i32>(16 / sizeof<T>()); lane++) {
      store<i32>(scratch + ACTIVE + (<usize>active << 2), sample + lane);
      active += ((open >> lane) & 1) & i32(sample + lane < count);
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
function tighten<T>(plan: usize, from: i32, listed: i32): i32 {
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
    store<T>(scratch + SQ_DISTANCE + active * sizeof<T>(), square);
    active += usize(!(least * least * shrink > (upper + margin1) * upper + margin0));
  }
  return <i32>active;
}

/** Where the values of the active samples stand one behind the other; those in columns are gathered. No best score yet. */
function locateRows<T>(plan: usize, from: i32, active: i32, first: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const x = load<usize>(plan, X) + <usize>from * row;
  for (let a: usize = 0; a < <usize>active; a++) {
    let p = x + <usize>load<i32>(scratch + ACTIVE + (a << 2)) * row;
    if (d <= COLUMNS_MAX_D) {
      const gathered = scratch + GATHERED + a * <usize>d * sizeof<T>();
      for (let f: usize = 0; f < <usize>d; f++, p += columnBytes<T>(d, stride)) store<T>(gathered + f * sizeof<T>(), load<T>(p));
      p = gathered;
    }
    store<usize>(scratch + ROW + (a << 2), p);
    if (!first) {
      const i = <usize>from + <usize>load<i32>(scratch + ACTIVE + (a << 2));
      store<T>(scratch + LIMIT + a * sizeof<T>(), limitOf<T>(plan, load<T>(load<usize>(plan, UPPER) + i * sizeof<T>())));
      const label = <usize>load<i32>(load<usize>(plan, LABELS) + (i << 2));
      store<i32>(scratch + OWN_GROUP + (a << 2), load<i32>(load<usize>(plan, GROUP_OF) + (label << 2)));
    }
    store<T>(scratch + BEST + a * sizeof<T>(), <T>Infinity);
    store<T>(scratch + BEST_INDEX + a * sizeof<T>(), <T>Infinity);
    store<i32>(scratch + BEST_GROUP + (a << 2), -1);
    store<T>(scratch + RUNNER_UP + a * sizeof<T>(), <T>Infinity);
  }
}

/** The lower bound above which a group cannot hold the nearest centroid, rounded up. */
@inline
function limitOf<T>(plan: usize, upper: T): T {
  const epsilon = epsilonOf<T>();
  const right = (<f64>upper + load<f64>(plan, MARGIN_1)) * <f64>upper + load<f64>(plan, MARGIN_0);
  return <T>(Math.sqrt(right) * (1 + 16 * epsilon));
}

/** Lists the active samples that have to look at a group: it is their own, or its lower bound leaves it open. */
function collectMembers<T>(plan: usize, from: i32, active: i32, g: i32, first: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const members = scratch + MEMBERS + <usize>g * MEMBERS_BYTES;
  const lower = load<usize>(plan, LOWER) + (<usize>g * load<usize>(plan, LOWER_STRIDE) + <usize>from) * sizeof<T>();
  const everyone = first || load<i32>(plan, GROUPS) == 1;
  let count: usize = 0;
  for (let a: usize = 0; a < <usize>active; a++) {
    const i = <usize>load<i32>(scratch + ACTIVE + (a << 2));
    store<u16>(members + 2 + (count << 1), <u16>a);
    count +=
      usize(everyone) |
      usize(load<T>(lower + i * sizeof<T>()) <= load<T>(scratch + LIMIT + a * sizeof<T>())) |
      usize(load<i32>(scratch + OWN_GROUP + (a << 2)) == g);
  }
  store<u16>(members, <u16>count);
  return <i32>count;
}

/** Scores the members of a group against its centroids, four at a time. */
function scanGroup<T>(plan: usize, from: i32, g: i32, list: usize): void {
  const scratch = load<usize>(plan, SCRATCH);
  const members = list + 2;
  const count = <i32>load<u16>(list);
  const d = load<i32>(plan, D);
  const panelBytes = <usize>(2 + d) * 32;
  const firstPanel = g * load<i32>(plan, GROUP_PANELS);
  const panels = min(load<i32>(plan, GROUP_PANELS), load<i32>(plan, PANEL_COUNT) - firstPanel);
  const panel = load<usize>(plan, PANELS) + <usize>firstPanel * panelBytes;
  for (let m = 0; m < count; m += 4) {
    // A tile that sticks out at the end repeats the last member.
    const a0 = <usize>load<u16>(members + (<usize>m << 1));
    const a1 = <usize>load<u16>(members + (<usize>min(m + 1, count - 1) << 1));
    const a2 = <usize>load<u16>(members + (<usize>min(m + 2, count - 1) << 1));
    const a3 = <usize>load<u16>(members + (<usize>min(m + 3, count - 1) << 1));
    for (let p = 0; p < panels; p++) {
      const packed = panel + <usize>p * panelBytes;
      scoreTile<T>(
        TRANSPOSED,
        load<usize>(scratch + ROW + (a0 << 2)),
        load<usize>(scratch + ROW + (a1 << 2)),
        load<usize>(scratch + ROW + (a2 << 2)),
        load<usize>(scratch + ROW + (a3 << 2)),
        d,
        packed + 32,
        scratch + TILE,
        f64x2.splat(0),
      );
      mergeTop<T>(scratch, packed, 0, p == 0);
      if (sizeof<T>() == 8) mergeTop<T>(scratch, packed, 16, p == 0);
    }
    for (let r: usize = 0; r < <usize>min(4, count - m); r++) {
      const top = scratch + TOP + r * sizeof<T>();
      const a = <usize>load<u16>(members + ((<usize>m + r) << 1));
      keepBest<T>(plan, from, g, a, load<T>(top), load<T>(top, 4 * sizeof<T>()), load<T>(top, 8 * sizeof<T>()));
    }
  }
}

/** The same by estimates from quantised values, which are off by ESTIMATE · inverse scale at the most. */
function estimateGroup<T>(plan: usize, from: i32, g: i32, list: usize): void {
  const scratch = load<usize>(plan, SCRATCH);
  const members = list + 2;
  const count = <i32>load<u16>(list);
  const d = load<i32>(plan, D);
  const rowBytes = <usize>((d + 1) & ~1) << 1;
  const panelBytes = <usize>(2 + ((d + 1) >> 1)) << 5;
  const perEight = 8 / panelWidth<T>();
  const firstPanel = (g * load<i32>(plan, GROUP_PANELS)) / perEight;
  const panels = min(load<i32>(plan, GROUP_PANELS), load<i32>(plan, PANEL_COUNT) - g * load<i32>(plan, GROUP_PANELS)) / perEight;
  const panel = load<usize>(plan, QUANTISED_PANELS) + <usize>firstPanel * panelBytes;
  const rows = load<usize>(plan, QUANTISED) + <usize>from * rowBytes;
  const inverses = load<usize>(plan, INVERSE) + (<usize>from << 2);
  const factor = f32x4.splat(<f32>load<f64>(plan, FACTOR));
  const active = scratch + ACTIVE;
  for (let m = 0; m < count; m += 4) {
    const a0 = <usize>load<u16>(members + (<usize>m << 1));
    const a1 = <usize>load<u16>(members + (<usize>min(m + 1, count - 1) << 1));
    const a2 = <usize>load<u16>(members + (<usize>min(m + 2, count - 1) << 1));
    const a3 = <usize>load<u16>(members + (<usize>min(m + 3, count - 1) << 1));
    const i0 = <usize>load<i32>(active + (a0 << 2));
    const i1 = <usize>load<i32>(active + (a1 << 2));
    const i2 = <usize>load<i32>(active + (a2 << 2));
    const i3 = <usize>load<i32>(active + (a3 << 2));
    let inverse = v128.load32_zero(inverses + (i0 << 2));
    inverse = v128.load_lane<f32>(inverses + (i1 << 2), inverse, 1);
    inverse = v128.load_lane<f32>(inverses + (i2 << 2), inverse, 2);
    inverse = v128.load_lane<f32>(inverses + (i3 << 2), inverse, 3);
    const scales = f32x4.mul(inverse, factor);
    for (let p = 0; p < panels; p++) {
      const packed = panel + <usize>p * panelBytes;
      quantisedTile(rows + i0 * rowBytes, rows + i1 * rowBytes, rows + i2 * rowBytes, rows + i3 * rowBytes, d, packed, scales, scratch + TILE);
      mergeTop<f32>(scratch, packed, 0, p == 0);
    }
    for (let r: usize = 0; r < <usize>min(4, count - m); r++) {
      const top = scratch + TOP + (r << 2);
      const a = <usize>load<u16>(members + ((<usize>m + r) << 1));
      keepBest<T>(plan, from, g, a, <T>load<f32>(top), <T>load<f32>(top, 16), <T>load<f32>(top, 32));
    }
  }
}

/** Takes the true scores for samples whose best estimate is not far enough ahead, of the groups that may hold the best. */
function resolveUnsure<T>(plan: usize, from: i32, active: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const list = scratch + UNSURE;
  const inverses = load<usize>(plan, INVERSE) + (<usize>from << 2);
  let unsure = 0;
  for (let a: usize = 0; a < <usize>active; a++) {
    const inverse = <f64>load<f32>(inverses + (<usize>load<i32>(scratch + ACTIVE + (a << 2)) << 2));
    const threshold = scratch + THRESHOLD + a * sizeof<T>();
    const best = load<T>(scratch + BEST + a * sizeof<T>());
    const next = min(load<T>(scratch + RUNNER_UP + a * sizeof<T>()), load<T>(scratch + SECOND + a * sizeof<T>()));
    const margin = load<f64>(plan, SURE_0) + load<f64>(plan, SURE_1) * inverse;
    if (<f64>next - <f64>best > margin) {
      store<T>(threshold, <T>-Infinity);
      continue;
    }
    unsure++;
    // Rounding to T must not lower it.
    store<T>(threshold, <T>(<f64>best + 1.01 * margin));
    store<T>(scratch + BEST + a * sizeof<T>(), <T>Infinity);
    store<T>(scratch + BEST_INDEX + a * sizeof<T>(), <T>Infinity);
  }
  if (unsure == 0) return;
  const groups = load<i32>(plan, GROUPS);
  for (let g = 0; g < groups; g++) {
    const members = scratch + MEMBERS + <usize>g * MEMBERS_BYTES;
    const lower = load<usize>(plan, LOWER) + (<usize>g * load<usize>(plan, LOWER_STRIDE) + <usize>from) * sizeof<T>();
    const looked = <usize>load<u16>(members);
    let count: usize = 0;
    for (let m: usize = 0; m < looked; m++) {
      const a = <usize>load<u16>(members + 2 + (m << 1));
      const estimate = load<T>(lower + <usize>load<i32>(scratch + ACTIVE + (a << 2)) * sizeof<T>());
      store<u16>(list + 2 + (count << 1), <u16>a);
      count += usize(estimate <= load<T>(scratch + THRESHOLD + a * sizeof<T>()));
    }
    store<u16>(list, <u16>count);
    if (count > 0) scanGroup<T>(plan, from, g, list);
  }
}

/**
 * Least score, its index and second least score over the centroids of a panel, merged into those of the panels before. Lanes
 * are samples; `half` is 16 for the second pair of samples of float64. Within a panel indices grow, so masking and maximum
 * select them; between panels equal scores go to the lower index.
 */
@inline
function mergeTop<T>(scratch: usize, indices: usize, half: usize, alone: bool): void {
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

/** Notes a group's least score in place of its lower bound, for settleLowerBounds, and keeps it if it is the best so far. */
@inline
function keepBest<T>(plan: usize, from: i32, g: i32, a: usize, score: T, index: T, second: T): void {
  const scratch = load<usize>(plan, SCRATCH);
  const i = <usize>(from + load<i32>(scratch + ACTIVE + (a << 2)));
  store<T>(load<usize>(plan, LOWER) + (<usize>g * load<usize>(plan, LOWER_STRIDE) + i) * sizeof<T>(), score);
  const best = load<T>(scratch + BEST + a * sizeof<T>());
  if (score < best || (score == best && index < load<T>(scratch + BEST_INDEX + a * sizeof<T>()))) {
    const next = scratch + RUNNER_UP + a * sizeof<T>();
    store<T>(next, min(load<T>(next), best));
    store<T>(scratch + BEST + a * sizeof<T>(), score);
    store<T>(scratch + BEST_INDEX + a * sizeof<T>(), index);
    store<T>(scratch + SECOND + a * sizeof<T>(), second);
    store<i32>(scratch + BEST_GROUP + (a << 2), g);
  } else {
    const next = scratch + RUNNER_UP + a * sizeof<T>();
    store<T>(next, min(load<T>(next), score));
  }
}

/** Writes labels and upper bounds; leaves in SQ_DISTANCE what the true squared distance is at least, less the margin. */
function settleLabels<T>(plan: usize, from: i32, active: i32, first: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const relative = load<f64>(plan, RELATIVE);
  for (let a: usize = 0; a < <usize>active; a++) {
    const i = <usize>(from + load<i32>(scratch + ACTIVE + (a << 2)));
    const label = <i32>load<T>(scratch + BEST_INDEX + a * sizeof<T>());
    const cell = load<usize>(plan, LABELS) + (i << 2);
    let square = load<T>(scratch + SQ_DISTANCE + a * sizeof<T>());
    if (first || load<i32>(cell) != label) {
      const c = load<usize>(plan, CENTROIDS) + <usize>(label * centroidStride(d)) * sizeof<T>();
      square = sqDistance<T>(load<usize>(plan, X) + i * row, columnBytes<T>(d, stride), c, d);
      store<i32>(cell, label);
      store<T>(load<usize>(plan, UPPER) + i * sizeof<T>(), <T>(sqrt<T>(square) * <T>(1 + relative)));
    }
    const upper = <f64>load<T>(load<usize>(plan, UPPER) + i * sizeof<T>());
    let margin = load<f64>(plan, MARGIN_0) + load<f64>(plan, MARGIN_1) * upper;
    if (load<usize>(plan, QUANTISED)) margin += 2 * load<f64>(plan, ESTIMATE) * <f64>load<f32>(load<usize>(plan, INVERSE) + (i << 2));
    store<T>(scratch + SQ_DISTANCE + a * sizeof<T>(), <T>(<f64>square * (1 - relative) - margin));
  }
}

/** Turns the noted scores into lower bounds: other² ≥ own² + (other's score − own score) − margin. */
function settleLowerBounds<T>(plan: usize, from: i32, g: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const members = scratch + MEMBERS + <usize>g * MEMBERS_BYTES;
  const lower = load<usize>(plan, LOWER) + (<usize>g * load<usize>(plan, LOWER_STRIDE) + <usize>from) * sizeof<T>();
  const epsilon = epsilonOf<T>();
  const down = <T>(1 - 16 * epsilon);
  const count = <usize>load<u16>(members);
  for (let m: usize = 0; m < count; m++) {
    const a = <usize>load<u16>(members + 2 + (m << 1));
    const cell = lower + <usize>load<i32>(scratch + ACTIVE + (a << 2)) * sizeof<T>();
    const own = load<i32>(scratch + BEST_GROUP + (a << 2)) == g;
    const score = own ? load<T>(scratch + SECOND + a * sizeof<T>()) : load<T>(cell);
    const gap = <T>(score - load<T>(scratch + BEST + a * sizeof<T>()));
    const square = <T>(load<T>(scratch + SQ_DISTANCE + a * sizeof<T>()) + gap);
    store<T>(cell, square > 0 ? <T>(sqrt<T>(square) * down) : <T>0);
  }
}

/**
 * Packs centroids for advance: panels of (2 + d) × width: their indices as floats, then as for assign.
 *
 * @param order in: panels × width × i32: which centroids make a panel, ascending within it; −1 for none, at its end
 * @param packed out: panels × (2 + d) × width
 */
function packOrdered<T>(centroids: usize, order: usize, panels: i32, d: i32, packed: usize): void {
  const width = panelWidth<T>();
  for (let q = 0; q < panels * width; q++) {
    const j = load<i32>(order + (<usize>q << 2));
    let p = packed + <usize>((q / width) * (2 + d) * width + (q % width)) * sizeof<T>();
    const c = centroids + <usize>(j * centroidStride(d)) * sizeof<T>();
    let sum: f64 = 0;
    store<T>(p, <T>j);
    for (let f = 0; f < d; f++) {
      const value = j < 0 ? <T>0 : load<T>(c + <usize>f * sizeof<T>());
      sum += <f64>value * <f64>value;
      store<T>(p + <usize>((2 + f) * width) * sizeof<T>(), <T>-2 * value);
    }
    store<T>(p + <usize>width * sizeof<T>(), j < 0 ? <T>Infinity : <T>sum);
  }
}

export function advanceF32(plan: usize, from: i32, count: i32, first: i32): i32 {
  return advance<f32>(plan, from, count, first);
}
export function advanceF64(plan: usize, from: i32, count: i32, first: i32): i32 {
  return advance<f64>(plan, from, count, first);
}
export function packOrderedF32(centroids: usize, order: usize, panels: i32, d: i32, packed: usize): void {
  packOrdered<f32>(centroids, order, panels, d, packed);
}
export function packOrderedF64(centroids: usize, order: usize, panels: i32, d: i32, packed: usize): void {
  packOrdered<f64>(centroids, order, panels, d, packed);
}
