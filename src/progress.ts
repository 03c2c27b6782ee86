import type { Iteration } from './algorithms/lloyd.js';
import type { Work } from './backend/pass.js';
import type { Fit } from './fit.js';

/** Tells `onProgress` of an iteration; the inertia costs a pass, so it is taken only if somebody listens. */
export function progressReporter(fit: Fit): ((run: number, iteration: Iteration) => Work) | undefined {
  const { onProgress, maxIter, nInit: runs } = fit.options;
  if (!onProgress) return undefined;
  const start = performance.now();
  return function* (run, { iteration, shift, changed }) {
    onProgress({
      run,
      runs,
      iteration,
      maxIter,
      inertia: yield* fit.run.inertia(),
      shift,
      changed,
      elapsedMs: performance.now() - start,
    });
  };
}
