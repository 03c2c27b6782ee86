import { minAcross } from '../inline/lanes';
import { epsilonOf, GROUP_PATHS, JOINT_PATHS, lowerBounds, lowerBytes, MARGIN_0, MARGIN_1, PATHS, SAFE_UNTIL, UPPER } from './plan';

// Bounds stand where the centroids' paths began: what a bound is now is what is stored, more or less the path since then. A
// bound that nobody needs is not touched. Paths grow by rounding up, so that the difference of two is at least the way between.

/** The least lower bound of a sample. */
export function leastLower<T>(plan: usize, i: i32): T {
  const row = lowerBounds<T>(plan, i);
  const paths = load<usize>(plan, GROUP_PATHS);
  const bytes = lowerBytes<T>(plan);
  let least = v128.splat<T>(<T>Infinity);
  for (let at: usize = 0; at < bytes; at += 16) least = v128.pmin<T>(least, v128.sub<T>(v128.load(row + at), v128.load(paths + at)));
  return max<T>(0, v128.extract_lane<T>(minAcross<T>(least), 0) * <T>(1 - 4 * epsilonOf<T>()));
}

/** The lower bound above which no other centroid can be the nearest, rounded up. */
@inline
export function limitOf<T>(plan: usize, upper: T): T {
  const right = (upper + <T>load<f64>(plan, MARGIN_1)) * upper + <T>load<f64>(plan, MARGIN_0);
  return sqrt<T>(right) * <T>(1 + 16 * epsilonOf<T>());
}

/** The upper bound of a sample. */
@inline
export function upperNow<T>(plan: usize, i: i32, label: i32): T {
  const path = load<T>(load<usize>(plan, PATHS) + <usize>label * sizeof<T>());
  return (load<T>(load<usize>(plan, UPPER) + <usize>i * sizeof<T>()) + path) * <T>(1 + 4 * epsilonOf<T>());
}

/** Keeps an upper bound. */
@inline
export function keepUpper<T>(plan: usize, i: i32, label: i32, upper: T): void {
  const path = load<T>(load<usize>(plan, PATHS) + <usize>label * sizeof<T>());
  store<T>(load<usize>(plan, UPPER) + <usize>i * sizeof<T>(), upper * <T>(1 + 4 * epsilonOf<T>()) - path * <T>(1 - 4 * epsilonOf<T>()));
}

/** Notes how long a label is safe: its limit grows no faster than its centroid moves, and bounds sink as others do. */
@inline
export function keepSafe<T>(plan: usize, i: i32, label: i32, least: T, limit: T): void {
  const path = load<T>(load<usize>(plan, JOINT_PATHS) + <usize>label * sizeof<T>());
  const until = (least + path) * <T>(1 - 4 * epsilonOf<T>()) - limit * <T>(1 + 4 * epsilonOf<T>());
  store<T>(load<usize>(plan, SAFE_UNTIL) + <usize>i * sizeof<T>(), until);
}
