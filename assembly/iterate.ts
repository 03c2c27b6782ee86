import { accumulate } from './accumulate';
import { assign } from './assign';
import { moveCentroids, sqShifts } from './centroids';
import { centroidStride } from './constants';
import { pack } from './pack';

// A plan, written by TypeScript: addresses and counts (i32), see the kernels that are called …
const X: usize = 0;
const N: usize = 4;
const D: usize = 8;
const STRIDE: usize = 12;
const K: usize = 16;
const CENTROIDS: usize = 20; // where the centroids stand, in the end too
const NEXT: usize = 24; // and where they go
const PACKED: usize = 28;
const LABELS: usize = 32;
const PREVIOUS: usize = 36;
const SUMS: usize = 40;
const WEIGHTS: usize = 44;
const COUNTS: usize = 48;
const SQ_SHIFTS: usize = 52;
const BEST: usize = 56;
const START: usize = 60; // room for the first centroids
// … and of the last iteration
const CHANGED: usize = 64; // i32: labels that changed
const CONVERGED: usize = 68; // i32
const SHIFT: usize = 72; // f64: summed squared shift

/**
 * Lloyd's algorithm in one call, for problems so small that calls are what takes the time: see src/algorithms/lloyd.ts.
 *
 * @param plan inout: see above; sums and previous labels as for a run that begins
 * @param shiftTolerance summed squared shift that is no more than none
 * @returns iterations made; 0 if a cluster lost all its samples, with the centroids where they were to begin with
 */
function iterate<T>(plan: usize, maxIter: i32, shiftTolerance: f64): i32 {
  const k = load<i32>(plan, K);
  const d = load<i32>(plan, D);
  const bytes = <usize>(k * centroidStride(d)) * sizeof<T>();
  memory.copy(load<usize>(plan, START), load<usize>(plan, CENTROIDS), bytes);
  for (let iteration = 1; ; iteration++) {
    const changed = label<T>(plan, k, d);
    const centroids = load<usize>(plan, CENTROIDS);
    const next = load<usize>(plan, NEXT);
    moveCentroids<T>(load<usize>(plan, SUMS), k, d, centroids, next, load<usize>(plan, COUNTS));
    for (let j = 0; j < k; j++)
      if (!(load<f64>(load<usize>(plan, COUNTS) + (<usize>j << 3)) > 0)) {
        memory.copy(centroids, load<usize>(plan, START), bytes);
        return 0;
      }
    sqShifts<T>(centroids, next, k, d, load<usize>(plan, SQ_SHIFTS));
    let shift: f64 = 0;
    for (let j = 0; j < k; j++) shift += load<f64>(load<usize>(plan, SQ_SHIFTS) + (<usize>j << 3));
    store<usize>(plan, next, CENTROIDS);
    store<usize>(plan, centroids, NEXT);
    const converged = changed == 0 || shift <= shiftTolerance;
    if (!converged && iteration < maxIter) continue;
    if (shift > 0) label<T>(plan, k, d);
    store<i32>(plan, changed, CHANGED);
    store<i32>(plan, i32(converged), CONVERGED);
    store<f64>(plan, shift, SHIFT);
    return iteration;
  }
}

/** Brings labels and sums up to the centroids. */
function label<T>(plan: usize, k: i32, d: i32): i32 {
  const x = load<usize>(plan, X);
  const n = load<i32>(plan, N);
  const stride = load<i32>(plan, STRIDE);
  const labels = load<usize>(plan, LABELS);
  pack<T>(load<usize>(plan, CENTROIDS), k, d, load<usize>(plan, PACKED));
  assign<T>(x, n, d, stride, load<usize>(plan, PACKED), k, labels, load<usize>(plan, BEST));
  return accumulate<T>(x, n, d, stride, labels, load<usize>(plan, PREVIOUS), load<usize>(plan, SUMS), load<usize>(plan, WEIGHTS));
}

export function iterateF32(plan: usize, maxIter: i32, shiftTolerance: f64): i32 {
  return iterate<f32>(plan, maxIter, shiftTolerance);
}
export function iterateF64(plan: usize, maxIter: i32, shiftTolerance: f64): i32 {
  return iterate<f64>(plan, maxIter, shiftTolerance);
}
