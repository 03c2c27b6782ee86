/** Up to this many features samples lie column by column, so that lanes can be samples; beyond it row by row. */
export const COLUMNS_MAX_D: i32 = 4;

/** Rows of a register tile: 4 rows × 2 vectors = 8 accumulators, what fits V8's 15 registers with separate multiply and add. */
export const TILE_ROWS: i32 = 4;

/** Centroids of a panel: two vectors, 8 of float32 or 4 of float64. */
@inline
export function panelWidth<T>(): i32 {
  return 32 / sizeof<T>();
}

/** Elements from one centroid to the next: d rounded up to whole vectors. */
@inline
export function centroidStride(d: i32): i32 {
  return (d + 3) & ~3;
}

/** Features of a row of sums: d rounded up to whole vectors of float64. */
@inline
export function sumsWidth(d: i32): i32 {
  return (d + 1) & ~1;
}

/** Bytes of an entry of a block of sums: high sums, low sums, high and low count. */
@inline
export function sumsEntryBytes(d: i32): i32 {
  return (2 * sumsWidth(d) + 2) * 8;
}

/** Bytes from a sample to the next; `stride` counts elements from row to row or from column to column. */
@inline
export function rowBytes<T>(d: i32, stride: i32): usize {
  return d <= COLUMNS_MAX_D ? sizeof<T>() : <usize>stride * sizeof<T>();
}

/** Bytes from a feature of a sample to the next. */
@inline
export function columnBytes<T>(d: i32, stride: i32): usize {
  return d <= COLUMNS_MAX_D ? <usize>stride * sizeof<T>() : sizeof<T>();
}

/** Bytes of a quantised centroid that lies in a row: a head of 16 and d rounded up to whole vectors of i16. */
@inline
export function quantisedRowBytes(d: i32): usize {
  return <usize>(((d + 7) & ~7) << 1) + 16;
}

/**
 * Bytes of a value as estimates of seeding take it: i8 in the build for engines that add up products of bytes in one instruction
 * (the target `bytes` of asconfig.json), else i16.
 */
export const ESTIMATE_BYTES: i32 = isDefined(BYTES) ? 1 : 2;

/**
 * Where these take i16, samples are rounded to i8 from this many features on and made wider as they are multiplied: they come from
 * memory in half the time.
 */
export const WIDENED_MIN_D: i32 = ESTIMATE_BYTES == 1 ? i32.MAX_VALUE : 64;

/** Bytes of a candidate for these estimates: whole words of four. */
@inline
export function candidateBytes(d: i32): usize {
  return <usize>((d * ESTIMATE_BYTES + 3) & ~3);
}

/** Bytes of a panel of eight candidates: a head of two vectors of eight, and eight times each word. */
@inline
export function candidatePanelBytes(d: i32): usize {
  return (candidateBytes(d) << 3) + 64;
}

/** Rows of a block that samples are compared with for silhouettes: their distances to four samples stay in the first-level cache. */
export const SILHOUETTE_ROWS: i32 = 256;

/** Bytes of what is told of a block, ahead of its rows. */
export const SILHOUETTE_HEADER: usize = 3088;
