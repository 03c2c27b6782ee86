import { COLUMNS_MAX_D, sumsWidth } from '../constants';
import { loadPair } from './lanes';

/**
 * Adds w · x to the entry of one cluster and takes it from that of another; hi and lo of −x are those of x negated, so that
 * nothing is left behind. `leaves`, a constant, is false for a sample without a cluster before.
 */
@inline
export function moveSample<T>(leaves: bool, x: usize, column: usize, d: i32, w: f64, grids: usize, to: usize, from: usize): void {
  if (d <= COLUMNS_MAX_D) {
    moveColumns<T>(leaves, x, column, d, w, grids, to, from);
    return;
  }
  const low = <usize>sumsWidth(d) << 3;
  const weight = f64x2.splat(w);
  for (let f: usize = 0; f < <usize>d; f += 2)
    movePair(leaves, f64x2.mul(weight, loadPair<T>(x + f * sizeof<T>())), grids + (f << 3), to + (f << 3), from + (f << 3), low);
  moveScalar(leaves, w, grids + 2 * low, to + 2 * low, from + 2 * low, 8);
}

/** The same where samples lie in columns. */
@inline
export function moveColumns<T>(leaves: bool, x: usize, column: usize, d: i32, w: f64, grids: usize, to: usize, from: usize): void {
  const low = <usize>sumsWidth(d) << 3;
  for (let f: usize = 0; f < <usize>d; f++)
    moveScalar(leaves, w * <f64>load<T>(x + f * column), grids + (f << 3), to + (f << 3), from + (f << 3), low);
  moveScalar(leaves, w, grids + 2 * low, to + 2 * low, from + 2 * low, 8);
}

@inline
function moveScalar(leaves: bool, value: f64, grids: usize, to: usize, from: usize, low: usize): void {
  const coarse = load<f64>(grids);
  const fine = load<f64>(grids + low);
  const hi = value + coarse - coarse;
  const lo = value - hi + fine - fine;
  store<f64>(to, load<f64>(to) + hi);
  store<f64>(to + low, load<f64>(to + low) + lo);
  if (leaves) {
    store<f64>(from, load<f64>(from) - hi);
    store<f64>(from + low, load<f64>(from + low) - lo);
  }
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
