import { COLUMNS_MAX_D, centroidStride, columnBytes, rowBytes } from './constants';
import { calledSqDistance, sqDistance } from './inline/distance';
import { fetchRows } from './fetch';
import { weightedStripes } from './inline/lanes';
import { markNearer } from './inline/seed-columns';
import { estimate } from './inline/seed-estimates';
import {
  BY_THRESHOLDS, CANDIDATES, CLOSEST, D, GAINS, IMPROVED, LIMITS, MARKS, NEAREST, OPEN, POTENTIALS, QUANTISED, RELATIVE,
  SCRATCH, SQ_NORMS, STRIDE, SUMS, THRESHOLDS, TOUCHED, TRIALS, WEIGHTS, X,
} from './seed-plan';

/**
 * For every seed a quarter of its least squared distance to a candidate, less what rounding can reach: samples of that seed
 * whose squared distance to it is no more than this cannot be nearer to any candidate (triangle inequality).
 *
 * @param seeds in: count × d, rows centroidStride(d) apart
 * @param candidates in: trials × d, as the seeds
 * @param thresholds out: count × T
 */
function seedThresholds<T>(seeds: usize, count: i32, d: i32, candidates: usize, trials: i32, thresholds: usize): void {
  const row = <usize>centroidStride(d) * sizeof<T>();
  const epsilon: f64 = sizeof<T>() == 4 ? 5.9604644775390625e-8 : 1.1102230246251565e-16;
  const tiny: f64 = sizeof<T>() == 4 ? 1.401298464324817e-45 : 5e-324;
  const quarter = 0.25 * max(1 - <f64>(4 * d + 64) * epsilon, 0);
  for (let s: usize = 0; s < <usize>count; s++) {
    let least = <T>Infinity;
    for (let t: usize = 0; t < <usize>trials; t++)
      least = min(least, calledSqDistance<T>(seeds + s * row, sizeof<T>(), candidates + t * row, d));
    store<T>(thresholds + s * sizeof<T>(), <T>(<f64>least * quarter - <f64>(16 * d) * tiny));
  }
}

/**
 * Adds to the gain of every candidate that of a chunk of up to 256 samples: Σ w · (closest − squared distance) over the
 * samples that it is nearer to than their nearest seed, one after the other in float64, and lists those. Samples and candidates that the
 * triangle inequality or an estimate rules out are not looked at, which changes no bit.
 *
 * @param plan in: see seed-plan.ts; IMPROVED out, GAINS inout, SCRATCH for the kernel alone
 * @param from a multiple of 256
 */
function candidateGains<T>(plan: usize, from: i32, count: i32): void {
  if (load<i32>(plan, D) <= COLUMNS_MAX_D) markNearer<T>(plan, from, count);
  // Estimates look at eight samples at once, whatever is open: for few that is not worth while.
  else if (markOpen<T>(plan, from, count) > count >> 3 && load<usize>(plan, QUANTISED)) estimate(plan, from, count);
  const open = listMarked(load<usize>(plan, SCRATCH), count);
  const improved = open > 0 ? measure<T>(plan, from, open) : 0;
  if (improved < count) store<i32>(load<usize>(plan, IMPROVED) + (<usize>(from + improved) << 2), 0);
}

/** Marks all candidates for the samples that the triangle inequality leaves open; returns how many these are. */
@inline
function markOpen<T>(plan: usize, from: i32, count: i32): i32 {
  const marks = load<usize>(plan, SCRATCH) + MARKS;
  const closest = load<usize>(plan, CLOSEST) + <usize>from * sizeof<T>();
  const nearest = load<usize>(plan, NEAREST) + (<usize>from << 2);
  const thresholds = load<usize>(plan, THRESHOLDS);
  const everyone = (1 << load<i32>(plan, TRIALS)) - 1;
  if (load<usize>(plan, QUANTISED) && !load<f32>(plan, BY_THRESHOLDS)) {
    for (let i: usize = 0; i < <usize>count; i += 4) v128.store(marks + (i << 2), i32x4.splat(everyone));
    return count;
  }
  let open = count;
  for (let i: usize = 0; i < <usize>count; i++) {
    const threshold = load<T>(thresholds + <usize>load<i32>(nearest + (i << 2)) * sizeof<T>());
    const safe = i32(load<T>(closest + i * sizeof<T>()) <= threshold);
    store<i32>(marks + (i << 2), everyone & (safe - 1));
    open -= safe;
  }
  return open;
}

/** Lists the samples with marks, 64 at a time. */
function listMarked(scratch: usize, count: i32): i32 {
  let open = 0;
  for (let from = 0; from < count; from += 64) {
    const marks = scratch + MARKS + (<usize>from << 2);
    let unmarked: u64 = 0;
    for (let m = 0; m < 64; m += 4)
      unmarked |= <u64>i32x4.bitmask(i32x4.eq(v128.load(marks + (<usize>m << 2)), i32x4.splat(0))) << m;
    let bits = count - from < 64 ? ~unmarked & ((<u64>1 << (count - from)) - 1) : ~unmarked;
    for (; bits != 0; bits &= bits - 1, open++) store<i32>(scratch + OPEN + (<usize>open << 2), from + <i32>ctz(bits));
  }
  return open;
}

/** Measures the listed samples and their marked candidates, adds up the gains, lists what improves; returns its number. */
function measure<T>(plan: usize, from: i32, open: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  const x = load<usize>(plan, X) + <usize>from * row;
  if (d > COLUMNS_MAX_D) store<i32>(scratch + TOUCHED, fetchRows(scratch + OPEN, open, x, row, <usize>d * sizeof<T>()));
  const closest = load<usize>(plan, CLOSEST) + <usize>from * sizeof<T>();
  const weights = load<usize>(plan, WEIGHTS);
  const candidates = load<usize>(plan, CANDIDATES);
  const candidateBytes = <usize>centroidStride(d) * sizeof<T>();
  const trials = <usize>load<i32>(plan, TRIALS) << 3;
  const list = load<usize>(plan, IMPROVED) + (<usize>from << 2);
  let improved = 0;
  for (let t: usize = 0; t < trials; t += 8) store<f64>(scratch + SUMS + t, 0);
  for (let m: usize = 0; m < <usize>open; m++) {
    const i = <usize>load<i32>(scratch + OPEN + (m << 2));
    const own = load<T>(closest + i * sizeof<T>());
    const w: f64 = weights ? load<f64>(weights + ((<usize>from + i) << 3)) : 1;
    let bits = load<i32>(scratch + MARKS + (i << 2));
    let hits = 0;
    for (; bits != 0; bits &= bits - 1) {
      const t = <usize>ctz(bits);
      const square = sqDistance<T>(x + i * row, column, candidates + t * candidateBytes, d);
      if (!(square < own)) continue;
      const sum = scratch + SUMS + (t << 3);
      store<f64>(sum, load<f64>(sum) + w * (<f64>own - <f64>square));
      hits |= 1 << <i32>t;
    }
    store<i32>(list + (<usize>improved << 2), <i32>i | (hits << 8));
    improved += i32(hits != 0);
  }
  const gains = load<usize>(plan, GAINS) + <usize>(from >> 8) * trials;
  for (let t: usize = 0; t < trials; t += 8) store<f64>(gains + t, load<f64>(gains + t) + load<f64>(scratch + SUMS + t));
  return improved;
}

/**
 * Makes candidate `trial` seed number `seed`: where it is listed as nearer, it is now the nearest.
 *
 * @param plan in: see seed-plan.ts; CLOSEST, NEAREST, LIMITS inout, SCRATCH for the kernel alone
 * @param from a multiple of 256
 * @returns Σ w · closest of the samples, in four stripes i mod 4 in float64, merged as (s₀ + s₂) + (s₁ + s₃)
 */
function takeSeed<T>(plan: usize, from: i32, count: i32, trial: i32, seed: i32): f64 {
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  const scratch = load<usize>(plan, SCRATCH);
  const list = load<usize>(plan, IMPROVED) + (<usize>from << 2);
  let nearer = 0;
  for (let m: usize = 0; m < <usize>count; m++) {
    const entry = load<i32>(list + (m << 2));
    if (!entry) break;
    store<i32>(scratch + OPEN + (<usize>nearer << 2), entry & 255);
    nearer += (entry >> (trial + 8)) & 1;
  }
  if (!nearer) return load<f64>(load<usize>(plan, POTENTIALS) + (<usize>(from >> 8) << 3));
  const x = load<usize>(plan, X) + <usize>from * row;
  if (d > COLUMNS_MAX_D) store<i32>(scratch + TOUCHED, fetchRows(scratch + OPEN, nearer, x, row, <usize>d * sizeof<T>()));
  const candidate = load<usize>(plan, CANDIDATES) + <usize>(trial * centroidStride(d)) * sizeof<T>();
  const closest = load<usize>(plan, CLOSEST) + <usize>from * sizeof<T>();
  for (let m: usize = 0; m < <usize>nearer; m++) {
    const i = <usize>load<i32>(scratch + OPEN + (m << 2));
    const square = calledSqDistance<T>(x + i * row, column, candidate, d);
    store<T>(closest + i * sizeof<T>(), square);
    store<i32>(load<usize>(plan, NEAREST) + ((<usize>from + i) << 2), seed);
    if (load<usize>(plan, LIMITS)) storeLimit<T>(plan, <usize>from + i, square);
  }
  const weights = load<usize>(plan, WEIGHTS);
  return weightedStripes<T>(closest, count, weights && weights + (<usize>from << 3));
}

/** What scores of a sample are to be compared with: a squared distance is the squared length of the sample + a score. */
@inline
function storeLimit<T>(plan: usize, i: usize, closest: T): void {
  const relative = <f64>load<f32>(plan, RELATIVE);
  const sqNorm = <f64>load<T>(load<usize>(plan, SQ_NORMS) + i * sizeof<T>());
  const limit = <f64>closest * (1 + relative) - sqNorm * (1 - relative);
  store<f32>(load<usize>(plan, LIMITS) + (i << 2), <f32>limit);
}

export function seedThresholdsF32(seeds: usize, count: i32, d: i32, candidates: usize, trials: i32, thresholds: usize): void {
  seedThresholds<f32>(seeds, count, d, candidates, trials, thresholds);
}
export function seedThresholdsF64(seeds: usize, count: i32, d: i32, candidates: usize, trials: i32, thresholds: usize): void {
  seedThresholds<f64>(seeds, count, d, candidates, trials, thresholds);
}
export function candidateGainsF32(plan: usize, from: i32, count: i32): void {
  candidateGains<f32>(plan, from, count);
}
export function candidateGainsF64(plan: usize, from: i32, count: i32): void {
  candidateGains<f64>(plan, from, count);
}
export function takeSeedF32(plan: usize, from: i32, count: i32, trial: i32, seed: i32): f64 {
  return takeSeed<f32>(plan, from, count, trial, seed);
}
export function takeSeedF64(plan: usize, from: i32, count: i32, trial: i32, seed: i32): f64 {
  return takeSeed<f64>(plan, from, count, trial, seed);
}
