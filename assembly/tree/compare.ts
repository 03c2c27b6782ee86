import { minAcross } from '../inline/lanes';
import { multiplyAdd } from '../inline/multiply-add';
import { claim, relabel } from './owners';
import { BLOCK, BYTES, CHANGED, COUNT, D, INDEX, LABELS, OWNER, rowsOf, ROW_BYTES, SCORE, SCRATCH, START } from './plan';

/** Labels the samples of a leaf by their scores; returns the least difference of a sample's two least. */
export function compare(plan: usize, node: usize, list: usize, end: usize, nearest: i32): f64 {
  const owner = load<i32>(node, OWNER);
  if (owner >= 0) {
    // So far all were one cluster's. Most will be the nearest's.
    if (owner != nearest) claim(plan, node, nearest);
    const start = load<usize>(plan, LABELS) + (<usize>load<i32>(node, START) << 2);
    const count = <usize>load<i32>(node, COUNT);
    for (let i: usize = 0; i < count; i++) store<i32>(start + (i << 2), nearest);
    store<i32>(node, -1, OWNER);
  }
  // What `claim` counted already must not count twice, nor those that return.
  const before = owner != nearest ? owner : -1;
  return load<i32>(plan, BYTES) == 4 ? compareBlocks<f32>(plan, node, list, end, before) : compareBlocks<f64>(plan, node, list, end, before);
}

function compareBlocks<T>(plan: usize, node: usize, list: usize, end: usize, before: i32): f64 {
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const count = <usize>load<i32>(node, COUNT);
  const labels = load<usize>(plan, LABELS) + (<usize>load<i32>(node, START) << 2);
  let gap = Infinity;
  for (let from: usize = 0; from < count; from += BLOCK) {
    const block = rowsOf(plan, node) + from * rowBytes;
    gap = min(gap, blockOf<T>(plan, block, min(count - from, BLOCK), labels + (from << 2), list, end, before));
  }
  return gap;
}

/** One loop for each d, which is a constant where it is inlined; of one feature, the second is that one again, times 0. */
@inline
function blockOf<T>(plan: usize, block: usize, size: usize, labels: usize, list: usize, end: usize, before: i32): f64 {
  switch (load<i32>(plan, D)) {
    case 3: return compareBlock<T>(3, size, plan, block, size, labels, list, end, before);
    case 4: return compareBlock<T>(4, size, plan, block, size, labels, list, end, before);
    default: return compareBlock<T>(2, load<i32>(plan, D) > 1 ? size : 0, plan, block, size, labels, list, end, before);
  }
}

@inline
function compareBlock<T>(
  d: i32, stride: usize, plan: usize, block: usize, size: usize, labels: usize, list: usize, end: usize, before: i32,
): f64 {
  if (end - list == 8) return compareTwo<T>(d, stride, plan, block, size, labels, list, before);
  const column = stride * sizeof<T>();
  const step: usize = 32 / sizeof<T>();
  let gap = v128.splat<T>(<T>Infinity);
  for (let i: usize = 0; i < size; i += step) {
    // The last vectors overlap those before them rather than reach into the next block, unless there are none before.
    const from = size < step ? 0 : min(i, size - step);
    const px = block + from * sizeof<T>();
    const x0 = v128.load(px);
    const y0 = v128.load(px, 16);
    const x1 = v128.load(px + column);
    const y1 = v128.load(px + column, 16);
    const x2 = d > 2 ? v128.load(px + 2 * column) : x0;
    const y2 = d > 2 ? v128.load(px + 2 * column, 16) : x0;
    const x3 = d > 3 ? v128.load(px + 3 * column) : x0;
    const y3 = d > 3 ? v128.load(px + 3 * column, 16) : x0;
    let bestX = v128.splat<T>(<T>Infinity);
    let bestY = bestX;
    let nextX = bestX;
    let nextY = bestX;
    let indexX = i32x4.splat(0);
    let indexY = indexX;
    for (let at = list; at < end; at += 4) {
      const record = load<usize>(at);
      const sx = scoreOf<T>(d, x0, x1, x2, x3, record + SCORE);
      const sy = scoreOf<T>(d, y0, y1, y2, y3, record + SCORE);
      const index = indexOf<T>(record);
      indexX = i32x4.max_s(indexX, v128.and(v128.lt<T>(sx, bestX), index));
      indexY = i32x4.max_s(indexY, v128.and(v128.lt<T>(sy, bestY), index));
      nextX = v128.pmin<T>(nextX, v128.pmax<T>(bestX, sx));
      nextY = v128.pmin<T>(nextY, v128.pmax<T>(bestY, sy));
      bestX = v128.pmin<T>(bestX, sx);
      bestY = v128.pmin<T>(bestY, sy);
    }
    gap = v128.pmin<T>(gap, v128.pmin<T>(v128.sub<T>(nextX, bestX), v128.sub<T>(nextY, bestY)));
    update<T>(plan, block, size, from, labels, indexX, indexY, before);
  }
  return <f64>v128.extract_lane<T>(minAcross<T>(gap), 0);
}

/** The same for two candidates, as most leaves have: the other one's label wherever its score is less. In one loop both are slower. */
@inline
function compareTwo<T>(d: i32, stride: usize, plan: usize, block: usize, size: usize, labels: usize, list: usize, before: i32): f64 {
  const column = stride * sizeof<T>();
  const step: usize = 32 / sizeof<T>();
  const indexA = indexOf<T>(load<usize>(list));
  const indexB = indexOf<T>(load<usize>(list, 4));
  const a = load<usize>(list) + SCORE;
  const b = load<usize>(list, 4) + SCORE;
  let gap = v128.splat<T>(<T>Infinity);
  for (let i: usize = 0; i < size; i += step) {
    const from = size < step ? 0 : min(i, size - step);
    const px = block + from * sizeof<T>();
    const x0 = v128.load(px);
    const y0 = v128.load(px, 16);
    const x1 = v128.load(px + column);
    const y1 = v128.load(px + column, 16);
    const x2 = d > 2 ? v128.load(px + 2 * column) : x0;
    const y2 = d > 2 ? v128.load(px + 2 * column, 16) : x0;
    const x3 = d > 3 ? v128.load(px + 3 * column) : x0;
    const y3 = d > 3 ? v128.load(px + 3 * column, 16) : x0;
    const ax = scoreOf<T>(d, x0, x1, x2, x3, a);
    const bx = scoreOf<T>(d, x0, x1, x2, x3, b);
    const ay = scoreOf<T>(d, y0, y1, y2, y3, a);
    const by = scoreOf<T>(d, y0, y1, y2, y3, b);
    gap = v128.pmin<T>(gap, v128.pmin<T>(v128.abs<T>(v128.sub<T>(ax, bx)), v128.abs<T>(v128.sub<T>(ay, by))));
    const indexX = v128.bitselect(indexB, indexA, v128.lt<T>(bx, ax));
    const indexY = v128.bitselect(indexB, indexA, v128.lt<T>(by, ay));
    update<T>(plan, block, size, from, labels, indexX, indexY, before);
  }
  return <f64>v128.extract_lane<T>(minAcross<T>(gap), 0);
}

/** ‖c‖² − 2x·c of the samples of a vector and one centroid. */
@inline
function scoreOf<T>(d: i32, x0: v128, x1: v128, x2: v128, x3: v128, c: usize): v128 {
  let score = v128.load_splat<T>(c);
  score = multiplyAdd<T>(score, x0, v128.load_splat<T>(c, sizeof<T>()));
  score = multiplyAdd<T>(score, x1, v128.load_splat<T>(c, 2 * sizeof<T>()));
  if (d > 2) score = multiplyAdd<T>(score, x2, v128.load_splat<T>(c, 3 * sizeof<T>()));
  if (d > 3) score = multiplyAdd<T>(score, x3, v128.load_splat<T>(c, 4 * sizeof<T>()));
  return score;
}

/** The index of a candidate in every lane of T. */
@inline
function indexOf<T>(record: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(record, INDEX) : v128.load64_splat(record, INDEX);
}

/**
 * Moves the samples, of eight (four) from `from` on, whose label changes. `before`: the cluster of all before `claim`, where that
 * counted them.
 */
@inline
function update<T>(plan: usize, block: usize, size: usize, from: usize, labels: usize, a: v128, b: v128, before: i32): void {
  const first = labels + (from << 2);
  const fresh = load<usize>(plan, SCRATCH);
  let changes: i32;
  if (sizeof<T>() == 4) {
    changes = i32x4.bitmask(i32x4.ne(a, v128.load(first))) | (i32x4.bitmask(i32x4.ne(b, v128.load(first, 16))) << 4);
  } else {
    a = v128.shuffle<u32>(a, b, 0, 2, 4, 6);
    changes = i32x4.bitmask(i32x4.ne(a, v128.load(first)));
  }
  changes &= (1 << <i32>min<usize>(size - from, 8)) - 1;
  if (!changes) return;
  v128.store(fresh, a);
  if (sizeof<T>() == 4) v128.store(fresh, b, 16);
  while (changes) {
    const lane = <usize>ctz(changes);
    changes &= changes - 1;
    const to = load<i32>(fresh + (lane << 2));
    relabel<T>(plan, block, size, from + lane, first + (lane << 2), to);
    if (before >= 0) store<i32>(plan, load<i32>(plan, CHANGED) - (to == before ? 2 : 1), CHANGED);
  }
}
