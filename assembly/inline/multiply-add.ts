/** acc + x · c, the product and the sum each rounded to T. */
@inline
export function multiplyAdd<T>(acc: v128, x: v128, c: v128): v128 {
  return v128.add<T>(acc, v128.mul<T>(x, c));
}
