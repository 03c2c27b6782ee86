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
/** Where `spreadLabels` puts the labels, in the order of the samples as they came; where `growTree` finds them, or 0. */
export const SAMPLE_LABELS: usize = 60;
/** Bytes of a value: 4 or 8. */
export const BYTES: usize = 104;
// … for sorting:
const SOURCE: usize = 64;
const SOURCE_STRIDE: usize = 68;
/** n rows: d values, and in the last four bytes which sample it is; whole vectors. */
const ROWS: usize = 72;
const ROW_BYTES: usize = 76;
/** From the second on, 2 ** LEVELS − 1 cuts, the children of cut i being 2i and 2i + 1: bytes to its column (i32), and 8 behind, its T. */
const CUTS: usize = 80;
const LEVELS: usize = 84;
/** n × u16: below which root each sample is. */
const CELLS: usize = 88;
/** Nodes for what is below the root at hand. */
const FREE: usize = 92;
const FREE_END: usize = 96;
/** Candidates looked at, those of a leaf once for eight samples: added up for the caller. */
export const LOOKS: usize = 108;
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

/** Samples up to which a node stays a leaf. */
const LEAF_SIZE: i32 = 64;
const MAX_DEPTH: i32 = 60;
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
 * Sorts the rows of some roots by trees of boxes, each cut through the middle of its longest side until few samples are left, and
 * takes the exact sums of every node.
 *
 * @param plan in: see above; ROWS and all nodes behind the roots inout; NODE_SUMS, X, ORDER, and LABELS if there are some, out
 * @param root inout: `count` nodes, of which START and COUNT are there
 */
export function growTree<T>(plan: usize, root: usize, count: i32): void {
  const behind = load<usize>(plan, NODES) + (NODE_BYTES << load<usize>(plan, LEVELS));
  for (let i = 0; i < count; i++) {
    const start = load<i32>(root, START);
    const size = load<i32>(root, COUNT);
    store<usize>(plan, behind + <usize>(start / NODE_SHARE) * NODE_BYTES, FREE);
    store<usize>(plan, behind + <usize>((start + size) / NODE_SHARE) * NODE_BYTES, FREE_END);
    writeNode(root, start, size);
    grow<T>(plan, root, 0);
    root += NODE_BYTES;
  }
}

function grow<T>(plan: usize, node: usize, depth: i32): void {
  const start = load<i32>(node, START);
  const count = load<i32>(node, COUNT);
  const child = load<usize>(plan, FREE);
  const free = child + 2 * NODE_BYTES;
  measureBox<T>(plan, node);
  let lower = 0;
  if (count > LEAF_SIZE && depth < MAX_DEPTH && free <= load<usize>(plan, FREE_END)) lower = partition<T>(plan, node);
  // Samples that are all alike, or all but for rounding, stay together.
  if (lower == 0 || lower == count) {
    writeLeaf<T>(plan, node);
    return;
  }
  store<usize>(plan, free, FREE);
  store<usize>(node, child, CHILD);
  writeNode(child, start, lower);
  writeNode(child + NODE_BYTES, start + lower, count - lower);
  grow<T>(plan, child, depth + 1);
  grow<T>(plan, child + NODE_BYTES, depth + 1);
  const bytes = <usize>sumsEntryBytes(load<i32>(plan, D));
  const sums = sumsOf(plan, node);
  const from = sumsOf(plan, child);
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(sums + at, f64x2.add(v128.load(from + at), v128.load(from + bytes + at)));
}

function writeNode(node: usize, start: i32, count: i32): void {
  store<f64>(node, -1, LIMIT);
  store<i32>(node, start, START);
  store<i32>(node, count, COUNT);
  store<usize>(node, 0, CHILD);
  store<i32>(node, -1, OWNER);
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

/** Brings the samples of a leaf into columns, and takes their sums; labels go with them. */
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
  const labels = load<usize>(plan, LABELS) + (start << 2);
  const sampleLabels = load<usize>(plan, SAMPLE_LABELS);
  for (let i: usize = 0; i < count; i++) {
    const sample = load<i32>(rows + (i + 1) * rowBytes - 4);
    store<i32>(order + (i << 2), sample);
    if (sampleLabels) store<i32>(labels + (i << 2), load<i32>(sampleLabels + (<usize>sample << 2)));
  }
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

/** Where the sums of a node stand. */
@inline
export function sumsOf(plan: usize, node: usize): usize {
  return load<usize>(plan, NODE_SUMS) + ((node - load<usize>(plan, NODES)) / NODE_BYTES) * <usize>sumsEntryBytes(load<i32>(plan, D));
}

export function countCellsF32(plan: usize, from: i32, n: i32, counts: usize): void { countCells<f32>(plan, from, n, counts); }
export function countCellsF64(plan: usize, from: i32, n: i32, counts: usize): void { countCells<f64>(plan, from, n, counts); }
export function fillCellsF32(plan: usize, from: i32, n: i32, starts: usize): void { fillCells<f32>(plan, from, n, starts); }
export function fillCellsF64(plan: usize, from: i32, n: i32, starts: usize): void { fillCells<f64>(plan, from, n, starts); }
export function growTreeF32(plan: usize, root: usize, count: i32): void { growTree<f32>(plan, root, count); }
export function growTreeF64(plan: usize, root: usize, count: i32): void { growTree<f64>(plan, root, count); }
