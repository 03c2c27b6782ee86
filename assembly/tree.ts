import { sumsEntryBytes, sumsWidth } from './constants';
import { loadOne, loadPair } from './inline/lanes';

// A plan, written by TypeScript: addresses and counts (i32) …
/** n rows: d values, and in the last four bytes which sample it is; whole vectors. Those of a node stand together. */
export const ROWS: usize = 0;
export const ROW_BYTES: usize = 4;
export const D: usize = 8;
/** For each root the address of the next node that is free. */
const FREES: usize = 12;
/** n × i32: the label of each sample, in the order of the rows. */
export const LABELS: usize = 16;
/** n × f64, in the order of the samples as they came, or 0. */
export const WEIGHTS: usize = 20;
export const NODES: usize = 24;
/** For each node the exact sums of its samples, as an entry of the sums of the run; NaN where they are not known yet. */
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
/** n × i32: labels in the order of the samples as they came. Those of raw nodes without an owner are right. */
export const SAMPLE_LABELS: usize = 60;
/** Bytes of a value: 4 or 8. */
export const BYTES: usize = 92;
/** d columns of T, in the order of the rows: leaves are there. */
export const X: usize = 100;
/** Elements from column to column. */
export const STRIDE: usize = 104;
// … for sorting:
const SOURCE: usize = 64;
const SOURCE_STRIDE: usize = 68;
/** From the second on, 2 ** LEVELS − 1 cuts, the children of cut i being 2i and 2i + 1: bytes to its column (i32), and 8 behind, its T. */
const CUTS: usize = 72;
const LEVELS: usize = 76;
/** n × u16: below which root each sample is. */
const CELLS: usize = 80;
/** Nodes for what is below the root at hand. */
const FREE: usize = 84;
const FREE_END: usize = 88;
/** Candidates looked at, those of a leaf once for eight samples: added up for the caller. */
export const LOOKS: usize = 96;
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
/** The address of the first of its two children, which stand together; 0 for a leaf; below 1024 a depth, for a raw node. */
export const CHILD: usize = 88;
/** i32: the cluster of all its samples, whatever stands below; or −1. */
export const OWNER: usize = 92;
export const NODE_BYTES: usize = 96;

/** Samples up to which a node is not cut. */
const LEAF_SIZE: i32 = 64;
const MAX_DEPTH: usize = 60;
/** Samples for each node there is room for below a root. */
const NODE_SHARE: i32 = 10;

/**
 * Tells samples `from` … `from + n − 1` by the cuts below which root they belong.
 *
 * @param plan in: see above; CELLS out
 * @param counts out: i32, how many belong below each root
 */
export function countCells<T>(plan: usize, from: i32, n: i32, counts: usize): void {
  const levels = load<i32>(plan, LEVELS);
  const cuts = load<usize>(plan, CUTS);
  const roots = 1 << levels;
  const x = load<usize>(plan, SOURCE) + <usize>from * sizeof<T>();
  const cells = load<usize>(plan, CELLS) + (<usize>from << 1);
  memory.fill(counts, 0, <usize>roots << 2);
  // Four ways down at a time: each step of one waits for the step before.
  for (let i = 0; i < n; i += 4) {
    const j = min(i + 1, n - 1);
    const k = min(i + 2, n - 1);
    const l = min(i + 3, n - 1);
    let a = 1;
    let b = 1;
    let c = 1;
    let e = 1;
    for (let level = 0; level < levels; level++) {
      a = below<T>(cuts, a, x + <usize>i * sizeof<T>());
      b = below<T>(cuts, b, x + <usize>j * sizeof<T>());
      c = below<T>(cuts, c, x + <usize>k * sizeof<T>());
      e = below<T>(cuts, e, x + <usize>l * sizeof<T>());
    }
    putCell(cells, i, a - roots, counts);
    if (j > i) putCell(cells, j, b - roots, counts);
    if (k > j) putCell(cells, k, c - roots, counts);
    if (l > k) putCell(cells, l, e - roots, counts);
  }
}

/** The child of a cut on whose side a sample is. */
@inline
function below<T>(cuts: usize, cut: i32, x: usize): i32 {
  const at = cuts + (<usize>cut << 4);
  return 2 * cut + i32(load<T>(x + load<usize>(at)) >= load<T>(at, 8));
}

@inline
function putCell(cells: usize, i: i32, cell: i32, counts: usize): void {
  store<u16>(cells + (<usize>i << 1), <u16>cell);
  const count = counts + (<usize>cell << 2);
  store<i32>(count, load<i32>(count) + 1);
}

/**
 * Copies the same samples into rows, those of a root together.
 *
 * @param plan in: see above; ROWS out
 * @param starts inout: i32, the next row for a sample of each root
 */
export function fillCells<T>(plan: usize, from: i32, n: i32, starts: usize): void {
  const d = load<i32>(plan, D);
  const rows = load<usize>(plan, ROWS);
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const column = <usize>load<i32>(plan, SOURCE_STRIDE) * sizeof<T>();
  const cells = load<usize>(plan, CELLS);
  let x = load<usize>(plan, SOURCE) + <usize>from * sizeof<T>();
  for (let i = from; i < from + n; i++) {
    const start = starts + (<usize>load<u16>(cells + (<usize>i << 1)) << 2);
    const next = load<i32>(start);
    store<i32>(start, next + 1);
    const row = rows + <usize>next * rowBytes;
    for (let f: usize = 0; f < <usize>d; f++) store<T>(row + f * sizeof<T>(), load<T>(x + f * column));
    store<i32>(row + rowBytes - 4, i);
    x += sizeof<T>();
  }
}

/**
 * Makes the rows of some roots raw nodes. They are cut through the middle of the longest side of their boxes, and so on until few
 * samples are left, only when a walk has to go below them.
 *
 * @param plan in: see above; NODE_SUMS, FREES out
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

/** Where the sums of a node stand. */
@inline
export function sumsOf(plan: usize, node: usize): usize {
  return load<usize>(plan, NODE_SUMS) + ((node - load<usize>(plan, NODES)) / NODE_BYTES) * <usize>sumsEntryBytes(load<i32>(plan, D));
}

export function countCellsF32(plan: usize, from: i32, n: i32, counts: usize): void { countCells<f32>(plan, from, n, counts); }
export function countCellsF64(plan: usize, from: i32, n: i32, counts: usize): void { countCells<f64>(plan, from, n, counts); }
export function fillCellsF32(plan: usize, from: i32, n: i32, starts: usize): void { fillCells<f32>(plan, from, n, starts); }
export function fillCellsF64(plan: usize, from: i32, n: i32, starts: usize): void { fillCells<f64>(plan, from, n, starts); }
export function plantTreeF32(plan: usize, root: usize, count: i32): void { plantTree<f32>(plan, root, count); }
export function plantTreeF64(plan: usize, root: usize, count: i32): void { plantTree<f64>(plan, root, count); }
