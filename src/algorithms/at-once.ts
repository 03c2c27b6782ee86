import { now } from '../backend/pass.js';
import type { Iteration, Limits } from './lloyd.js';
import type { Run } from './run.js';

/** Multiply-adds of an iteration up to which a whole run is one kernel call, of some milliseconds at the very most. */
const MOST_WORK = 2e4;

/** Whether a run of Lloyd's algorithm is so short that its calls would take longer than its work. */
export const isShort = (n: number, d: number, k: number): boolean => n * d * k <= MOST_WORK;

/**
 * Lloyd's algorithm in one kernel call, with the bits of `lloyd`; undefined where a cluster ran empty, with everything as it was
 * before.
 */
export function lloydAtOnce(run: Run, { maxIter, shiftTolerance }: Limits): Iteration | undefined {
  const { samples, k, buffers, backend } = run;
  const { workspace, precision, x, n, d, stride, weights } = samples;
  now(run.restart());
  const words = workspace.int32(buffers.plan, 20);
  words.set([
    ...[x, n, d, stride, k, buffers.centroids, buffers.nextCentroids, buffers.packed, buffers.labels, buffers.previous],
    ...[buffers.sums, weights, buffers.counts, buffers.sqShifts, buffers.best, buffers.start],
  ]);
  const iteration = backend.kernels[precision].iterate(buffers.plan, maxIter, shiftTolerance);
  if (words[5] !== buffers.centroids) run.swap();
  if (iteration === 0) return undefined;
  const shift = workspace.float64(buffers.plan + 72, 1)[0]!;
  if (shift > 0) run.countSamples();
  return { iteration, changed: words[16]!, shift, converged: words[17] === 1 };
}
