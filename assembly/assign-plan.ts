export * from './estimates-plan';

// The plan of assignment by estimates, written by TypeScript: what estimates-plan.ts says, and addresses and counts (i32).
export const LABELS: usize = 12; // n × i32
export const K: usize = 16;
export const CENTROIDS: usize = 20; // k × d, rows centroidStride(d) apart
export const PACKED: usize = 24; // the centroids, see pack

/** Samples that share a scale. */
export const CHUNK: i32 = 256;

/** Centroids that a list has room for. */
export const LISTED: i32 = 48;

// Scratch, from the lengths (i32) of eight lists on.
export const LISTS: usize = 32; // lists of eight samples, entry by entry (i32)
export const BEST: usize = 1568; // see assign; a label follows
export const MARGIN: usize = 1856; // f32: two scores of a sample are off by as much at the most, in all, by rounding to T
export const FROM_SCORE: usize = 1860; // f32: what scores are multiplied by for the scale of dot products
/** For each four centroids what dot products start from, and how wide estimates are (i32); then, for each centroid, eight sums. */
export const STARTS: usize = 1872;
