import { centroidStride, columnBytes, rowBytes } from '../constants';
import { sqDistance } from '../inline/distance';
import {
  ACTIVE, CENTROIDS, D, epsilonOf, ESTIMATE, INVERSE, LABELS, lowerBounds, MARGIN_0, MARGIN_1, MEMBERS, MEMBERS_BYTES, placeAt, QUANTISED,
  RELATIVE, SCRATCH, SQ_DISTANCE, STATE, STRIDE, UPPER, X,
} from './plan';

/**
 * Writes labels and upper bounds. Leaves in SQ_DISTANCE what the true squared distance is at least, less the margin and the
 * own score, and in place of the own group's lower bound the least score of its other centroids.
 */
export function settleLabels<T>(plan: usize, from: i32, active: i32, first: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const relative = load<f64>(plan, RELATIVE);
  for (let a: usize = 0; a < <usize>active; a++) {
    const place = <usize>load<i32>(scratch + ACTIVE + (a << 2));
    const i = <usize>from + place;
    const state = scratch + STATE + place * 4 * sizeof<T>();
    const label = <i32>load<T>(state, sizeof<T>());
    const cell = load<usize>(plan, LABELS) + (i << 2);
    const squareCell = scratch + SQ_DISTANCE + place * sizeof<T>();
    let square = load<T>(squareCell);
    if (first || load<i32>(cell) != label) {
      const c = load<usize>(plan, CENTROIDS) + <usize>(label * centroidStride(d)) * sizeof<T>();
      square = sqDistance<T>(load<usize>(plan, X) + i * row, columnBytes<T>(d, stride), c, d);
      store<i32>(cell, label);
      store<T>(load<usize>(plan, UPPER) + i * sizeof<T>(), <T>(sqrt<T>(square) * <T>(1 + relative)));
    }
    const upper = <f64>load<T>(load<usize>(plan, UPPER) + i * sizeof<T>());
    let margin = load<f64>(plan, MARGIN_0) + load<f64>(plan, MARGIN_1) * upper;
    if (load<usize>(plan, QUANTISED)) margin += 2 * load<f64>(plan, ESTIMATE) * <f64>load<f32>(load<usize>(plan, INVERSE) + (i << 2));
    store<T>(squareCell, <T>(<f64>square * (1 - relative) - margin - <f64>load<T>(state)));
    const own = lowerBounds<T>(plan, from, <i32>load<T>(state, 3 * sizeof<T>()));
    store<T>(own + place * sizeof<T>(), load<T>(state, 2 * sizeof<T>()));
  }
}

/** Turns the noted scores into lower bounds: other² ≥ own² − own score + other's score − margin. */
export function settleLowerBounds<T>(plan: usize, from: i32, g: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const members = scratch + MEMBERS + <usize>g * MEMBERS_BYTES;
  const lower = lowerBounds<T>(plan, from, g);
  const down = <T>(1 - 16 * epsilonOf<T>());
  const count = <i32>load<u16>(members);
  for (let m = 0; m < count; m++) {
    const offset = placeAt(members, m) * sizeof<T>();
    const square = <T>(load<T>(lower + offset) + load<T>(scratch + SQ_DISTANCE + offset));
    store<T>(lower + offset, <T>(sqrt<T>(max<T>(square, 0)) * down));
  }
}
