import { squareOf } from './open';
import { epsilonOf, INVERSE, JOINT_PATHS, MARGIN_0, MARGIN_1, QUANTISED, RELATIVE, SAFE_UNTIL, SQ_NORMS, SURE_0, SURE_1 } from './plan';

// Four (two) samples of a list as lanes: places i in the chunk, labels l.

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

/** Puts those of four (two) places, which begin at entry a of a list, behind another where their bit is set; returns its length then. */
@inline
export function appendAll<T>(list: usize, length: i32, a: i32, listed: i32, bits: i32, i0: usize, i1: usize, i2: usize, i3: usize): i32 {
  length = append(list, length, i0, i32(a < listed) & bits);
  length = append(list, length, i1, i32(a + 1 < listed) & (bits >> 1));
  if (sizeof<T>() == 8) return length;
  length = append(list, length, i2, i32(a + 2 < listed) & (bits >> 2));
  return append(list, length, i3, i32(a + 3 < listed) & (bits >> 3));
}

/** Puts a place on a list, to stay there if `counts` is 1: without a branch, which nobody could foretell. */
@inline
function append(list: usize, length: i32, i: usize, counts: i32): i32 {
  store<i32>(list + (<usize>length << 2), <i32>i);
  return length + counts;
}

/** Squared distances of samples to their centroids. */
@inline
export function squaresOf<T>(plan: usize, from: i32, i0: usize, i1: usize, i2: usize, i3: usize, l0: usize, l1: usize, l2: usize, l3: usize): v128 {
  let square = v128.splat<T>(squareOf<T>(plan, from + <i32>i0, <i32>l0));
  square = v128.replace_lane<T>(square, 1, squareOf<T>(plan, from + <i32>i1, <i32>l1));
  if (sizeof<T>() == 8) return square;
  square = f32x4.replace_lane(square, 2, <f32>squareOf<T>(plan, from + <i32>i2, <i32>l2));
  return f32x4.replace_lane(square, 3, <f32>squareOf<T>(plan, from + <i32>i3, <i32>l3));
}

@inline
export function sqNormsOf<T>(plan: usize, from: i32, i0: usize, i1: usize, i2: usize, i3: usize): v128 {
  return gather<T>(load<usize>(plan, SQ_NORMS) + <usize>from * sizeof<T>(), i0, i1, i2, i3);
}

/** How far two scores of a sample, estimated or not, are off at the most, in all; without estimates ‖x‖² too. */
@inline
export function marginOf<T>(plan: usize, from: i32, sqNorms: v128, i0: usize, i1: usize, i2: usize, i3: usize): v128 {
  let measure = sqNorms;
  if (load<usize>(plan, QUANTISED)) {
    measure = gather<f32>(load<usize>(plan, INVERSE) + (<usize>from << 2), i0, i1, i2, i3);
    if (sizeof<T>() == 8) measure = f64x2.promote_low_f32x4(measure);
  }
  const up = 1 + 8 * epsilonOf<T>();
  return v128.add<T>(v128.splat<T>(<T>(load<f64>(plan, SURE_0) * up)), v128.mul<T>(v128.splat<T>(<T>(load<f64>(plan, SURE_1) * up)), measure));
}

/**
 * Distances at most, by ‖x‖² and scores. What rounding may lose beyond the margin, some ε · (‖x‖² + ‖c‖²), is in 16 ε · ‖x‖² and
 * what the margin has to spare.
 */
@inline
export function atMost<T>(sqNorms: v128, scores: v128, margin: v128): v128 {
  const square = v128.add<T>(v128.mul<T>(sqNorms, v128.splat<T>(<T>(1 + 16 * epsilonOf<T>()))), v128.add<T>(scores, margin));
  return v128.mul<T>(v128.sqrt<T>(v128.pmax<T>(v128.splat<T>(0), square)), v128.splat<T>(<T>(1 + 4 * epsilonOf<T>())));
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
