import { sumsEntryBytes, sumsWidth } from './constants';

// A plan, written by TypeScript: addresses and counts (i32) …
/** d columns of T, sorted so that the samples of a node stand together. */
export const X: usize = 0;
/** Elements from column to column. */
export const STRIDE: usize = 4;
export const D: usize = 8;
/** n × i32: which sample stands where. */
export const ORDER: usize = 12;
/** n × i32: the label of each sample, in that order. */
export const LABELS: usize = 16;
/** n × f64, in the order of the samples as they came, or 0. */
export const WEIGHTS: usize = 20;
export const NODES: usize = 24;
/** For each node the exact sums of its samples, as an entry of the sums of the run. */
export const NODE_SUMS: usize = 28;
/** Grids and sums of the clusters, see accumulate. */
export const SUMS: usize = 32;
/** The address of each centroid's record, where a walk begins. */
export const LIST: usize = 36;
export const LIST_END: usize = 40;
/** Where candidates must end. */
export const ROOM: usize = 44;
/** k × f64 of scratch. */
export const SQUARES: usize = 48;
/** Labels that changed. */
export const CHANGED: usize = 52;
/** Labels of two vectors. */
export const FRESH: usize = 56;
/** Bytes of a value: 4 or 8. */
export const BYTES: usize = 104;
// … for `growTree`:
const N: usize = 60;
const SOURCE: usize = 64;
const SOURCE_STRIDE: usize = 68;
/** n rows: d values, and in the last four bytes which sample it is; whole vectors. */
const ROWS: usize = 72;
const ROW_BYTES: usize = 76;
const FILLED: usize = 80;
const NODE_COUNT: usize = 84;
const MAX_NODES: usize = 88;
/** Nodes to be looked at: address and depth. */
const STACK: usize = 92;
const STACK_SIZE: usize = 96;
const LEAF_SIZE: usize = 100;
// … and (f64) for walks:
/** How far any two centroids can have moved apart or towards each other since the run began. */
export const MOVED: usize = 112;
/** How far rounding can reach in the difference of two scores. */
export const MARGIN: usize = 120;

// A node.
/** 4 × f64: the middle of the box around its samples, zeros behind d. */
export const MIDDLE: usize = 0;
/** 4 × f64: its sides. */
export const SIDES: usize = 32;
/** f64: half its diagonal. */
export const RADIUS: usize = 64;
/** f64: its labels stay as they are until MOVED reaches this. */
export const LIMIT: usize = 72;
/** i32: where its samples begin, how many there are. */
export const START: usize = 80;
export const COUNT: usize = 84;
/** The address of the first of its two children, which stand together; 0 for a leaf. */
export const CHILD: usize = 88;
/** i32: the cluster of all its samples, whatever stands below; or −1. */
export const OWNER: usize = 92;
export const NODE_BYTES: usize = 96;

/** Samples that one call looks at, in all. */
const CALL_SAMPLES: i32 = 131072;
const MAX_DEPTH: i32 = 60;

/**
 * Sorts samples by a tree of boxes, each cut through the middle of its longest side until few samples are left, and takes
 * the exact sums of every node. To be called until it returns 0.
 *
 * @param plan inout: see above; NODES, NODE_SUMS, X, ORDER out, ROWS and STACK for the kernel alone
 * @returns nodes that are left to be looked at
 */
function growTree(plan: usize): i32 {
  if (load<i32>(plan, FILLED) < load<i32>(plan, N)) {
    if (load<i32>(plan, BYTES) == 4) fillRows<f32>(plan);
    else fillRows<f64>(plan);
    return 1;
  }
  const nodes = load<usize>(plan, NODES);
  const stack = load<usize>(plan, STACK);
  let size = load<i32>(plan, STACK_SIZE);
  let left = CALL_SAMPLES;
  while (size > 0 && left > 0) {
    const top = stack + (<usize>--size << 3);
    const node = load<usize>(top);
    const depth = load<i32>(top, 4);
    const count = load<i32>(node, COUNT);
    left -= count;
    if (load<i32>(plan, BYTES) == 4) measureBox<f32>(plan, node);
    else measureBox<f64>(plan, node);
    const used = load<i32>(plan, NODE_COUNT);
    const leaf = count <= load<i32>(plan, LEAF_SIZE) || depth == MAX_DEPTH || used + 2 > load<i32>(plan, MAX_NODES);
    let lower = 0;
    if (!leaf) lower = load<i32>(plan, BYTES) == 4 ? partition<f32>(plan, node) : partition<f64>(plan, node);
    // Samples that are all alike, or all but for rounding, stay together.
    if (lower == 0 || lower == count) {
      if (load<i32>(plan, BYTES) == 4) writeLeaf<f32>(plan, node);
      else writeLeaf<f64>(plan, node);
      continue;
    }
    const child = nodes + <usize>used * NODE_BYTES;
    const start = load<i32>(node, START);
    store<usize>(node, child, CHILD);
    writeNode(child, start, lower);
    writeNode(child + NODE_BYTES, start + lower, count - lower);
    store<i32>(plan, used + 2, NODE_COUNT);
    store<usize>(top, child + NODE_BYTES);
    store<i32>(top, depth + 1, 4);
    store<usize>(top, child, 8);
    store<i32>(top, depth + 1, 12);
    size += 2;
  }
  store<i32>(plan, size, STACK_SIZE);
  if (size == 0) sumUp(plan);
  return size;
}

function writeNode(node: usize, start: i32, count: i32): void {
  store<i32>(node, start, START);
  store<i32>(node, count, COUNT);
  store<usize>(node, 0, CHILD);
}

/** Copies some columns into rows, each with its index. */
function fillRows<T>(plan: usize): void {
  const from = load<i32>(plan, FILLED);
  const to = min(from + CALL_SAMPLES, load<i32>(plan, N));
  const d = load<i32>(plan, D);
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const column = <usize>load<i32>(plan, SOURCE_STRIDE) * sizeof<T>();
  let row = load<usize>(plan, ROWS) + <usize>from * rowBytes;
  let x = load<usize>(plan, SOURCE) + <usize>from * sizeof<T>();
  for (let i = from; i < to; i++) {
    for (let f: usize = 0; f < <usize>d; f++) store<T>(row + f * sizeof<T>(), load<T>(x + f * column));
    row += rowBytes;
    store<i32>(row - 4, i);
    x += sizeof<T>();
  }
  store<i32>(plan, to, FILLED);
}

/** The box around the samples of a node. */
function measureBox<T>(plan: usize, node: usize): void {
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const d = <usize>load<i32>(plan, D);
  const first = load<usize>(plan, ROWS) + <usize>load<i32>(node, START) * rowBytes;
  const end = first + <usize>load<i32>(node, COUNT) * rowBytes;
  let square: f64 = 0;
  const values = 16 / sizeof<T>();
  memory.fill(node, 0, 64);
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

/** Brings the samples of a leaf into columns, and takes their sums. */
function writeLeaf<T>(plan: usize, node: usize): void {
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const start = <usize>load<i32>(node, START);
  const count = <usize>load<i32>(node, COUNT);
  const rows = load<usize>(plan, ROWS) + start * rowBytes;
  const d = load<i32>(plan, D);
  const order = load<usize>(plan, ORDER) + (start << 2);
  const sums = sumsOf(plan, node);
  const low = <usize>sumsWidth(d) << 3;
  memory.fill(sums, 0, <usize>sumsEntryBytes(d));
  for (let i: usize = 0; i < count; i++) store<i32>(order + (i << 2), load<i32>(rows + (i + 1) * rowBytes - 4));
  const grids = load<usize>(plan, SUMS);
  const weights = load<usize>(plan, WEIGHTS);
  for (let f = 0; f <= d; f++) {
    const column = load<usize>(plan, X) + (<usize>(f * load<i32>(plan, STRIDE)) + start) * sizeof<T>();
    const grid = f < d ? <usize>f << 3 : 2 * low;
    const step = f < d ? low : 8;
    const coarse = load<f64>(grids + grid);
    const fine = load<f64>(grids + grid + step);
    let high: f64 = 0;
    let rest: f64 = 0;
    for (let i: usize = 0; i < count; i++) {
      let value = weights ? load<f64>(weights + (<usize>load<i32>(order + (i << 2)) << 3)) : 1;
      if (f < d) {
        const x = load<T>(rows + i * rowBytes + <usize>f * sizeof<T>());
        store<T>(column + i * sizeof<T>(), x);
        value *= <f64>x;
      }
      const hi = value + coarse - coarse;
      high += hi;
      rest += value - hi + fine - fine;
    }
    store<f64>(sums + grid, high);
    store<f64>(sums + grid + step, rest);
  }
}

/** The sums of all that are no leaves; children stand behind their parents. */
function sumUp(plan: usize): void {
  const bytes = <usize>sumsEntryBytes(load<i32>(plan, D));
  const nodes = load<usize>(plan, NODES);
  for (let i = load<i32>(plan, NODE_COUNT) - 1; i >= 0; i--) {
    const node = nodes + <usize>i * NODE_BYTES;
    const child = load<usize>(node, CHILD);
    if (child == 0) continue;
    const sums = sumsOf(plan, node);
    const from = sumsOf(plan, child);
    for (let at: usize = 0; at < bytes; at += 16)
      v128.store(sums + at, f64x2.add(v128.load(from + at), v128.load(from + bytes + at)));
  }
}

/** Where the sums of a node stand. */
@inline
export function sumsOf(plan: usize, node: usize): usize {
  return load<usize>(plan, NODE_SUMS) + ((node - load<usize>(plan, NODES)) / NODE_BYTES) * <usize>sumsEntryBytes(load<i32>(plan, D));
}

export { growTree as growTreeF32, growTree as growTreeF64 };
