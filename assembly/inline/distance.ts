import { COLUMNS_MAX_D } from '../constants';
import { mergeStripes, tailMask } from './lanes';

/** Squared distance of one sample to a centroid: (x − c)² in four stripes f mod 4, merged as (s₀ + s₂) + (s₁ + s₃). */
@inline
export function sqDistance<T>(x: usize, column: usize, c: usize, d: i32): T {
  return d <= COLUMNS_MAX_D ? ofColumns<T>(x, column, c, d) : ofRow<T>(x, c, d);
}

/** The same, called: smaller, for where few distances are measured. */
export function calledSqDistance<T>(x: usize, column: usize, c: usize, d: i32): T {
  return sqDistance<T>(x, column, c, d);
}

/** A contiguous row, in vectors; lanes behind d are masked out, centroids hold zeros there. */
@inline
function ofRow<T>(x: usize, c: usize, d: i32): T {
  let a = v128.splat<T>(0);
  let b = a;
  const whole = d & ~3;
  for (let f = 0; f < whole; f += 4) {
    const offset = <usize>f * sizeof<T>();
    a = addSquare<T>(a, v128.load(x + offset), v128.load(c + offset));
    if (sizeof<T>() == 8) b = addSquare<T>(b, v128.load(x + offset, 16), v128.load(c + offset, 16));
  }
  if (whole < d) {
    const offset = <usize>whole * sizeof<T>();
    a = addSquare<T>(a, v128.and(v128.load(x + offset), tailMask<T>(d - whole, 0)), v128.load(c + offset));
    if (sizeof<T>() == 8 && d - whole > 2)
      b = addSquare<T>(b, v128.and(v128.load(x + offset, 16), tailMask<T>(d - whole, 1)), v128.load(c + offset, 16));
  }
  return mergeStripes<T>(a, b);
}

/** Columns, d ≤ 4: a stripe holds one square at the most. */
@inline
function ofColumns<T>(x: usize, column: usize, c: usize, d: i32): T {
  const s0 = square<T>(load<T>(x) - load<T>(c));
  const s1 = d > 1 ? square<T>(load<T>(x + column) - load<T>(c, sizeof<T>())) : <T>0;
  const s2 = d > 2 ? square<T>(load<T>(x + 2 * column) - load<T>(c, 2 * sizeof<T>())) : <T>0;
  const s3 = d > 3 ? square<T>(load<T>(x + 3 * column) - load<T>(c, 3 * sizeof<T>())) : <T>0;
  return <T>(<T>(s0 + s2) + <T>(s1 + s3));
}

@inline
export function addSquare<T>(sum: v128, x: v128, c: v128): v128 {
  const difference = v128.sub<T>(x, c);
  return v128.add<T>(sum, v128.mul<T>(difference, difference));
}

@inline
function square<T>(value: T): T {
  return <T>(value * value);
}
