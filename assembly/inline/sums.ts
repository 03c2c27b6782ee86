import { COLUMNS_MAX_D, sumsWidth } from '../constants';
import { loadPair } from './lanes';

/**
 * Adds w · x to the entry of one cluster and takes it from that of another; hi and lo of −x are those of x negated, so that
 * nothing is left behind. `leaves`, a constant, is false for a sample without a cluster before.
 */
@inline
export function moveSample<T>(leaves: bool, x: usize, column: usize, d: i32, w: f64, grids: usize, to: usize, from: usize): void {
  const low = <usize>sumsWidth(d) << 3;
  const weight = f64x2.splat(w);
  if (d <= COLUMNS_MAX_D) {
    movePair(leaves, f64x2.mul(weight, columnPair<T>(x, column, d > 1)), grids, to, from, low);
    if (d > 2) movePair(leaves, f64x2.mul(weight, columnPair<T>(x + 2 * column, column, d > 3)), grids + 16, to + 16, from + 16, low);
  } else
    for (let f: usize = 0; f < <usize>d; f += 2)
      movePair(leaves, f64x2.mul(weight, loadPair<T>(x + f * sizeof<T>())), grids + (f << 3), to + (f << 3), from + (f << 3), low);
  // The weight: its high and low part stand together.
  const hi = w + load<f64>(grids + 2 * low) - load<f64>(grids + 2 * low);
  const fine = load<f64>(grids + 2 * low, 8);
  const parts = f64x2.replace_lane(f64x2.splat(hi), 1, w - hi + fine - fine);
  v128.store(to + 2 * low, f64x2.add(v128.load(to + 2 * low), parts));
  if (leaves) v128.store(from + 2 * low, f64x2.sub(v128.load(from + 2 * low), parts));
}

/** Values of a sample in two neighbouring columns, or in one and 0. */
@inline
export function columnPair<T>(x: usize, column: usize, two: bool): v128 {
  if (sizeof<T>() == 4) {
    const value = v128.load32_zero(x);
    return f64x2.promote_low_f32x4(two ? v128.load_lane<f32>(x + column, value, 1) : value);
  }
  const value = v128.load64_zero(x);
  return two ? v128.load_lane<f64>(x + column, value, 1) : value;
}

@inline
function movePair(leaves: bool, value: v128, grids: usize, to: usize, from: usize, low: usize): void {
  const coarse = v128.load(grids);
  const fine = v128.load(grids + low);
  const hi = f64x2.sub(f64x2.add(value, coarse), coarse);
  const lo = f64x2.sub(f64x2.add(f64x2.sub(value, hi), fine), fine);
  v128.store(to, f64x2.add(v128.load(to), hi));
  v128.store(to + low, f64x2.add(v128.load(to + low), lo));
  if (leaves) {
    v128.store(from, f64x2.sub(v128.load(from), hi));
    v128.store(from + low, f64x2.sub(v128.load(from + low), lo));
  }
}
