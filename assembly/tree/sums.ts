import { sumsEntryBytes, sumsWidth } from '../constants';
import { columnPair } from '../inline/sums';
import { BLOCK, CHILD, COUNT, D, NODE_BYTES, rowsOf, ROW_BYTES, SUMS, sumsOf, WEIGHTS } from './plan';

/** Takes the exact sums of a node, if nobody did: from its children, or from its samples. */
export function takeSums<T>(plan: usize, node: usize): void {
  const sums = sumsOf(plan, node);
  if (!isNaN(load<f64>(sums))) return;
  const d = load<i32>(plan, D);
  const bytes = <usize>sumsEntryBytes(d);
  const child = load<usize>(node, CHILD);
  if (child >= 1024) {
    takeSums<T>(plan, child);
    takeSums<T>(plan, child + NODE_BYTES);
    const from = sumsOf(plan, child);
    for (let at: usize = 0; at < bytes; at += 16)
      v128.store(sums + at, f64x2.add(v128.load(from + at), v128.load(from + bytes + at)));
    return;
  }
  for (let at: usize = 0; at < bytes; at += 16) v128.store(sums + at, f64x2.splat(0));
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const rows = rowsOf(plan, node);
  const count = <usize>load<i32>(node, COUNT);
  if (child) addSamples<T>(plan, sums, rows, count, rowBytes, sizeof<T>(), rows + rowBytes - 4, rowBytes);
  else
    for (let from: usize = 0; from < count; from += BLOCK) {
      const size = min(count - from, BLOCK);
      const block = rows + from * rowBytes;
      addSamples<T>(plan, sums, block, size, sizeof<T>(), size * sizeof<T>(), block + (rowBytes - sizeof<T>()) * size, 4);
    }
}

/**
 * Adds samples to an entry of exact sums.
 *
 * @param x in: `count` samples of d features, `row` bytes from one to the next, `column` from feature to feature
 * @param index in: which samples they are, i32, `step` bytes apart
 */
function addSamples<T>(plan: usize, sums: usize, x: usize, count: usize, row: usize, column: usize, index: usize, step: usize): void {
  const d = load<i32>(plan, D);
  const low = <usize>sumsWidth(d) << 3;
  const weights = load<usize>(plan, WEIGHTS);
  addPairs<T>(plan, 0, low, sums, x, count, row, column, d > 1, index, step);
  if (d > 2) addPairs<T>(plan, 16, low, sums, x + 2 * column, count, row, column, d > 3, index, step);
  // Weights, of which high and low sum stand together.
  const grids = load<usize>(plan, SUMS) + 2 * low;
  const coarse = load<f64>(grids);
  const fine = load<f64>(grids, 8);
  let high: f64 = 0;
  let rest: f64 = 0;
  const terms: usize = weights ? count : 1;
  for (let i: usize = 0; i < terms; i++) {
    const w = weights ? load<f64>(weights + (<usize>load<i32>(index + i * step) << 3)) : <f64>count;
    const hi = w + coarse - coarse;
    high += hi;
    rest += w - hi + fine - fine;
  }
  const entry = sums + 2 * low;
  store<f64>(entry, load<f64>(entry) + high);
  store<f64>(entry, load<f64>(entry, 8) + rest, 8);
}

/** Two features, or one, to their high and low sums `at` and `at + low` bytes behind the entry. */
function addPairs<T>(
  plan: usize, at: usize, low: usize, sums: usize, x: usize, count: usize, row: usize, column: usize, two: bool, index: usize, step: usize,
): void {
  const weights = load<usize>(plan, WEIGHTS);
  const coarse = v128.load(load<usize>(plan, SUMS) + at);
  const fine = v128.load(load<usize>(plan, SUMS) + at + low);
  let high = v128.load(sums + at);
  let rest = v128.load(sums + at + low);
  for (let i: usize = 0; i < count; i++, x += row, index += step) {
    let value = columnPair<T>(x, column, two);
    if (weights) value = f64x2.mul(value, v128.load64_splat(weights + (<usize>load<i32>(index) << 3)));
    const hi = f64x2.sub(f64x2.add(value, coarse), coarse);
    high = f64x2.add(high, hi);
    rest = f64x2.add(rest, f64x2.sub(f64x2.add(f64x2.sub(value, hi), fine), fine));
  }
  v128.store(sums + at, high);
  v128.store(sums + at + low, rest);
}
