import { sumsEntryBytes } from '../constants';

// A plan, written by TypeScript: addresses and counts (i32) …
/**
 * n rows: d values of T, and in the last four bytes which sample it is. Those of a node stand together; those of a leaf lie in
 * blocks, each of which has d columns instead, and behind them which samples they are (i32).
 */
export const ROWS: usize = 0;
export const ROW_BYTES: usize = 4;
export const D: usize = 8;
/** For each root the address of the next node that is free. */
export const FREES: usize = 12;
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
/** A block, or labels of two vectors: for a kernel alone. */
export const SCRATCH: usize = 56;
/** n × i32: labels in the order of the samples as they came. Those of raw nodes without an owner are right. */
export const SAMPLE_LABELS: usize = 60;
/** Bytes of a value: 4 or 8. */
export const BYTES: usize = 92;
// … for sorting:
export const SOURCE: usize = 64;
export const SOURCE_STRIDE: usize = 68;
/** From the second on, 2 ** LEVELS − 1 cuts, the children of cut i being 2i and 2i + 1: bytes to its column (i32), and 8 behind, its T. */
export const CUTS: usize = 72;
export const LEVELS: usize = 76;
/** n × u16: below which root each sample is. */
export const CELLS: usize = 80;
/**
 * For each feature where cells of a grid begin, and how many there are in 1, each a T 8 bytes apart; 16 · D behind, for each
 * cell of the grid (u16) the last cut, or root, that none of its samples is beside; the last feature runs fastest.
 */
export const GRID: usize = 168;
/** i32: log₂ of the cells along a feature. */
export const GRID_BITS: usize = 172;
/** Nodes for what is below the root at hand. */
export const FREE: usize = 84;
export const FREE_END: usize = 88;
/** How many bytes these were before any was taken. */
export const FREE_BYTES: usize = 100;
/** Candidates looked at, those of a leaf once for eight samples: added up for the caller. */
export const LOOKS: usize = 96;
// … and (f64) for walks:
/** How far any two centroids can have moved apart or towards each other since the run began. */
export const MOVED: usize = 112;
/** How far rounding can reach in the difference of two scores. */
export const MARGIN: usize = 120;
// … and for trees:
/** i32: samples of a region at the most, see region.ts; 0: there are none. */
export const REGION_SIZE: usize = 136;
/** i32: samples up to which a node is not cut, while nodes are plenty. */
export const LEAF_SIZE: usize = 140;
/** i32: samples for each node there is room for below a root. */
export const NODE_SAMPLES: usize = 144;

// For a walk alone:
/** By how much more than the nearest candidate those that are ruled out are farther at least. */
export const GAP: usize = 104;
/** i32: the candidate nearest to the middle of a box; f64: its squared distance. */
export const NEAREST: usize = 148;
export const SQUARE: usize = 152;
/** f64: MOVED, or how far two centroids that matter to the region at hand can have moved apart or towards each other. */
export const HERE: usize = 160;

// The record of a centroid: its coordinates (4 × f64, zeros behind d), then …
/** … what scores are made of, ‖c‖² and −2c, each a T; … */
export const SCORE: usize = 32;
/** … how far it moved in the last step, f64, … */
export const SHIFT: usize = 80;
/** … and its index, i64 (i32 where no lane is longer). */
export const INDEX: usize = 88;
export const RECORD_BYTES: usize = 96;

// A node.
/** 4 × f64: the middle of the box around its samples, zeros behind d. */
export const MIDDLE: usize = 0;
/** 4 × f64: its sides. */
export const SIDES: usize = 32;
/** f32: half its diagonal, rounded up. */
export const RADIUS: usize = 64;
/** The address of what is known of a region, see region.ts, or 0. */
export const REGION: usize = 68;
/** f64: its labels stay as they are until HERE is beyond this. */
export const LIMIT: usize = 72;
/** i32: where its samples begin, how many there are. */
export const START: usize = 80;
export const COUNT: usize = 84;
/** The address of the first of its two children, which stand together; 0 for a leaf; below 1024 a depth, for a raw node. */
export const CHILD: usize = 88;
/** i32: the cluster of all its samples, whatever stands below; or −1. */
export const OWNER: usize = 92;
export const NODE_BYTES: usize = 96;

/** Samples of a block of a leaf: fewer in the last one. */
export const BLOCK: usize = 64;

/** The rows of a node. */
@inline
export function rowsOf(plan: usize, node: usize): usize {
  return load<usize>(plan, ROWS) + <usize>load<i32>(node, START) * <usize>load<i32>(plan, ROW_BYTES);
}

/** Where the sums of a node stand. */
@inline
export function sumsOf(plan: usize, node: usize): usize {
  return load<usize>(plan, NODE_SUMS) + ((node - load<usize>(plan, NODES)) / NODE_BYTES) * <usize>sumsEntryBytes(load<i32>(plan, D));
}

/** Bytes of the columns of a block, behind which stands which samples they are. */
@inline
export function columnsBytes(plan: usize, size: usize): usize {
  return size * <usize>(load<i32>(plan, D) * load<i32>(plan, BYTES));
}
