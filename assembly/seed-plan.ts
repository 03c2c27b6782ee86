export * from './estimates-plan';

// The plan of greedy k-means++, written by TypeScript: what estimates-plan.ts says, and addresses and counts (i32) …
export const WEIGHTS: usize = 12; // n × f64, or 0 where every sample weighs 1
export const CLOSEST: usize = 16; // n × T: squared distance to the nearest seed
export const NEAREST: usize = 20; // n × i32: which seed that is
/**
 * n × i32: for each chunk of 256 samples those that candidates are nearer to than the nearest seed, one behind the other:
 * place in the chunk + 256 · Σ 2^candidate. A 0 follows if there are fewer than samples.
 */
export const IMPROVED: usize = 24;
export const CANDIDATES: usize = 28; // trials × d, rows centroidStride(d) apart
export const TRIALS: usize = 32; // up to 24
export const GAINS: usize = 36; // trials × f64 for each chunk
export const POTENTIALS: usize = 40; // f64 for each chunk: Σ w · closest
export const THRESHOLDS: usize = 48; // seeds × T, see seedThresholds
// Where samples and candidates are rounded as well (see estimates-plan.ts), else 0:
export const LIMITS: usize = 64; // n × f32: scores beyond it by more than estimates are off improve nothing
// How far an estimated squared distance is off at the most (f32), all in all, beside what estimates-plan.ts says:
export const OF_SAMPLE: usize = 76; // times what rounding takes from the sample,
export const ABSOLUTE: usize = 88;
export const BY_THRESHOLDS: usize = 92; // f32: 1 where thresholds are to be looked at first, 0 where they would not pay

// Scratch of a chunk.
export const SUMS: usize = 0; // 24 × f64
export const STARTS: usize = 192; // 24 × i32: what dot products with the candidates start from
export const MARKS: usize = 288; // 256 × i32: candidates that may be nearer, as bits
export const OPEN: usize = 1312; // 256 × i32: samples that have any
export const TOUCHED: usize = 2336; // i32: keeps loads alive that only fetch
