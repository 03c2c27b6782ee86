import { sumsEntryBytes } from './constants';
import { minAcross, storeLabels } from './inline/lanes';
import { multiplyAdd } from './inline/multiply-add';
import { moveSample } from './inline/sums';
import { childOf, enter, leave, takeSums } from './tree';
import {
  BLOCK, BYTES, CHANGED, CHILD, COUNT, D, LABELS, LIMIT, LIST, LIST_END, LOOKS, MARGIN, MIDDLE, MOVED, NODE_BYTES, OWNER, RADIUS, ROOM,
  ROW_BYTES, rowsOf, SAMPLE_LABELS, SCRATCH, SIDES, SQUARES, START, SUMS, sumsOf, WEIGHTS,
} from './tree-plan';

// The record of a centroid: its coordinates (4 × f64, zeros behind d); its index, ‖c‖² and −2c (T); its index (i32).
const COORDINATES: usize = 32;
const INDEX: usize = 88;

/** Beyond all squares, where nothing bounds a difference. */
const BOUNDLESS: f64 = 1e60;

/**
 * Brings the labels and sums of a node's samples up to date after the centroids moved (Kanungo et al. 2002): a centroid is no
 * candidate for a box if another is nearer to all of it, by more than rounding can reach; a node with one candidate belongs to
 * that as a whole. Where no difference of two distances can have been used up by what the centroids moved, nothing is done.
 *
 * @param plan in: see tree-plan.ts; LABELS, SUMS, LOOKS and nodes inout, SQUARES, SCRATCH and all between LIST_END and ROOM for the kernel
 *   alone
 * @param root in: `count` nodes
 * @returns how many labels changed
 */
function filter(plan: usize, root: usize, count: i32): i32 {
  store<i32>(plan, 0, CHANGED);
  for (let i = 0; i < count; i++) {
    enter(plan, root);
    if (load<i32>(root, COUNT)) visit(plan, root, load<usize>(plan, LIST), load<usize>(plan, LIST_END), BOUNDLESS);
    leave(plan, root);
    root += NODE_BYTES;
  }
  return load<i32>(plan, CHANGED);
}

/**
 * Brings the labels of the samples of some nodes into the order in which the samples came.
 *
 * @param plan in: see tree-plan.ts; SAMPLE_LABELS out
 * @param root in: `count` nodes
 */
function spreadLabels(plan: usize, root: usize, count: i32): void {
  for (let i = 0; i < count; i++) spread(plan, root + <usize>i * NODE_BYTES, -1);
}

/** @param above whose all samples are, or −1 */
function spread(plan: usize, node: usize, above: i32): void {
  const owner = above >= 0 ? above : load<i32>(node, OWNER);
  const child = load<usize>(node, CHILD);
  if (child >= 1024) {
    spread(plan, child, owner);
    spread(plan, child + NODE_BYTES, owner);
    return;
  }
  // Labels of a raw node that nobody owns never changed.
  if (child && owner < 0) return;
  const rows = rowsOf(plan, node);
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const count = <usize>load<i32>(node, COUNT);
  if (child) return spreadRows(plan, rows + rowBytes - 4, rowBytes, count, 0, owner);
  const labels = owner < 0 ? load<usize>(plan, LABELS) + (<usize>load<i32>(node, START) << 2) : 0;
  for (let from: usize = 0; from < count; from += BLOCK) {
    const size = min(count - from, BLOCK);
    const samples = rows + from * rowBytes + columnsBytes(plan, size);
    spreadRows(plan, samples, 4, size, labels ? labels + (from << 2) : 0, owner);
  }
}

/**
 * @param samples in: which samples they are, i32, `step` bytes apart
 * @param labels in: count × i32, or 0 where all are `owner`'s
 */
function spreadRows(plan: usize, samples: usize, step: usize, count: usize, labels: usize, owner: i32): void {
  const target = load<usize>(plan, SAMPLE_LABELS);
  for (let i: usize = 0; i < count; i++) {
    const label = labels ? load<i32>(labels + (i << 2)) : owner;
    store<i32>(target + (<usize>load<i32>(samples + i * step) << 2), label);
  }
}

/** Bytes of the columns of a block, behind which stands which samples they are. */
@inline
function columnsBytes(plan: usize, size: usize): usize {
  return size * <usize>(load<i32>(plan, D) * load<i32>(plan, BYTES));
}

/**
 * @param list addresses of the candidates' records, ascending
 * @param gap by how much the squared distances to all others at least exceed that to the nearest candidate
 * @returns the new limit of the node
 */
function visit(plan: usize, node: usize, list: usize, end: usize, gap: f64): f64 {
  const moved = load<f64>(plan, MOVED);
  let limit = load<f64>(node, LIMIT);
  if (limit > moved) return limit;

  // The candidate nearest to the middle of the box … Without branches, which would go either way; both lanes have the sums.
  const wide = load<i32>(plan, D) > 2;
  const squares = load<usize>(plan, SQUARES) - list * 2;
  const middle = v128.load(node, MIDDLE);
  const middleHigh = v128.load(node, MIDDLE + 16);
  let nearest: usize = 0;
  let least = f64x2.splat(Infinity);
  for (let at = list; at < end; at += 4) {
    const c = load<usize>(at);
    const low = f64x2.sub(v128.load(c), middle);
    let sum = f64x2.mul(low, low);
    if (wide) {
      const high = f64x2.sub(v128.load(c, 16), middleHigh);
      sum = f64x2.add(sum, f64x2.mul(high, high));
    }
    const square = addLanes(sum);
    store<f64>(squares + at * 2, f64x2.extract_lane(square, 0));
    nearest = select(c, nearest, f64x2.extract_lane(square, 0) < f64x2.extract_lane(least, 0));
    least = f64x2.pmin(least, square);
  }
  // … rules out those that are farther at every corner.
  if (end + (end - list) <= load<usize>(plan, ROOM)) {
    const margin = v128.load64_splat(plan, MARGIN);
    const near = v128.load(nearest);
    const nearHigh = v128.load(nearest, 16);
    const sides = v128.load(node, SIDES);
    const sidesHigh = v128.load(node, SIDES + 16);
    let gaps = f64x2.splat(gap);
    let kept = end;
    for (let at = list; at < end; at += 4) {
      const c = load<usize>(at);
      let sum = f64x2.mul(f64x2.abs(f64x2.sub(v128.load(c), near)), sides);
      if (wide) sum = f64x2.add(sum, f64x2.mul(f64x2.abs(f64x2.sub(v128.load(c, 16), nearHigh)), sidesHigh));
      const excess = f64x2.sub(f64x2.sub(v128.load64_splat(squares + at * 2), least), addLanes(sum));
      const dropped = f64x2.gt(excess, margin);
      gaps = f64x2.pmin(gaps, v128.bitselect(excess, f64x2.splat(Infinity), dropped));
      store<usize>(kept, c);
      kept += <usize>(4 + 4 * i32x4.extract_lane(dropped, 0));
    }
    gap = f64x2.extract_lane(gaps, 0);
    list = end;
    end = kept;
  }

  const looks = <i32>((end - list) >> 2);
  store<i32>(plan, load<i32>(plan, LOOKS) + looks, LOOKS);
  const child: usize = looks == 1 ? 0 : childOf(plan, node);
  if (looks == 1) {
    claim(plan, node, load<i32>(nearest, INDEX));
  } else if (child) {
    const owner = load<i32>(node, OWNER);
    if (owner >= 0) {
      handDown(child, owner);
      handDown(child + NODE_BYTES, owner);
      store<i32>(node, -1, OWNER);
    }
    limit = visit(plan, child, list, end, gap);
    limit = min(limit, visit(plan, child + NODE_BYTES, list, end, gap));
    store<f64>(node, limit, LIMIT);
    return limit;
  } else {
    store<i32>(plan, load<i32>(plan, LOOKS) + looks * (load<i32>(node, COUNT) >> 3), LOOKS);
    gap = min(gap, compare(plan, node, list, end, load<i32>(nearest, INDEX)));
  }
  limit = limitOf(plan, gap, Math.sqrt(f64x2.extract_lane(least, 0)), load<f64>(node, RADIUS));
  store<f64>(node, limit, LIMIT);
  return limit;
}

/** The sum of both lanes, in both. */
@inline
function addLanes(v: v128): v128 {
  return f64x2.add(v, v128.shuffle<u64>(v, v, 1, 0));
}

/** What stood below an owned node, limits too, may be of another run. */
function handDown(child: usize, owner: i32): void {
  store<i32>(child, owner, OWNER);
  store<f64>(child, -1, LIMIT);
}

/**
 * How far centroids may go before a label of a node can change: no more than (d₂ − d₁), less what has to be left of it for
 * rounding not to matter, where d₂² − d₁² ≥ gap for the distances of every sample to its own and to any other centroid, and
 * d₁ lies within `radius` of `middle`.
 */
function limitOf(plan: usize, gap: f64, middle: f64, radius: f64): f64 {
  const moved = load<f64>(plan, MOVED);
  const margin = load<f64>(plan, MARGIN);
  const square = gap * (1 - 1e-6) - margin;
  if (square <= 0) return moved;
  const most = (middle + radius) * (middle + radius) + margin;
  const distance = square / (Math.sqrt(most + square) + Math.sqrt(most));
  const fewest = max(middle - radius - distance, 0);
  const needed = margin / (Math.sqrt(fewest * fewest + margin) + fewest);
  return (moved + (distance - needed) * (1 - 1e-9)) * (1 - 4e-16);
}

/** Makes all samples of a node those of one cluster. */
function claim(plan: usize, node: usize, cluster: i32): void {
  const owner = load<i32>(node, OWNER);
  if (owner == cluster) return;
  if (owner >= 0) {
    moveNode(plan, node, owner, cluster);
    store<i32>(plan, load<i32>(plan, CHANGED) + load<i32>(node, COUNT), CHANGED);
  } else {
    const child = childOf(plan, node);
    if (child) {
      claim(plan, child, cluster);
      claim(plan, child + NODE_BYTES, cluster);
    } else {
      if (load<i32>(plan, BYTES) == 4) claimLeaf<f32>(plan, node, cluster);
      else claimLeaf<f64>(plan, node, cluster);
    }
  }
  store<i32>(node, cluster, OWNER);
}

/** Moves the sums of a whole node from one cluster to another. */
function moveNode(plan: usize, node: usize, from: i32, to: i32): void {
  if (load<i32>(plan, BYTES) == 4) takeSums<f32>(plan, node);
  else takeSums<f64>(plan, node);
  const bytes = <usize>sumsEntryBytes(load<i32>(plan, D));
  const source = load<usize>(plan, SUMS) + <usize>(from + 1) * bytes;
  const target = load<usize>(plan, SUMS) + <usize>(to + 1) * bytes;
  const sums = sumsOf(plan, node);
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(source + at, f64x2.sub(v128.load(source + at), v128.load(sums + at)));
    v128.store(target + at, f64x2.add(v128.load(target + at), v128.load(sums + at)));
  }
}

function claimLeaf<T>(plan: usize, node: usize, cluster: i32): void {
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const count = <usize>load<i32>(node, COUNT);
  const labels = load<usize>(plan, LABELS) + (<usize>load<i32>(node, START) << 2);
  for (let from: usize = 0; from < count; from += BLOCK) {
    const size = min(count - from, BLOCK);
    const block = rowsOf(plan, node) + from * rowBytes;
    for (let i: usize = 0; i < size; i++) relabel<T>(plan, block, size, i, labels + ((from + i) << 2), cluster);
  }
}

/** Moves sample `i` of a block, counting it if its label changes. */
function relabel<T>(plan: usize, block: usize, size: usize, i: usize, label: usize, to: i32): void {
  const from = load<i32>(label);
  if (from == to) return;
  store<i32>(label, to);
  store<i32>(plan, load<i32>(plan, CHANGED) + 1, CHANGED);
  const d = load<i32>(plan, D);
  const weights = load<usize>(plan, WEIGHTS);
  const w = weights ? load<f64>(weights + (<usize>load<i32>(block + columnsBytes(plan, size) + (i << 2)) << 3)) : 1;
  const sums = load<usize>(plan, SUMS);
  const entry = <usize>sumsEntryBytes(d);
  const target = sums + entry * <usize>(to + 1);
  const source = sums + entry * <usize>(from + 1);
  moveSample<T>(true, block + i * sizeof<T>(), size * sizeof<T>(), d, w, sums, target, source);
}

/** Labels the samples of a leaf by their scores; returns the least difference of a sample's two least. */
function compare(plan: usize, node: usize, list: usize, end: usize, nearest: i32): f64 {
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
    let indexX = v128.splat<T>(0);
    let indexY = indexX;
    for (let at = list; at < end; at += 4) {
      const p = load<usize>(at) + COORDINATES;
      let sx = v128.load_splat<T>(p, sizeof<T>());
      let sy = sx;
      const c0 = v128.load_splat<T>(p, 2 * sizeof<T>());
      sx = multiplyAdd<T>(sx, x0, c0);
      sy = multiplyAdd<T>(sy, y0, c0);
      const c1 = v128.load_splat<T>(p, 3 * sizeof<T>());
      sx = multiplyAdd<T>(sx, x1, c1);
      sy = multiplyAdd<T>(sy, y1, c1);
      if (d > 2) {
        const c2 = v128.load_splat<T>(p, 4 * sizeof<T>());
        sx = multiplyAdd<T>(sx, x2, c2);
        sy = multiplyAdd<T>(sy, y2, c2);
      }
      if (d > 3) {
        const c3 = v128.load_splat<T>(p, 5 * sizeof<T>());
        sx = multiplyAdd<T>(sx, x3, c3);
        sy = multiplyAdd<T>(sy, y3, c3);
      }
      const index = v128.load_splat<T>(p);
      indexX = v128.pmax<T>(indexX, v128.and(v128.lt<T>(sx, bestX), index));
      indexY = v128.pmax<T>(indexY, v128.and(v128.lt<T>(sy, bestY), index));
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

/** Moves the samples, of eight (four) from `from` on, whose label changes. `before`: the cluster of all before `claim`, where that counted them. */
@inline
function update<T>(plan: usize, block: usize, size: usize, from: usize, labels: usize, a: v128, b: v128, before: i32): void {
  const first = labels + (from << 2);
  const fresh = load<usize>(plan, SCRATCH);
  storeLabels<T>(fresh, a, b);
  let changes = i32x4.bitmask(i32x4.ne(v128.load(fresh), v128.load(first)));
  if (sizeof<T>() == 4) changes |= i32x4.bitmask(i32x4.ne(v128.load(fresh, 16), v128.load(first, 16))) << 4;
  changes &= (1 << <i32>min<usize>(size - from, 8)) - 1;
  while (changes) {
    const lane = <usize>ctz(changes);
    changes &= changes - 1;
    const to = load<i32>(fresh + (lane << 2));
    relabel<T>(plan, block, size, from + lane, first + (lane << 2), to);
    if (before >= 0) store<i32>(plan, load<i32>(plan, CHANGED) - (to == before ? 2 : 1), CHANGED);
  }
}

export { filter as filterF32, filter as filterF64, spreadLabels as spreadLabelsF32, spreadLabels as spreadLabelsF64 };
