import { COLUMNS_MAX_D, centroidStride, columnBytes, rowBytes } from './constants';
import { sqDistance } from './inline/distance';
import { quantisedTile } from './inline/quantised-tile';

// A plan, written by TypeScript: addresses and counts (i32) …
const X: usize = 0;
const D: usize = 4;
const STRIDE: usize = 8;
const WEIGHTS: usize = 12; // n × f64, or 0 where every sample weighs 1
const CLOSEST: usize = 16; // n × T: squared distance to the nearest seed
const NEAREST: usize = 20; // n × i32: which seed that is
const IMPROVED: usize = 24; // n × i32: bit t is set where candidate t is nearer than the nearest seed
const CANDIDATES: usize = 28; // trials × d, rows centroidStride(d) apart
const TRIALS: usize = 32; // up to 24
const THRESHOLDS: usize = 36; // seeds × T, see seedThresholds
const GAINS: usize = 40; // trials × f64 for each chunk of 256 samples
const SCRATCH: usize = 44;
// Where samples and candidates are quantised as well (see quantise.ts), else 0:
const QUANTISED: usize = 48; // n × (d rounded up to even) × i16
const INVERSE: usize = 52; // n × f32: inverse scale of each sample
const SQ_NORMS: usize = 56; // n × T: squared length of each sample
const PANELS: usize = 60; // the candidates in panels of eight
const FACTOR: usize = 64; // f64: twice the inverse scale of the candidates
// … and how far an estimated squared distance is off at the most (f64), all in all:
const ESTIMATE: usize = 72; // times the inverse scale of the sample,
const RELATIVE: usize = 80; // times the squared length of the sample and the distance to its nearest seed,
const ABSOLUTE: usize = 88;

// Scratch of a chunk of 256 samples, with room for a tile behind the last.
const SUMS: usize = 0; // 24 × f64
const OPEN: usize = 192; // i32: samples that a candidate may improve, …
const BITS: usize = 1280; // i32: … which candidates,
const LIMITS: usize = 2368; // f32: scores above it improve nothing
const SCALES: usize = 3456; // f32: what the dot product of each is to be multiplied by
const TILE: usize = 4544; // 8 vectors: the scores of a tile
const FLAGS: usize = 4672; // 1 vector
const TOUCHED: usize = 4688; // i32: keeps loads alive that only fetch

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
      least = min(least, sqDistance<T>(seeds + s * row, sizeof<T>(), candidates + t * row, d));
    store<T>(thresholds + s * sizeof<T>(), <T>(<f64>least * quarter - <f64>(16 * d) * tiny));
  }
}

/**
 * Adds to the gain of every candidate that of a chunk of up to 256 samples: Σ w · (closest − squared distance) over the samples that it
 * is nearer to than their nearest seed, one after the other in float64, and marks those. Samples and candidates that the
 * triangle inequality or an estimate rules out are not looked at, which changes no bit.
 *
 * @param plan in: see above; IMPROVED out, GAINS inout, SCRATCH for the kernel alone
 */
function candidateGains<T>(plan: usize, from: i32, count: i32): void {
  let open = load<usize>(plan, QUANTISED) ? listWithLimits<T>(plan, from, count) : listOpen<T>(plan, from, count);
  if (open > 0 && load<usize>(plan, QUANTISED)) open = estimate(plan, from, open);
  if (open > 0) measure<T>(plan, from, open);
}

/** Lists the samples that the triangle inequality leaves open, with all candidates; nothing is marked yet. */
@inline
function listOpen<T>(plan: usize, from: i32, count: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const closest = load<usize>(plan, CLOSEST) + <usize>from * sizeof<T>();
  const nearest = load<usize>(plan, NEAREST) + (<usize>from << 2);
  const improved = load<usize>(plan, IMPROVED) + (<usize>from << 2);
  const thresholds = load<usize>(plan, THRESHOLDS);
  const everyone = (1 << load<i32>(plan, TRIALS)) - 1;
  let open: usize = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const threshold = load<T>(thresholds + <usize>load<i32>(nearest + (i << 2)) * sizeof<T>());
    store<i32>(improved + (i << 2), 0);
    store<i32>(scratch + OPEN + (open << 2), <i32>i);
    store<i32>(scratch + BITS + (open << 2), everyone);
    open += usize(!(load<T>(closest + i * sizeof<T>()) <= threshold));
  }
  return <i32>open;
}

/** The same, and what scores are to be compared with: a squared distance is the squared length of the sample + a score. */
@inline
function listWithLimits<T>(plan: usize, from: i32, count: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const closest = load<usize>(plan, CLOSEST) + <usize>from * sizeof<T>();
  const nearest = load<usize>(plan, NEAREST) + (<usize>from << 2);
  const improved = load<usize>(plan, IMPROVED) + (<usize>from << 2);
  const sqNorms = load<usize>(plan, SQ_NORMS) + <usize>from * sizeof<T>();
  const inverses = load<usize>(plan, INVERSE) + (<usize>from << 2);
  const thresholds = load<usize>(plan, THRESHOLDS);
  const factor = <f32>load<f64>(plan, FACTOR);
  const perInverse = load<f64>(plan, ESTIMATE);
  const more = 1 + load<f64>(plan, RELATIVE);
  const less = 1 - load<f64>(plan, RELATIVE);
  const absolute = load<f64>(plan, ABSOLUTE);
  let open: usize = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const threshold = load<T>(thresholds + <usize>load<i32>(nearest + (i << 2)) * sizeof<T>());
    const own = load<T>(closest + i * sizeof<T>());
    const inverse = load<f32>(inverses + (i << 2));
    const sqNorm = <f64>load<T>(sqNorms + i * sizeof<T>());
    store<i32>(improved + (i << 2), 0);
    store<i32>(scratch + OPEN + (open << 2), <i32>i);
    store<f32>(scratch + SCALES + (open << 2), inverse * factor);
    store<f32>(scratch + LIMITS + (open << 2), <f32>(<f64>own * more - sqNorm * less + perInverse * <f64>inverse + absolute));
    open += usize(!(own <= threshold));
  }
  return <i32>open;
}

/** Keeps the listed samples for which an estimate leaves candidates open, and these candidates. */
@inline
function estimate(plan: usize, from: i32, open: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  const list = scratch + OPEN;
  const d = load<i32>(plan, D);
  const rowBytes = <usize>((d + 1) & ~1) << 1;
  const panelBytes = <usize>(2 + ((d + 1) >> 1)) << 5;
  const rows = load<usize>(plan, QUANTISED) + <usize>from * rowBytes;
  const trials = load<i32>(plan, TRIALS);
  const everyone = (1 << trials) - 1;
  const last = open - 1;
  let kept: usize = 0;
  for (let m = 0; m < open; m += 4) {
    // A tile that sticks out at the end repeats the last sample.
    const i0 = load<i32>(list + (<usize>m << 2));
    const i1 = load<i32>(list + (<usize>min(m + 1, last) << 2));
    const i2 = load<i32>(list + (<usize>min(m + 2, last) << 2));
    const i3 = load<i32>(list + (<usize>min(m + 3, last) << 2));
    const scales = v128.load(scratch + SCALES + (<usize>m << 2));
    let panel = load<usize>(plan, PANELS);
    // Few vectors may be alive during a tile, or V8 spills within it.
    v128.store(scratch + FLAGS, i32x4.splat(0));
    for (let t = 0; t < trials; t += 8, panel += panelBytes) {
      quantisedTile(
        rows + <usize>i0 * rowBytes,
        rows + <usize>i1 * rowBytes,
        rows + <usize>i2 * rowBytes,
        rows + <usize>i3 * rowBytes,
        d,
        panel,
        scales,
        scratch + TILE,
      );
      const limits = v128.load(scratch + LIMITS + (<usize>m << 2));
      let flags = v128.load(scratch + FLAGS);
      let bit = i32x4.splat(1 << t);
      for (let c: usize = 0; c < 128; c += 16) {
        // What is not a number is left open too.
        flags = v128.or(flags, v128.andnot(bit, f32x4.gt(v128.load(scratch + TILE + c), limits)));
        bit = i32x4.add(bit, bit);
      }
      v128.store(scratch + FLAGS, flags);
    }
    if (!v128.any_true(v128.and(v128.load(scratch + FLAGS), i32x4.splat(everyone)))) continue;
    for (let r = 0; r < min(4, open - m); r++) {
      const bits = load<i32>(scratch + FLAGS + (<usize>r << 2)) & everyone;
      store<i32>(list + (kept << 2), load<i32>(list + (<usize>(m + r) << 2)));
      store<i32>(scratch + BITS + (kept << 2), bits);
      kept += usize(bits != 0);
    }
  }
  return <i32>kept;
}

/** Has the rows of the listed samples on their way before they are needed: far apart as they are, no prefetcher finds them. */
@inline
function fetchRows(scratch: usize, x: usize, row: usize, bytes: usize, open: i32): void {
  let touched = 0;
  for (let m: usize = 0; m < <usize>open; m++) {
    const p = x + <usize>load<i32>(scratch + OPEN + (m << 2)) * row;
    for (let at: usize = 0; at < bytes; at += 64) touched ^= load<i32>(p + at);
  }
  store<i32>(scratch + TOUCHED, touched);
}

/** Measures the listed samples and their open candidates, marks what improves, adds up the gains. */
function measure<T>(plan: usize, from: i32, open: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  if (d > COLUMNS_MAX_D) fetchRows(scratch, load<usize>(plan, X) + <usize>from * row, row, <usize>d * sizeof<T>(), open);
  const weights = load<usize>(plan, WEIGHTS);
  const candidates = load<usize>(plan, CANDIDATES);
  const candidateBytes = <usize>centroidStride(d) * sizeof<T>();
  const trials = <usize>load<i32>(plan, TRIALS) << 3;
  for (let t: usize = 0; t < trials; t += 8) store<f64>(scratch + SUMS + t, 0);
  for (let m: usize = 0; m < <usize>open; m++) {
    const i = <usize>(from + load<i32>(scratch + OPEN + (m << 2)));
    const own = load<T>(load<usize>(plan, CLOSEST) + i * sizeof<T>());
    const w: f64 = weights ? load<f64>(weights + (i << 3)) : 1;
    let bits = load<i32>(scratch + BITS + (m << 2));
    let hits = 0;
    for (; bits != 0; bits &= bits - 1) {
      const t = <usize>ctz(bits);
      const square = sqDistance<T>(load<usize>(plan, X) + i * row, column, candidates + t * candidateBytes, d);
      if (!(square < own)) continue;
      const sum = scratch + SUMS + (t << 3);
      store<f64>(sum, load<f64>(sum) + w * (<f64>own - <f64>square));
      hits |= 1 << <i32>t;
    }
    store<i32>(load<usize>(plan, IMPROVED) + (i << 2), hits);
  }
  const gains = load<usize>(plan, GAINS) + <usize>(from >> 8) * trials;
  for (let t: usize = 0; t < trials; t += 8) store<f64>(gains + t, load<f64>(gains + t) + load<f64>(scratch + SUMS + t));
}

/**
 * Makes candidate `trial` seed number `seed`: where it is marked as nearer, it is now the nearest.
 *
 * @param plan in: see above; CLOSEST, NEAREST inout
 * @returns Σ w · closest of the samples, in four stripes i mod 4 in float64, merged as (s₀ + s₂) + (s₁ + s₃)
 */
function takeSeed<T>(plan: usize, from: i32, count: i32, trial: i32, seed: i32): f64 {
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const row = rowBytes<T>(d, stride);
  const column = columnBytes<T>(d, stride);
  const x = load<usize>(plan, X) + <usize>from * row;
  const candidate = load<usize>(plan, CANDIDATES) + <usize>(trial * centroidStride(d)) * sizeof<T>();
  const closest = load<usize>(plan, CLOSEST) + <usize>from * sizeof<T>();
  const nearest = load<usize>(plan, NEAREST) + (<usize>from << 2);
  const improved = load<usize>(plan, IMPROVED) + (<usize>from << 2);
  const bit = i32x4.splat(1 << trial);
  for (let i: usize = 0; i < <usize>count; i += 4) {
    if (!v128.any_true(v128.and(bit, v128.load(improved + (i << 2))))) continue;
    for (let a = i; a < min(i + 4, <usize>count); a++) {
      if (!((load<i32>(improved + (a << 2)) >> trial) & 1)) continue;
      store<T>(closest + a * sizeof<T>(), sqDistance<T>(x + a * row, column, candidate, d));
      store<i32>(nearest + (a << 2), seed);
    }
  }
  const weights = load<usize>(plan, WEIGHTS);
  return weights ? weightedStripes<T>(closest, count, weights + (<usize>from << 3)) : stripes<T>(closest, count);
}

@inline
function stripes<T>(values: usize, n: i32): f64 {
  let s0: f64 = 0;
  let s1: f64 = 0;
  let s2: f64 = 0;
  let s3: f64 = 0;
  let i = 0;
  let p = values;
  for (; i + 4 <= n; i += 4, p += 4 * sizeof<T>()) {
    s0 += <f64>load<T>(p);
    s1 += <f64>load<T>(p, sizeof<T>());
    s2 += <f64>load<T>(p, 2 * sizeof<T>());
    s3 += <f64>load<T>(p, 3 * sizeof<T>());
  }
  if (i < n) s0 += <f64>load<T>(p);
  if (i + 1 < n) s1 += <f64>load<T>(p, sizeof<T>());
  if (i + 2 < n) s2 += <f64>load<T>(p, 2 * sizeof<T>());
  return s0 + s2 + (s1 + s3);
}

@inline
function weightedStripes<T>(values: usize, n: i32, weights: usize): f64 {
  let s0: f64 = 0;
  let s1: f64 = 0;
  let s2: f64 = 0;
  let s3: f64 = 0;
  let i = 0;
  let p = values;
  let w = weights;
  for (; i + 4 <= n; i += 4, p += 4 * sizeof<T>(), w += 32) {
    s0 += <f64>load<T>(p) * load<f64>(w);
    s1 += <f64>load<T>(p, sizeof<T>()) * load<f64>(w, 8);
    s2 += <f64>load<T>(p, 2 * sizeof<T>()) * load<f64>(w, 16);
    s3 += <f64>load<T>(p, 3 * sizeof<T>()) * load<f64>(w, 24);
  }
  if (i < n) s0 += <f64>load<T>(p) * load<f64>(w);
  if (i + 1 < n) s1 += <f64>load<T>(p, sizeof<T>()) * load<f64>(w, 8);
  if (i + 2 < n) s2 += <f64>load<T>(p, 2 * sizeof<T>()) * load<f64>(w, 16);
  return s0 + s2 + (s1 + s3);
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
