import { takeSums } from './sums';
import {
  BLOCK, BYTES, CHILD, COUNT, D, FREE, FREES, FREE_BYTES, FREE_END, LABELS, LEAF_SIZE, LEVELS, LIMIT, MIDDLE, NODES, NODE_BYTES,
  NODE_SAMPLES, NODE_SUMS, OWNER,
  RADIUS, REGION, rowsOf, ROW_BYTES, SAMPLE_LABELS, SCRATCH, SIDES, START, sumsOf,
} from './plan';

const MAX_DEPTH: usize = 60;

/**
 * Makes the rows of some roots raw nodes. They are cut through the middle of the longest side of their boxes, and so on until few
 * samples are left, only when a walk has to go below them.
 *
 * @param plan in: see plan.ts; NODE_SUMS, FREES out
 * @param root inout: `count` nodes, of which START and COUNT are there
 */
export function plantTree<T>(plan: usize, root: usize, count: i32): void {
  const behind = load<usize>(plan, NODES) + (NODE_BYTES << load<usize>(plan, LEVELS));
  for (let i = 0; i < count; i++) {
    const start = load<i32>(root, START);
    store<usize>(freeOf(plan, root), behind + nodesBelow(plan, start));
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

/** Bytes of the nodes for so many samples. */
@inline
function nodesBelow(plan: usize, samples: i32): usize {
  return <usize>(samples / load<i32>(plan, NODE_SAMPLES)) * NODE_BYTES;
}

/** Takes the nodes below a root at hand, … */
export function enter(plan: usize, root: usize): void {
  const behind = load<usize>(plan, NODES) + (NODE_BYTES << load<usize>(plan, LEVELS));
  const start = load<i32>(root, START);
  const first = nodesBelow(plan, start);
  const end = nodesBelow(plan, start + load<i32>(root, COUNT));
  store<usize>(plan, load<usize>(freeOf(plan, root)), FREE);
  store<usize>(plan, behind + end, FREE_END);
  store<usize>(plan, end - first, FREE_BYTES);
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
  let lower = 0;
  if (depth < MAX_DEPTH && isWorthNodes(plan, count)) lower = partition<T>(plan, node);
  // Samples that are all alike, or all but for rounding, stay together.
  if (lower == 0 || lower == count) {
    makeLeaf<T>(plan, node);
    return 0;
  }
  store<usize>(plan, child + 2 * NODE_BYTES, FREE);
  store<usize>(node, child, CHILD);
  writeNode<T>(plan, child, start, lower, depth + 1);
  writeNode<T>(plan, child + NODE_BYTES, start + lower, count - lower, depth + 1);
  return child;
}

/** Whether to cut so many samples: the fewer nodes are left, the more. */
function isWorthNodes(plan: usize, count: i32): bool {
  const left = load<usize>(plan, FREE_END) - load<usize>(plan, FREE);
  return left >= 2 * NODE_BYTES && <u64>count * left > <u64>load<i32>(plan, LEAF_SIZE) * load<usize>(plan, FREE_BYTES);
}

/** A raw node, whose sums nobody knows yet. */
function writeNode<T>(plan: usize, node: usize, start: i32, count: i32, depth: usize): void {
  store<f64>(node, -1, LIMIT);
  store<usize>(node, 0, REGION);
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
  const first = rowsOf(plan, node);
  const last = first + (<usize>load<i32>(node, COUNT) - 1) * rowBytes;
  const values = 16 / sizeof<T>();
  const scratch = load<usize>(plan, SCRATCH);
  let square: f64 = 0;
  for (let at: usize = 0; at < 64; at += 16) v128.store(node + at, f64x2.splat(0));
  store<f32>(node, 0, RADIUS);
  if (last < first) return;
  for (let f: usize = 0; f < d; f += values) {
    // Two rows at a time do not wait for each other; the last may come twice.
    let least = v128.load(first + f * sizeof<T>());
    let greatest = least;
    let less = least;
    let greater = least;
    for (let row = first; row <= last; row += 2 * rowBytes) {
      const value = v128.load(row + f * sizeof<T>());
      const next = v128.load(min(row + rowBytes, last) + f * sizeof<T>());
      least = v128.pmin<T>(least, value);
      greatest = v128.pmax<T>(greatest, value);
      less = v128.pmin<T>(less, next);
      greater = v128.pmax<T>(greater, next);
    }
    v128.store(scratch, v128.pmin<T>(least, less));
    v128.store(scratch, v128.pmax<T>(greatest, greater), 16);
    for (let v: usize = 0; v < min<usize>(values, d - f); v++) {
      const low = <f64>load<T>(scratch + v * sizeof<T>());
      const side = <f64>load<T>(scratch + v * sizeof<T>(), 16) - low;
      store<f64>(node + ((f + v) << 3), low + 0.5 * side, MIDDLE);
      store<f64>(node + ((f + v) << 3), side, SIDES);
      square += side * side;
    }
  }
  store<f32>(node, <f32>(0.5 * Math.sqrt(square) * (1 + 2e-7)), RADIUS);
}

/** Brings the samples below the middle of the longest side to the front; returns how many. */
function partition<T>(plan: usize, node: usize): i32 {
  let longest: usize = 0;
  for (let f: usize = 8; f < 32; f += 8) if (load<f64>(node + f, SIDES) > load<f64>(node + longest, SIDES)) longest = f;
  const cut = <T>load<f64>(node + longest, MIDDLE);
  const first = rowsOf(plan, node);
  const end = first + <usize>load<i32>(node, COUNT) * <usize>load<i32>(plan, ROW_BYTES);
  const key = (longest >> 3) * sizeof<T>();
  switch (load<i32>(plan, D)) {
    case 1: return partitionRows<T>(1, first, end, key, cut);
    case 2: return partitionRows<T>(2, first, end, key, cut);
    case 3: return partitionRows<T>(3, first, end, key, cut);
    default: return partitionRows<T>(4, first, end, key, cut);
  }
}

/** One loop for each d, a constant where this is inlined. */
@inline
function partitionRows<T>(d: usize, first: usize, end: usize, key: usize, cut: T): i32 {
  const rowBytes = (d + 1) * sizeof<T>();
  let front = first;
  for (let row = first; row < end; row += rowBytes) {
    const below = usize(load<T>(row + key) < cut);
    if (rowBytes >= 16) exchange(row, front);
    if (rowBytes >= 32) exchange(row + 16, front + 16);
    if (rowBytes & 8) exchangeInt<u64>(row + (rowBytes & 48), front + (rowBytes & 48));
    if (rowBytes & 4) exchangeInt<u32>(row + (rowBytes & 56), front + (rowBytes & 56));
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

@inline
function exchangeInt<I>(a: usize, b: usize): void {
  const value = load<I>(a);
  store<I>(a, load<I>(b));
  store<I>(b, value);
}

/** Makes a raw node a leaf: its rows become blocks of columns in the same place, and labels that there are go with them. */
function makeLeaf<T>(plan: usize, node: usize): void {
  store<usize>(node, 0, CHILD);
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const count = <usize>load<i32>(node, COUNT);
  const labels = load<i32>(node, OWNER) < 0 ? load<usize>(plan, LABELS) + (<usize>load<i32>(node, START) << 2) : 0;
  for (let from: usize = 0; from < count; from += BLOCK) {
    const size = min(count - from, BLOCK);
    const block = rowsOf(plan, node) + from * rowBytes;
    turnBlock<T>(plan, block, size);
    if (!labels) continue;
    const samples = block + (rowBytes - sizeof<T>()) * size;
    for (let i: usize = 0; i < size; i++) {
      const label = load<i32>(load<usize>(plan, SAMPLE_LABELS) + (<usize>load<i32>(samples + (i << 2)) << 2));
      store<i32>(labels + ((from + i) << 2), label);
    }
  }
}

/** Makes columns of the rows of a block. */
function turnBlock<T>(plan: usize, block: usize, size: usize): void {
  const d = <usize>load<i32>(plan, D);
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const rows = load<usize>(plan, SCRATCH);
  for (let at: usize = 0; at < size * rowBytes; at += 16) v128.store(rows + at, v128.load(block + at));
  for (let f: usize = 0; f < d; f++)
    for (let i: usize = 0; i < size; i++, block += sizeof<T>()) store<T>(block, load<T>(rows + i * rowBytes + f * sizeof<T>()));
  for (let i: usize = 1; i <= size; i++, block += 4) store<i32>(block, load<i32>(rows + i * rowBytes - 4));
}

export function plantTreeF32(plan: usize, root: usize, count: i32): void { plantTree<f32>(plan, root, count); }
export function plantTreeF64(plan: usize, root: usize, count: i32): void { plantTree<f64>(plan, root, count); }
