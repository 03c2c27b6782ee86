/** Lane indices as floats: 0, 1, 2, 3 (float32) or 0, 1 (float64). */
@inline
export function laneIndices<T>(): v128 {
  if (sizeof<T>() == 4) return f32x4(0, 1, 2, 3);
  return f64x2(0, 1);
}

/**
 * All lanes hold the least of the lanes.
 *
 *     a b c d  →  pmin with c d a b  →  pmin with b a d c
 */
@inline
export function minAcross<T>(v: v128): v128 {
  if (sizeof<T>() == 4) {
    const halves = v128.pmin<f32>(v, v128.shuffle<u32>(v, v, 2, 3, 0, 1));
    return v128.pmin<f32>(halves, v128.shuffle<u32>(halves, halves, 1, 0, 3, 2));
  }
  return v128.pmin<f64>(v, v128.shuffle<u64>(v, v, 1, 0));
}

/** The greatest of four lanes of float32. */
@inline
export function greatestOf(v: v128): f32 {
  return max(max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)), max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}

/** Lane j, a constant, of four vectors of float32: aⱼ bⱼ cⱼ dⱼ. What several lanes share is worked out once. */
@inline
export function laneOf(j: i32, a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = j < 2 ? v128.shuffle<u32>(a, b, 0, 4, 1, 5) : v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const cd = j < 2 ? v128.shuffle<u32>(c, d, 0, 4, 1, 5) : v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  return j % 2 ? v128.shuffle<u64>(ab, cd, 1, 3) : v128.shuffle<u64>(ab, cd, 0, 2);
}

/** Mask of the lanes of vector `vector` (0, or 1 for the upper half of float64 stripes) that stand for features < left. */
@inline
export function tailMask<T>(left: i32, vector: i32): v128 {
  const first = vector * (16 / sizeof<T>());
  return v128.lt<T>(v128.add<T>(laneIndices<T>(), v128.splat<T>(<T>first)), v128.splat<T>(<T>left));
}

/** (s₀ + s₂) + (s₁ + s₃) of four stripes: `a` holds all four (float32), or `a` the first two and `b` the others (float64). */
@inline
export function mergeStripes<T>(a: v128, b: v128): T {
  if (sizeof<T>() == 4) {
    const pairs = v128.add<f32>(a, v128.shuffle<u32>(a, a, 2, 3, 0, 1));
    return <T>(f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1));
  }
  const pairs = v128.add<f64>(a, b);
  return <T>(f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1));
}

/** One value of type T at `ptr`, as float64, and 0. */
@inline
export function loadOne<T>(ptr: usize): v128 {
  if (sizeof<T>() == 4) return f64x2.promote_low_f32x4(v128.load32_zero(ptr));
  return v128.load64_zero(ptr);
}

/** Two values of type T at `ptr`, as float64. */
@inline
export function loadPair<T>(ptr: usize): v128 {
  if (sizeof<T>() == 4) return f64x2.promote_low_f32x4(v128.load64_zero(ptr));
  return v128.load(ptr);
}

/** Four values of type T at `ptr`, as float32. */
@inline
export function loadFour<T>(ptr: usize): v128 {
  if (sizeof<T>() == 4) return v128.load(ptr);
  const low = f32x4.demote_f64x2_zero(v128.load(ptr));
  return v128.shuffle<u64>(low, f32x4.demote_f64x2_zero(v128.load(ptr, 16)), 0, 2);
}

/** Σ w · value, or Σ value where weights is 0, of n values in four stripes i mod 4. */
@inline
export function weightedStripes<T>(values: usize, n: i32, weights: usize): f64 {
  let low = f64x2.splat(0);
  let high = low;
  let p = values;
  let w = weights;
  for (let left = n; left > 0; left -= 4, p += 4 * sizeof<T>(), w += 32) {
    let a = loadPair<T>(p);
    let b = loadPair<T>(p + 2 * sizeof<T>());
    if (weights) {
      a = f64x2.mul(a, v128.load(w));
      b = f64x2.mul(b, v128.load(w, 16));
    }
    if (left < 4) {
      // What lies behind the end counts 0.
      a = v128.and(a, tailMask<f64>(left, 0));
      b = v128.and(b, tailMask<f64>(left, 1));
    }
    low = f64x2.add(low, a);
    high = f64x2.add(high, b);
  }
  return mergeStripes<f64>(low, high);
}

/** Indices held as floats, written as i32: 8 of float32 or 4 of float64. */
@inline
export function storeLabels<T>(labels: usize, a: v128, b: v128): void {
  if (sizeof<T>() == 4) {
    v128.store(labels, i32x4.trunc_sat_f32x4_s(a));
    v128.store(labels, i32x4.trunc_sat_f32x4_s(b), 16);
  } else {
    const low = i32x4.trunc_sat_f64x2_s_zero(a);
    const high = i32x4.trunc_sat_f64x2_s_zero(b);
    v128.store(labels, v128.shuffle<u32>(low, high, 0, 1, 4, 5));
  }
}
