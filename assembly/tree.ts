import { sumsEntryBytes, sumsWidth } from './constants';
import { loadOne, loadPair } from './inline/lanes';
import {
  BYTES, CHILD, COUNT, D, FREE, FREE_END, FREES, FRESH, LABELS, LEVELS, LIMIT, MIDDLE, NODE_BYTES, NODE_SUMS, NODES, OWNER, RADIUS,
  ROW_BYTES, ROWS, SAMPLE_LABELS, SIDES, START, STRIDE, SUMS, sumsOf, WEIGHTS, X,
} from './tree-plan';

/** Samples up to which a node is not cut. */
const LEAF_SIZE: i32 = 64;
const MAX_DEPTH: usize = 60;
/** Samples for each node there is room for below a root. */
const NODE_SHARE: i32 = 10;

/**
 * Makes the rows of some roots raw nodes. They are cut through the middle of the longest side of their boxes, and so on until few
 * samples are left, only when a walk has to go below them.
 *
 * @param plan in: see tree-plan.ts; NODE_SUMS, FREES out
 * @param root inout: `count` nodes, of which START and COUNT are there
 */
export function plantTree<T>(plan: usize, root: usize, count: i32): void {
  const behind = load<usize>(plan, NODES) + (NODE_BYTES << load<usize>(plan, LEVELS));
  for (let i = 0; i < count; i++) {
    const start = load<i32>(root, START);
    store<usize>(freeOf(plan, root), behind + <usize>(start / NODE_SHARE) * NODE_BYTES);
    writeNode<T>(plan, root, start, load<i32>(root, COUNT), 1);
    takeSums<T>(plan, root);
    root += NODE_BYTES;
  }
}

/** Where the next free node below a root is named. */
@inline
function freeOf(plan: usize, root: usize): usize {
  return load<usize>(plan, FREES) + ((root - load<usize>(plan, NODES)) / NODE_BYTES << 2);
}

/** Takes the nodes below a root at hand, … */
export function enter(plan: usize, root: usize): void {
  const behind = load<usize>(plan, NODES) + (NODE_BYTES << load<usize>(plan, LEVELS));
  store<usize>(plan, load<usize>(freeOf(plan, root)), FREE);
  store<usize>(plan, behind + <usize>((load<i32>(root, START) + load<i32>(root, COUNT)) / NODE_SHARE) * NODE_BYTES, FREE_END);
}

/** … and keeps in mind which are left. */
export function leave(plan: usize, root: usize): void {
  store<usize>(freeOf(plan, root), load<usize>(plan, FREE));
}

/** What is below a node: the first of two children, or 0 where it is a leaf. A raw node is cut before, or made a leaf. */
export function childOf(plan: usize, node: usize): usize {
  const child = load<usize>(node, CHILD);
  if (child == 0 || child >= 1024) return child;
  return load<i32>(plan, BYTES) == 4 ? cut<f32>(plan, node, child) : cut<f64>(plan, node, child);
}

function cut<T>(plan: usize, node: usize, depth: usize): usize {
  const start = load<i32>(node, START);
  const count = load<i32>(node, COUNT);
  const child = load<usize>(plan, FREE);
  const free = child + 2 * NODE_BYTES;
  let lower = 0;
  if (count > LEAF_SIZE && depth < MAX_DEPTH && free <= load<usize>(plan, FREE_END)) lower = partition<T>(plan, node);
  // Samples that are all alike, or all but for rounding, stay together.
  if (lower == 0 || lower == count) {
    makeLeaf<T>(plan, node);
    return 0;
  }
  store<usize>(plan, free, FREE);
  store<usize>(node, child, CHILD);
  writeNode<T>(plan, child, start, lower, depth + 1);
  writeNode<T>(plan, child + NODE_BYTES, start + lower, count - lower, depth + 1);
  return child;
}

/** A raw node, whose sums nobody knows yet. */
function writeNode<T>(plan: usize, node: usize, start: i32, count: i32, depth: usize): void {
  store<f64>(node, -1, LIMIT);
  store<i32>(node, start, START);
  store<i32>(node, count, COUNT);
  store<usize>(node, depth, CHILD);
  store<i32>(node, -1, OWNER);
  store<f64>(sumsOf(plan, node), NaN);
  measureBox<T>(plan, node);
}

/** The box around the samples of a node. */
function measureBox<T>(plan: usize, node: usize): void {
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const d = <usize>load<i32>(plan, D);
  const first = load<usize>(plan, ROWS) + <usize>load<i32>(node, START) * rowBytes;
  const end = first + <usize>load<i32>(node, COUNT) * rowBytes;
  let square: f64 = 0;
  const values = 16 / sizeof<T>();
  memory.fill(node, 0, 72);
  if (first == end) return;
  for (let f: usize = 0; f < d; f += values) {
    let least = v128.load(first + f * sizeof<T>());
    let greatest = least;
    for (let row = first + f * sizeof<T>(); row < end; row += rowBytes) {
      const value = v128.load(row);
      least = v128.pmin<T>(least, value);
      greatest = v128.pmax<T>(greatest, value);
    }
    const scratch = load<usize>(plan, FRESH);
    v128.store(scratch, least);
    v128.store(scratch, greatest, 16);
    for (let v: usize = 0; v < min<usize>(values, d - f); v++) {
      const low = <f64>load<T>(scratch + v * sizeof<T>());
      const side = <f64>load<T>(scratch + v * sizeof<T>(), 16) - low;
      store<f64>(node + ((f + v) << 3), low + 0.5 * side, MIDDLE);
      store<f64>(node + ((f + v) << 3), side, SIDES);
      square += side * side;
    }
  }
  store<f64>(node, 0.5 * Math.sqrt(square), RADIUS);
}

/** Brings the samples below the middle of the longest side to the front; returns how many. */
function partition<T>(plan: usize, node: usize): i32 {
  let longest: usize = 0;
  for (let f: usize = 8; f < 32; f += 8) if (load<f64>(node + f, SIDES) > load<f64>(node + longest, SIDES)) longest = f;
  const cut = <T>load<f64>(node + longest, MIDDLE);
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const first = load<usize>(plan, ROWS) + <usize>load<i32>(node, START) * rowBytes;
  const end = first + <usize>load<i32>(node, COUNT) * rowBytes;
  const key = (longest >> 3) * sizeof<T>();
  switch (<i32>rowBytes) {
    case 16: return partitionRows<T>(16, first, end, key, cut);
    case 32: return partitionRows<T>(32, first, end, key, cut);
    default: return partitionRows<T>(sizeof<T>() == 4 ? 32 : 48, first, end, key, cut);
  }
}

/** One loop for each size of rows, a constant where this is inlined. */
@inline
function partitionRows<T>(rowBytes: usize, first: usize, end: usize, key: usize, cut: T): i32 {
  let front = first;
  for (let row = first; row < end; row += rowBytes) {
    const below = usize(load<T>(row + key) < cut);
    exchange(row, front);
    if (rowBytes > 16) exchange(row + 16, front + 16);
    if (rowBytes > 32) exchange(row + 32, front + 32);
    front += rowBytes & (0 - below);
  }
  return <i32>((front - first) / rowBytes);
}

@inline
function exchange(a: usize, b: usize): void {
  const value = v128.load(a);
  v128.store(a, v128.load(b));
  v128.store(b, value);
}

/** Makes a raw node a leaf: its rows are copied into columns, and labels that there are go with them. */
function makeLeaf<T>(plan: usize, node: usize): void {
  store<usize>(node, 0, CHILD);
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const start = <usize>load<i32>(node, START);
  const count = <usize>load<i32>(node, COUNT);
  const rows = load<usize>(plan, ROWS) + start * rowBytes;
  for (let f = 0; f < load<i32>(plan, D); f++) {
    const column = load<usize>(plan, X) + (<usize>(f * load<i32>(plan, STRIDE)) + start) * sizeof<T>();
    let value = rows + <usize>f * sizeof<T>();
    for (let i: usize = 0; i < count; i++, value += rowBytes) store<T>(column + i * sizeof<T>(), load<T>(value));
  }
  if (load<i32>(node, OWNER) >= 0) return;
  const labels = load<usize>(plan, LABELS) + (start << 2);
  for (let i: usize = 0; i < count; i++) {
    const sample = <usize>load<i32>(rows + (i + 1) * rowBytes - 4);
    store<i32>(labels + (i << 2), load<i32>(load<usize>(plan, SAMPLE_LABELS) + (sample << 2)));
  }
}

/** Takes the exact sums of a node, if nobody did: from its children, or from its rows. */
export function takeSums<T>(plan: usize, node: usize): void {
  const sums = sumsOf(plan, node);
  if (!isNaN(load<f64>(sums))) return;
  const d = load<i32>(plan, D);
  const child = load<usize>(node, CHILD);
  if (child >= 1024) {
    takeSums<T>(plan, child);
    takeSums<T>(plan, child + NODE_BYTES);
    const bytes = <usize>sumsEntryBytes(d);
    const from = sumsOf(plan, child);
    for (let at: usize = 0; at < bytes; at += 16)
      v128.store(sums + at, f64x2.add(v128.load(from + at), v128.load(from + bytes + at)));
    return;
  }
  const grids = load<usize>(plan, SUMS);
  const low = <usize>sumsWidth(d) << 3;
  addRows<T>(plan, node, d > 1 ? 2 : 1, 0, grids, sums, low);
  if (d > 2) addRows<T>(plan, node, d > 3 ? 2 : 1, 2, grids + 16, sums + 16, low);
  addRows<T>(plan, node, 0, 0, grids + 2 * low, sums + 2 * low, 8);
}

/** The high and low sums of two features of a node, or one, or (0) of the weights. */
function addRows<T>(plan: usize, node: usize, features: i32, f: usize, grids: usize, sums: usize, low: usize): void {
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const count = <usize>load<i32>(node, COUNT);
  const weights = load<usize>(plan, WEIGHTS);
  const coarse = v128.load(grids);
  const fine = v128.load(grids + low);
  let high = f64x2.splat(0);
  let rest = high;
  let row = load<usize>(plan, ROWS) + <usize>load<i32>(node, START) * rowBytes;
  // Samples that weigh 1 are one and the same, many times.
  const same = features == 0 && !weights;
  const end = row + (same ? 1 : count) * rowBytes;
  const index = rowBytes - 4 - f * sizeof<T>();
  for (row += f * sizeof<T>(); row < end; row += rowBytes) {
    let value = features == 2 ? loadPair<T>(row) : features == 1 ? loadOne<T>(row) : f64x2.splat(1);
    if (weights) value = f64x2.mul(value, v128.load64_splat(weights + (<usize>load<i32>(row + index) << 3)));
    const hi = f64x2.sub(f64x2.add(value, coarse), coarse);
    high = f64x2.add(high, hi);
    rest = f64x2.add(rest, f64x2.sub(f64x2.add(f64x2.sub(value, hi), fine), fine));
  }
  if (same) {
    high = f64x2.mul(high, f64x2.splat(<f64>count));
    rest = f64x2.mul(rest, f64x2.splat(<f64>count));
  }
  if (features > 0) {
    v128.store(sums, high);
    v128.store(sums + low, rest);
  } else v128.store(sums, v128.shuffle<u64>(high, rest, 0, 2));
}

export function plantTreeF32(plan: usize, root: usize, count: i32): void { plantTree<f32>(plan, root, count); }
export function plantTreeF64(plan: usize, root: usize, count: i32): void { plantTree<f64>(plan, root, count); }
