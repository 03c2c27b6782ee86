import { epsilonOf, GROUP_PATHS, JOINT_PATHS, LOWER, MARGIN_0, MARGIN_1, RELATIVE, SAFE_UNTIL } from './plan';

// Where all centroids are one group, four (two) samples of a list go through all steps together, as lanes.

/** Entry a of a list, or the last: vectors that stick out at the end repeat that. */
@inline
export function entryAt(list: usize, a: i32, count: i32): usize {
  return <usize>load<i32>(list + (<usize>min(a, count - 1) << 2));
}

/** What stands at four (two) places. */
@inline
export function gather<T>(base: usize, i0: usize, i1: usize, i2: usize, i3: usize): v128 {
  let v = v128.load_splat<T>(base + i0 * sizeof<T>());
  v = v128.load_lane<T>(base + i1 * sizeof<T>(), v, 1);
  if (sizeof<T>() == 8) return v;
  v = v128.load_lane<f32>(base + (i2 << 2), v, 2);
  return v128.load_lane<f32>(base + (i3 << 2), v, 3);
}

/** Writes to four (two) places. */
@inline
export function scatter<T>(base: usize, i0: usize, i1: usize, i2: usize, i3: usize, v: v128): void {
  v128.store_lane<T>(base + i0 * sizeof<T>(), v, 0);
  v128.store_lane<T>(base + i1 * sizeof<T>(), v, 1);
  if (sizeof<T>() == 8) return;
  v128.store_lane<f32>(base + (i2 << 2), v, 2);
  v128.store_lane<f32>(base + (i3 << 2), v, 3);
}

/** Which lanes of a mask are set. */
@inline
export function bitsOf<T>(mask: v128): i32 {
  return sizeof<T>() == 4 ? i32x4.bitmask(mask) : i64x2.bitmask(mask);
}

/** The lower bounds of samples as they are now, by their labels. */
@inline
export function leastLower<T>(plan: usize, from: i32, i0: usize, i1: usize, i2: usize, i3: usize, l0: usize, l1: usize, l2: usize, l3: usize): v128 {
  const lower = gather<T>(load<usize>(plan, LOWER) + <usize>from * sizeof<T>(), i0, i1, i2, i3);
  return lowerNow<T>(lower, gather<T>(load<usize>(plan, GROUP_PATHS), l0, l1, l2, l3));
}

/** Notes how long labels are safe: limits grow no faster than their centroids move, and bounds sink as others do. */
@inline
export function keepSafe<T>(
  plan: usize, from: i32, i0: usize, i1: usize, i2: usize, i3: usize, l0: usize, l1: usize, l2: usize, l3: usize, least: v128, limit: v128,
): void {
  const joint = gather<T>(load<usize>(plan, JOINT_PATHS), l0, l1, l2, l3);
  const left = v128.mul<T>(v128.add<T>(least, joint), v128.splat<T>(<T>(1 - 4 * epsilonOf<T>())));
  const until = v128.sub<T>(left, v128.mul<T>(limit, v128.splat<T>(<T>(1 + 4 * epsilonOf<T>()))));
  scatter<T>(load<usize>(plan, SAFE_UNTIL) + <usize>from * sizeof<T>(), i0, i1, i2, i3, until);
}

/** Keeps lower bounds, by the squared distance of the next centroid at least, and how long labels are safe, by that of their own at most. */
@inline
export function keepBounds<T>(
  plan: usize, from: i32, i0: usize, i1: usize, i2: usize, i3: usize, l0: usize, l1: usize, l2: usize, l3: usize, sqNext: v128, near: v128,
): void {
  const path = gather<T>(load<usize>(plan, GROUP_PATHS), l0, l1, l2, l3);
  const next = v128.sqrt<T>(v128.pmax<T>(v128.splat<T>(0), sqNext));
  const lower = v128.mul<T>(v128.add<T>(next, path), v128.splat<T>(<T>(1 - 16 * epsilonOf<T>())));
  scatter<T>(load<usize>(plan, LOWER) + <usize>from * sizeof<T>(), i0, i1, i2, i3, lower);
  keepSafe<T>(plan, from, i0, i1, i2, i3, l0, l1, l2, l3, lowerNow<T>(lower, path), limitOf<T>(plan, near));
}

// As safety.ts has it for one sample.

/** Distances at most, by computed squares. */
@inline
export function nearOf<T>(plan: usize, square: v128): v128 {
  return v128.mul<T>(v128.sqrt<T>(square), v128.splat<T>(<T>(1 + load<f64>(plan, RELATIVE))));
}

@inline
export function limitOf<T>(plan: usize, near: v128): v128 {
  const more = v128.add<T>(near, v128.splat<T>(<T>load<f64>(plan, MARGIN_1)));
  const right = v128.add<T>(v128.mul<T>(more, near), v128.splat<T>(<T>load<f64>(plan, MARGIN_0)));
  return v128.mul<T>(v128.sqrt<T>(right), v128.splat<T>(<T>(1 + 16 * epsilonOf<T>())));
}

@inline
function lowerNow<T>(lower: v128, path: v128): v128 {
  return v128.pmax<T>(v128.splat<T>(0), v128.mul<T>(v128.sub<T>(lower, path), v128.splat<T>(<T>(1 - 4 * epsilonOf<T>()))));
}
