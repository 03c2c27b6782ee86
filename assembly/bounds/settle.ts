import { measured } from './open';
import {
  ACTIVE, ALONE, atMost, epsilonOf, GROUP_OF, inverseOf, LABELS, lowerBounds, MARGIN_0, MARGIN_1, membersOf, placeAt, QUANTISED, RELATIVE,
  SCRATCH, SQ_DISTANCE, SQ_NORMS, STATE, sureMargin, UPPER,
} from './plan';

/**
 * Writes labels and upper bounds. Leaves in SQ_DISTANCE what is to be added to the score of another centroid for its squared
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
    const base = quantised ? baseOfNorm<T>(plan, from + place, changes, load<T>(state)) : baseOfDistance<T>(plan, from, place, changes, load<T>(state));
    store<T>(scratch + SQ_DISTANCE + offset, base);
    const own = lowerBounds<T>(plan, from, load<i32>(load<usize>(plan, GROUP_OF) + (<usize>label << 2)));
    store<T>(own + offset, load<i32>(plan, ALONE) ? <T>Infinity : load<T>(state, 2 * sizeof<T>()));
  }
}

/** From the distance of the own centroid: other² = own² − own score + other's score. */
@inline
function baseOfDistance<T>(plan: usize, from: i32, place: i32, changes: bool, score: T): T {
  const upperCell = load<usize>(plan, UPPER) + <usize>(from + place) * sizeof<T>();
  if (changes) store<T>(upperCell, measured<T>(plan, from, place));
  const square = <f64>load<T>(load<usize>(plan, SCRATCH) + SQ_DISTANCE + <usize>place * sizeof<T>());
  const margin = load<f64>(plan, MARGIN_0) + load<f64>(plan, MARGIN_1) * <f64>load<T>(upperCell);
  return <T>(square * (1 - load<f64>(plan, RELATIVE)) - margin - <f64>score);
}

/** From the length of the sample, where scores are estimated: other² = ‖x‖² + other's score. */
@inline
function baseOfNorm<T>(plan: usize, i: i32, changes: bool, score: T): T {
  const sqNorm = <f64>load<T>(load<usize>(plan, SQ_NORMS) + <usize>i * sizeof<T>());
  const margin = sureMargin(plan, inverseOf(plan, i));
  if (changes) store<T>(load<usize>(plan, UPPER) + <usize>i * sizeof<T>(), atMost<T>(sqNorm, <f64>score, margin));
  return <T>(sqNorm * (1 - 8 * epsilonOf<T>()) - margin);
}

/** Turns the noted scores into lower bounds. */
export function settleLowerBounds<T>(plan: usize, from: i32, g: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const members = membersOf(plan, g);
  const lower = lowerBounds<T>(plan, from, g);
  const down = <T>(1 - 16 * epsilonOf<T>());
  const count = <i32>load<u16>(members);
  for (let m = 0; m < count; m++) {
    const offset = placeAt(members, m) * sizeof<T>();
    const square = <T>(load<T>(lower + offset) + load<T>(scratch + SQ_DISTANCE + offset));
    store<T>(lower + offset, <T>(sqrt<T>(max<T>(square, 0)) * down));
  }
}
