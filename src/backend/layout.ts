import type { Precision } from '../types.js';
import {
  bytesOf,
  candidateBytes,
  candidatePanelBytes,
  centroidStride,
  packedLength,
  quantisedRowBytes,
  sumsEntryLength,
} from './shapes.js';

/** The size of a clustering: what its memory depends on. */
export interface Shape {
  n: number;
  d: number;
  k: number;
  precision: Precision;
  /** How many there are of what every thread needs for itself. */
  threads: number;
}

/** Samples whose inertia, potential or squared distances are added up apart before the parts are added in order. */
export const CHUNK = 256;

/** Names of buffers that hold something of every sample, or every range of a pass: those of all samples stay where the samples are. */
export const OF_SAMPLES: ReadonlySet<string> = new Set([
  ...['x', 'staging', 'weights', 'ranges', 'labels', 'previous', 'distances', 'values'],
  ...['closest', 'nearest', 'improved', 'gains', 'potentials', 'limits'],
  ...['upper', 'lower', 'safeUntil', 'quantised', 'inverse', 'scales', 'sqNorms', 'state'],
]);

/** What `assign` needs as scratch. */
export const BEST_BYTES = 256;
export const CHUNK_BYTES = CHUNK * 8;

/** The memory plan of a run: every buffer beside the samples, in bytes. */
export function runLayout({ n, d, k, precision, threads }: Shape) {
  const value = bytesOf(precision);
  const centroids = k * centroidStride(d) * value;
  return {
    /** Nearest centroid of each sample; the assignment writes whole vectors. */
    labels: (n + 8) * 4,
    /** The labels that the sums stand for. */
    previous: (n + 8) * 4,
    /** Where the centroids stand, and where they go. */
    centroids,
    nextCentroids: centroids,
    packed: packedLength(k, d, precision) * value,
    /** The grids of the exact sums, then k entries, for each thread. */
    sums: threads * (k + 1) * sumsEntryLength(d) * 8,
    counts: k * 8,
    sqShifts: k * 8,
    /** A number for each chunk of samples. */
    values: Math.ceil(n / CHUNK) * 8,
    /** The least scores of four rows, for each thread. */
    best: threads * BEST_BYTES,
    /** Squared distances of a chunk of samples, for each thread. */
    chunk: threads * CHUNK_BYTES,
    /** For a run in one call: what assembly/iterate.ts lays out there, and the first centroids. */
    plan: 80,
    start: centroids,
  };
}

export type RunBuffers = Record<keyof ReturnType<typeof runLayout>, number>;

/** Squared distance of each sample to its centroid, or to its nearest seed, for as long as somebody needs those of all. */
export const distancesLayout = ({ n, precision }: Pick<Shape, 'n' | 'precision'>) => ({
  distances: n * bytesOf(precision),
});

/** Candidates of a panel of estimates. */
const CANDIDATES_PANEL = 8;

/** From this many features on samples are i8 where estimates take i16, see assembly/constants.ts. */
export const SEED_WIDENED_MIN_D = 64;

/** Bytes of n samples rounded for estimates, in blocks of eight; values of candidates have so many. */
const blocksBytes = (n: number, d: number, estimateBytes: number): number =>
  Math.ceil(n / 8) * candidateBytes(d, estimateBytes) * (estimateBytes === 2 && d >= SEED_WIDENED_MIN_D ? 4 : 8);

export const SEED_PLAN_BYTES = 96;
export const SEED_SCRATCH_BYTES = 2352;

/** What greedy k-means++ takes while it runs, `trials` candidates at a step; quantised values have so many bytes, or there are none. */
export function seedLayout(shape: Shape & { trials: number; estimateBytes: number }) {
  const { n, d, k, precision, threads, trials, estimateBytes } = shape;
  const value = bytesOf(precision);
  const quantised = estimateBytes > 0;
  const chunks = Math.ceil(n / CHUNK);
  return {
    /** For each thread, as what assembly/seed.ts lays out in its scratch. */
    plan: threads * SEED_PLAN_BYTES,
    scratch: threads * SEED_SCRATCH_BYTES,
    candidates: trials * centroidStride(d) * value,
    /** Up to which squared distance samples of a seed are safe from all candidates. */
    thresholds: k * value,
    /** Of each chunk of samples. */
    gains: chunks * trials * 8,
    potentials: chunks * 8,
    /** Rounded samples, and candidates; scales, squared lengths and limits of the samples. */
    quantised: blocksBytes(n, d, estimateBytes),
    scales: quantised ? chunks * 12 : 0,
    sqNorms: quantised ? n * value : 0,
    limits: quantised ? n * 4 : 0,
    panels: quantised ? Math.ceil(trials / CANDIDATES_PANEL) * candidatePanelBytes(d, estimateBytes) : 0,
    measures: 24,
  };
}

export type SeedBuffers = Record<keyof ReturnType<typeof seedLayout>, number>;

export const ESTIMATED_PLAN_BYTES = 88;
export const estimatedScratchBytes = (k: number): number => 1872 + ((k + 3) & ~3) * 40;

/** What assignment by estimates takes beside the buffers of the run and rounded samples. */
export function estimatedLayout(shape: Shape & { estimateBytes: number }) {
  const { n, d, k, precision, threads, estimateBytes } = shape;
  return {
    /** For each thread, as what assembly/assign-plan.ts lays out in its scratch. */
    plan: threads * ESTIMATED_PLAN_BYTES,
    scratch: threads * estimatedScratchBytes(k),
    zeros: centroidStride(d) * bytesOf(precision),
    /** Of each chunk of samples. */
    scales: Math.ceil(n / CHUNK) * 12,
    /** The centroids as candidates. */
    panels: Math.ceil(k / CANDIDATES_PANEL) * candidatePanelBytes(d, estimateBytes),
    measures: 24,
  };
}

/** Where the rounded samples may be, and their squared lengths: in the place of bounds, while these are not in use. */
export const roundedLayout = ({ n, d, precision, estimateBytes }: Shape & { estimateBytes: number }) => ({
  quantised: blocksBytes(n, d, estimateBytes),
  sqNorms: n * bytesOf(precision),
});

export type EstimatedBuffers = Record<
  keyof (ReturnType<typeof estimatedLayout> & ReturnType<typeof roundedLayout>),
  number
>;

/** Samples that go through the phases of bounds together. */
export const BOUNDS_CHUNK = 256;

/** Groups of whole vectors: there is nothing in those behind the last. */
export const wholeGroups = (groups: number): number => (groups + 3) & ~3;

/** Centroids of a panel of bounds in either precision; groups are whole panels. */
export const BOUNDS_PANEL = 8;

export const BOUNDS_PLAN_BYTES = 176;

/** See assembly/bounds/plan.ts: one group has room for a block of samples and its scores, several for lists. */
export const boundsScratchBytes = ({ groups, d, k }: Pick<Shape, 'd' | 'k'> & { groups: number }): number =>
  34608 + (groups === 1 ? 128 * Math.ceil(d / 8) + 256 * Math.ceil(k / 8) : wholeGroups(groups) * 544);

/** What bounds take beside the buffers of the run; quantised values only where they are asked for, bytes where these have any. */
export function boundsLayout(shape: Shape & { groups: number; quantised: boolean; estimateBytes: number }) {
  const { n, d, k, precision, threads, groups, quantised } = shape;
  const several = groups > 1;
  const rounded = roundedLayout(shape);
  const value = bytesOf(precision);
  const places = Math.ceil(k / BOUNDS_PANEL) * BOUNDS_PANEL;
  const pairs = Math.ceil(d / 2);
  return {
    /** Of several groups: at least the distance to the own centroid, … */
    upper: several ? n * value : 0,
    /** … and at most that to any other of each group; while there are no bounds, samples rounded to bytes. */
    lower: Math.max(several ? n * groups * value : 0, rounded.quantised),
    /** How far centroids may move before a label is open; while there are no bounds, squared lengths. */
    safeUntil: Math.max(n * value, rounded.sqNorms),
    /** Which centroids make a panel. */
    order: places * 4,
    groupOf: k * 4,
    packed: places * (2 + d) * value,
    /** How far they have moved: of several groups each one, and the farthest of each group; and of a pair. */
    paths: several ? k * value : 0,
    groupPaths: several ? wholeGroups(groups) * value : 0,
    jointPaths: k * value,
    /** For each thread, as what assembly/bounds/plan.ts lays out in its scratch. */
    plan: threads * BOUNDS_PLAN_BYTES,
    scratch: threads * boundsScratchBytes(shape),
    /** Samples rounded to i16, their inverse scales and squared lengths (of one group these alone); centroids likewise, in panels and in rows. */
    quantised: quantised ? n * pairs * 4 + 16 : 0,
    inverse: quantised ? n * 4 : 0,
    sqNorms: quantised || groups === 1 ? n * value : 0,
    quantisedPanels: quantised ? places * (2 + pairs) * 4 : 0,
    quantisedRows: quantised ? k * quantisedRowBytes(d) : 0,
  };
}

export type BoundsBuffers = Record<keyof ReturnType<typeof boundsLayout>, number>;

/** Bytes of a node of the tree, and of the record of a centroid. */
export const NODE_BYTES = 96;
export const RECORD_BYTES = 96;

/** Samples below a root, or up to twice as many. */
const ROOT_SAMPLES = 2 ** 12;

/** Log₂ of the number of roots: where there are few samples, one. */
export const treeLevels = (n: number): number => Math.min(Math.max(Math.floor(Math.log2(n / ROOT_SAMPLES)), 0), 10);

/** Samples of a cluster below which boxes have to be small. */
const SMALL_CLUSTERS = 32;

/**
 * Samples up to which a node is not cut, while nodes are plenty, and for each of which there is one beside the roots: half as many of
 * float64, which takes twice as long to compare.
 */
export function treeGrain({ n, k, precision }: Pick<Shape, 'n' | 'k' | 'precision'>) {
  const [leaf, bytes] = n < SMALL_CLUSTERS * k ? [32, 48] : [96, 160];
  return { leaf, each: bytes / bytesOf(precision) };
}

/** Nodes of the trees at the most. */
const treeNodes = (shape: Shape & { levels: number }): number =>
  Math.ceil(shape.n / treeGrain(shape).each) + 2 ** shape.levels;

export const TREE_PLAN_BYTES = 176;
/** A block of 64 samples as it comes from its rows; whole cache lines, so that threads do not wait for each other's. */
export const TREE_SCRATCH_BYTES = 2624;

/** Addresses of candidates that lists have room for, one list behind the other along a way down the tree. */
export const listRoom = (k: number): number => 12 * k;

/** What the filtering algorithm takes beside the buffers of the run. */
export function filterLayout(shape: Shape & { levels: number }) {
  const { n, d, k, precision, threads, levels } = shape;
  const all = treeNodes(shape);
  return {
    /** For each thread, and so with the scratch below. */
    plan: threads * TREE_PLAN_BYTES,
    /** The samples once more, in the order of the tree, each with its index. */
    rows: n * treeRowBytes(d, precision),
    /** For each root which node is free. */
    frees: 2 ** levels * 4,
    nodes: all * NODE_BYTES,
    nodeSums: all * sumsEntryLength(d) * 8,
    records: k * RECORD_BYTES,
    lists: threads * listRoom(k) * 4,
    squares: threads * k * 8,
    scratch: threads * TREE_SCRATCH_BYTES,
  };
}

export type FilterBuffers = Record<keyof ReturnType<typeof filterLayout>, number>;

/** Samples that are counted apart, and in one kernel call, when they are brought to their roots. */
export const CELL_ROWS = 16384;

/** Bytes of a cut between roots. */
export const CUT_BYTES = 16;

/** Log₂ of the cells of a grid for each root, and of all at the most, which take two bytes each. */
const ROOT_CELLS = 7;
const GRID_CELLS = 16;

/** Log₂ of the cells along each feature of the grid that tells roots. */
export const gridBits = (d: number, levels: number): number =>
  Math.floor(Math.min(levels + ROOT_CELLS, GRID_CELLS) / d);

/** d values, and an index in the last four bytes. */
export const treeRowBytes = (d: number, precision: Precision): number => (d + 1) * bytesOf(precision);

/**
 * Where the roots of the samples stand (u16), how many samples of each range belong to each root (i32), and the cuts between these
 * and their grid: where there are no nodes below the roots yet, and no sums.
 */
export function growPlaces({ nodes, nodeSums }: FilterBuffers, d: number, levels: number) {
  const grid = nodeSums + 2 ** levels * CUT_BYTES;
  const starts = grid + d * 16 + 2 * 2 ** Math.max(d * gridBits(d, levels), 2);
  return { cells: nodes + 2 ** levels * NODE_BYTES, cuts: nodeSums, grid, starts };
}

/** As in assembly/constants.ts: rows of a block that samples are compared with for silhouettes, and where they begin in it. */
export const SILHOUETTE_ROWS = 256;
export const SILHOUETTE_HEADER = 3088;

/** float64 of a panel of four samples in `state`. */
export const SILHOUETTE_PANEL = 12;

export const silhouetteScratchBytes = (d: number): number => (SILHOUETTE_ROWS + d) * 32;

/** What silhouettes take beside the samples, as what assembly/silhouette.ts lays out in it; scratch for each thread. */
export const silhouetteLayout = ({ n, d, threads }: Pick<Shape, 'n' | 'd' | 'threads'>) => ({
  labels: n * 4,
  state: Math.ceil(n / 4) * SILHOUETTE_PANEL * 8,
  block: SILHOUETTE_HEADER + SILHOUETTE_ROWS * d * 8,
  scratch: threads * silhouetteScratchBytes(d),
});
