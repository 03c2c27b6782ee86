import { measured } from './open';
import {
  ACTIVE, ALONE, atMost, epsilonOf, GROUP_OF, GROUP_PATHS, inverseOf, labelOf, LABELS, lowerBounds, lowerBytes, MARGIN_0, MARGIN_1, membersOf, NEAR,
  placeAt, QUANTISED, RELATIVE, SCRATCH, SQ_DISTANCE, SQ_NORMS, STATE, sureMargin,
} from './plan';
import { keepSafe, keepUpper, leastLower, limitOf } from './safety';

/**
 * Writes labels. Leaves in SQ_DISTANCE what is to be added to the score of another centroid for its squared
 * distance, less the margin, and in place of the own group's lower bound the least score of its other centroids.
 */
export function settleLabels<T>(plan: usize, from: i32, active: i32, first: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const quantised = load<usize>(plan, QUANTISED) != 0;
  for (let a: usize = 0; a < <usize>active; a++) {
    const place = load<i32>(scratch + ACTIVE + (a << 2));
    const offset = <usize>place * sizeof<T>();
    const state = scratch + STATE + 4 * offset;
    const label = <i32>load<T>(state, sizeof<T>());
    const cell = load<usize>(plan, LABELS) + (<usize>(from + place) << 2);
    const changes = first != 0 || load<i32>(cell) != label;
    store<i32>(cell, label);
    const base = quantised ? baseOfNorm<T>(plan, from, place, changes, load<T>(state)) : baseOfDistance<T>(plan, from, place, changes, load<T>(state));
    store<T>(scratch + SQ_DISTANCE + offset, base);
    const group = <usize>load<i32>(load<usize>(plan, GROUP_OF) + (<usize>label << 2));
    store<T>(lowerBounds<T>(plan, from + place) + group * sizeof<T>(), load<i32>(plan, ALONE) ? <T>Infinity : load<T>(state, 2 * sizeof<T>()));
  }
}

/** From the distance of the own centroid: other² = own² − own score + other's score. */
@inline
function baseOfDistance<T>(plan: usize, from: i32, place: i32, changes: bool, score: T): T {
  const near = load<usize>(plan, SCRATCH) + NEAR + <usize>place * sizeof<T>();
  if (changes) store<T>(near, measured<T>(plan, from, place, labelOf(plan, from + place)));
  const square = <f64>load<T>(load<usize>(plan, SCRATCH) + SQ_DISTANCE + <usize>place * sizeof<T>());
  const margin = load<f64>(plan, MARGIN_0) + load<f64>(plan, MARGIN_1) * <f64>load<T>(near);
  return <T>(square * (1 - load<f64>(plan, RELATIVE)) - margin - <f64>score);
}

/** From the length of the sample, where scores are estimated: other² = ‖x‖² + other's score. */
@inline
function baseOfNorm<T>(plan: usize, from: i32, place: i32, changes: bool, score: T): T {
  const i = from + place;
  const sqNorm = <f64>load<T>(load<usize>(plan, SQ_NORMS) + <usize>i * sizeof<T>());
  const margin = sureMargin(plan, inverseOf(plan, i));
  if (changes) store<T>(load<usize>(plan, SCRATCH) + NEAR + <usize>place * sizeof<T>(), atMost<T>(sqNorm, <f64>score, margin));
  return <T>(sqNorm * (1 - 8 * epsilonOf<T>()) - margin);
}

/** Turns the noted scores into lower bounds. */
export function settleLowerBounds<T>(plan: usize, from: i32, g: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const members = membersOf(plan, g);
  const bounds = lowerBounds<T>(plan, from) + <usize>g * sizeof<T>();
  const step = lowerBytes<T>(plan);
  const down = <T>(1 - 16 * epsilonOf<T>());
  const path = load<T>(load<usize>(plan, GROUP_PATHS) + <usize>g * sizeof<T>());
  const count = <i32>load<u16>(members);
  for (let m = 0; m < count; m++) {
    const place = placeAt(members, m);
    const bound = bounds + place * step;
    const square = <T>(load<T>(bound) + load<T>(scratch + SQ_DISTANCE + place * sizeof<T>()));
    store<T>(bound, <T>(sqrt<T>(max<T>(square, 0)) + path) * down);
  }
}

/** The same for samples that have looked at every group, of several. */
export function settleAllLowerBounds<T>(plan: usize, from: i32, active: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const paths = load<usize>(plan, GROUP_PATHS);
  const bytes = lowerBytes<T>(plan);
  for (let a: usize = 0; a < <usize>active; a++) {
    const place = load<i32>(scratch + ACTIVE + (a << 2));
    const row = lowerBounds<T>(plan, from + place);
    const base = v128.splat<T>(load<T>(scratch + SQ_DISTANCE + <usize>place * sizeof<T>()));
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) v128.store(row + at, lowerOf<T>(v128.load(row + at), base, v128.load(paths + at)));
    for (; at < bytes; at += sizeof<T>()) {
      const bound = lowerOf<T>(v128.load_splat<T>(row + at), base, v128.load_splat<T>(paths + at));
      store<T>(row + at, v128.extract_lane<T>(bound, 0));
    }
  }
}

/** Lower bounds of some groups, with their paths, from the scores that are noted there. */
@inline
function lowerOf<T>(scores: v128, base: v128, paths: v128): v128 {
  const squares = v128.pmax<T>(v128.splat<T>(0), v128.add<T>(scores, base));
  return v128.mul<T>(v128.add<T>(v128.sqrt<T>(squares), paths), v128.splat<T>(<T>(1 - 16 * epsilonOf<T>())));
}

/** Keeps the upper bounds of the samples that had to look, and how long their labels are safe. */
export function settleSafety<T>(plan: usize, from: i32, active: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  for (let a: usize = 0; a < <usize>active; a++) {
    const place = load<i32>(scratch + ACTIVE + (a << 2));
    const i = from + place;
    const label = labelOf(plan, i);
    const upper = load<T>(scratch + NEAR + <usize>place * sizeof<T>());
    keepUpper<T>(plan, i, label, upper);
    keepSafe<T>(plan, i, label, leastLower<T>(plan, i), limitOf<T>(plan, upper));
  }
}
