import type { Precision } from '../types.js';

/**
 * The kernels of one precision T, as both backends offer them: pure functions of byte addresses, counts and strides.
 *
 * Samples lie column by column where d ≤ 4 and row by row beyond; `stride` counts elements from column to column or from
 * row to row. Centroids are k rows, `centroidStride(d)` elements apart, zeros behind d. Every operation rounds to T and
 * runs in a fixed order per sample and centroid, so that all backends give the same bits. See assembly/ for each.
 */
export interface Kernels {
  /** n rows without gaps, sorted into columns. */
  toColumns(rows: number, n: number, d: number, columns: number, stride: number): void;
  /** Copies the samples that n i32 name to a target of its own stride. */
  gather(x: number, d: number, stride: number, indices: number, n: number, target: number, targetStride: number): void;
  /** Adds the sums of the features to d float64. */
  addFeatureSums(x: number, n: number, d: number, stride: number, sums: number): void;
  /** Adds Σ (x − mean)², least and greatest value of the features to 3 × d float64. */
  addFeatureSpread(x: number, n: number, d: number, stride: number, means: number, spread: number): void;
  /** x −= shift, d values of T. */
  subtractShift(x: number, n: number, d: number, stride: number, shift: number): void;
  /**
   * The same for rows without gaps; returns to how many values adding it would not bring back every bit, their places
   * (i32, counted from x) and themselves being written to two buffers with room for all.
   */
  moveRows(x: number, n: number, d: number, shift: number, places: number, kept: number): number;
  /** Scales samples to length 1. */
  normalise(x: number, n: number, d: number, stride: number): void;

  /** Centroids, packed for `assign` into `packedLength(k, d)` values. */
  pack(centroids: number, k: number, d: number, packed: number): void;
  /** n labels: lowest index of the least score ‖c‖² − 2x·c. `best`: 256 bytes of scratch. */
  assign(
    x: number,
    n: number,
    d: number,
    stride: number,
    packed: number,
    k: number,
    labels: number,
    best: number,
  ): void;
  /** The same labels by estimates of `estimateBytes`; how many centroids these left. See assembly/assign-estimated.ts. */
  assignEstimated(plan: number, from: number, count: number): number;
  /** n squared distances to the centroids that the labels name. */
  sqDistances(
    x: number,
    n: number,
    d: number,
    stride: number,
    centroids: number,
    labels: number,
    distances: number,
  ): void;
  /** Σ w · value in four stripes, in float64; weights 0 for none. */
  weightedSum(values: number, n: number, weights: number): number;
  /** Moves the samples whose label changed between the exact sums; makes `previous` equal to `labels`; counts them. */
  accumulate(
    x: number,
    n: number,
    d: number,
    stride: number,
    labels: number,
    previous: number,
    sums: number,
    weights: number,
  ): number;
  /** Means of the clusters, and their counts as k float64; a cluster without weight keeps its centroid. */
  moveCentroids(sums: number, k: number, d: number, old: number, centroids: number, counts: number): void;
  /** k float64: squared distance from each centroid's place before to that after. */
  sqShifts(before: number, after: number, k: number, d: number, out: number): void;

  /** All iterations of a small problem in one call; how many there were; 0: none, for the caller to make. See assembly/iterate.ts. */
  iterate(plan: number, maxIter: number, shiftTolerance: number): number;

  /** Centroids in the order of `order` (panels × width × i32, −1 for none), packed for `advance`. */
  packOrdered(centroids: number, order: number, panels: number, d: number, packed: number): void;
  /**
   * n rows rounded to i16, each by its own scale, whose inverse goes to n float32; n squared lengths; `lost` is raised to what rounding
   * takes. See assembly/quantise.ts.
   */
  quantise(
    x: number,
    n: number,
    d: number,
    stride: number,
    quantised: number,
    inverse: number,
    sqNorms: number,
    lost: number,
  ): void;
  /** Centroids times `scale`, rounded to i16, in panels of eight and in `rows`; greatest squared error of one. */
  packQuantised(
    centroids: number,
    order: number,
    places: number,
    d: number,
    scale: number,
    packed: number,
    rows: number,
  ): number;
  /**
   * Brings labels and sums up to date by bounds; how many labels changed, and 2³² more where that took too many looks. See
   * assembly/bounds.ts.
   */
  advance(plan: number, from: number, count: number, first: number): number;
  /** Takes joint paths of centroids from what samples keep of them, so that they can begin anew. See assembly/bounds/open.ts. */
  shorten(plan: number, from: number, count: number): void;

  /** Tells below which root samples belong, and counts them. See assembly/tree/plan.ts. */
  countCells(plan: number, from: number, n: number, counts: number): void;
  /** Copies them into rows, those of a root together. */
  fillCells(plan: number, from: number, n: number, starts: number): void;
  /** Makes rows the samples of their roots, from which trees of boxes grow where walks lead. */
  plantTree(plan: number, root: number, count: number): void;
  /** Brings labels and sums of the samples of some nodes up to date; how many labels changed. See assembly/filter.ts. */
  filter(plan: number, root: number, count: number): number;
  /** Brings these labels into the order in which the samples came. */
  spreadLabels(plan: number, root: number, count: number): void;

  /** Up to a panel's width of centroids, d × width, for `panelDistances`. */
  packDirect(centroids: number, count: number, d: number, panel: number): void;
  /** n rows of squared distances to the centroids of one panel. */
  panelDistances(
    x: number,
    n: number,
    d: number,
    stride: number,
    panel: number,
    distances: number,
    outStride: number,
  ): void;
  /**
   * Adds the distances of n samples to the rows of a block, and settles the clusters that end there; float64 in either precision.
   * See assembly/silhouette.ts.
   */
  addDistances(
    x: number,
    n: number,
    d: number,
    stride: number,
    labels: number,
    block: number,
    state: number,
    scratch: number,
  ): void;
  /** For each of `count` seeds, up to which squared distance a sample of it cannot be nearer to any of the candidates. */
  seedThresholds(seeds: number, count: number, d: number, candidates: number, trials: number, thresholds: number): void;
  /** Candidates rounded to `estimateBytes`, in panels of eight; their scale, greatest length, and what rounding takes from one at the most. */
  packCandidates(candidates: number, count: number, d: number, packed: number, measures: number): void;
  /** Rounds a chunk of 256 samples, in blocks of eight, for estimates. See assembly/blocks.ts. */
  quantiseBlocks(plan: number, from: number, count: number): void;
  /** Adds Σ w · (closest − squared distance) of a chunk that candidates improve; lists these. See assembly/seed.ts. */
  candidateGains(plan: number, from: number, count: number): void;
  /** Makes a candidate the nearest seed of the samples listed for it; Σ w · closest. */
  takeSeed(plan: number, from: number, count: number, trial: number, seed: number): number;
}

export type KernelName = keyof Kernels;

/** Bytes that kernels work on; growing it detaches every view of the old buffer. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  /** Makes the buffer at least this long, or throws a RangeError. */
  ensure(bytes: number): void;
}

/** Shared kernels are those over memory that worker threads see too. */
export type BackendName = `wasm-${'' | 'relaxed-'}simd${'' | '-shared'}` | 'js';

export const isRelaxed = (name: string | undefined): boolean => /relaxed/.test(name ?? '');

/** One memory and the kernels that see it. */
export interface Backend {
  readonly name: BackendName;
  readonly memory: LinearMemory;
  readonly kernels: Readonly<Record<Precision, Kernels>>;
  /** Bytes of a value as estimates from blocks of samples take it; 0: there are none. */
  readonly estimateBytes: number;
  /** Kernels on the same memory whose scores may fuse multiply and add; these ones where the engine has no relaxed SIMD. */
  relaxed(): Backend;
}
