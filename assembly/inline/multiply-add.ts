/**
 * acc + x · c, the product and the sum each rounded to T. In the relaxed build rounded once where the machine has fused
 * multiply-add: that only takes rounding away, so bounds on how far scores are off hold as they are.
 */
@inline
export function multiplyAdd<T>(acc: v128, x: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD && !isDefined(BYTES)) return v128.relaxed_madd<T>(x, c, acc);
  return v128.add<T>(acc, v128.mul<T>(x, c));
}
