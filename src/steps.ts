import type { Iteration } from './algorithms/lloyd.js';
import { now } from './backend/pass.js';
import { acquireWorkspace, releaseWorkspace } from './backend/workspace.js';
import type { Codebook } from './codebook.js';
import { readSource } from './data/source.js';
import { rangeError } from './errors.js';
import { Fit } from './fit.js';
import { resolveOptions } from './options.js';
import { Reports } from './progress.js';
import { createRandom } from './random.js';
import { centroidRows, createResult, outcomeOf } from './result.js';
import type { Data, KMeansOptions, KMeansResult, KMeansStep } from './types.js';

/**
 * One run of k-means, an iteration at a time: each step tells where the centroids stood, which samples were theirs, and
 * where they move. The generator returns what `kmeans` returns for one run (`nInit` 1 or `'auto'`, which means 1 here).
 * Steps hold copies; a generator may be left at any time. Input is checked at the call.
 *
 * @param data n × d in any data form
 * @param k clusters, an integer from 1 to n
 * @throws as `kmeans` does
 */
export function kmeansSteps(
  data: Data,
  k: number,
  options: KMeansOptions = {},
): Generator<KMeansStep, KMeansResult, undefined> {
  const resolved = { ...resolveOptions(options), nInit: 1 };
  if (options.nInit !== undefined && options.nInit !== 'auto' && options.nInit !== 1)
    throw rangeError(
      'ERR_OPTION',
      `nInit is ${options.nInit}; the steps are those of one run, so it must be 1 or 'auto'`,
    );
  const source = readSource(data, resolved.nFeatures);
  // A workspace of its own for as long as the generator lives: other calls may come between the steps.
  const workspace = acquireWorkspace();
  try {
    return iterate(now(Fit.prepare(workspace, data, source, k, resolved)));
  } catch (error) {
    releaseWorkspace(workspace);
    throw error;
  }
}

function* iterate(fit: Fit): Generator<KMeansStep, KMeansResult, undefined> {
  try {
    const { onProgress } = fit.options;
    const reports = onProgress && new Reports(onProgress);
    const iterations = fit.iterate(createRandom(fit.options.seed), true);
    let step = iterations.next();
    while (!step.done) {
      // Nothing is deferred here: what comes is an iteration.
      const iteration = step.value as Iteration;
      if (reports) now(reports.tellOf(fit, 0, iteration));
      yield stepOf(fit, iteration);
      step = iterations.next();
    }
    const outcome = now(outcomeOf(fit.run, step.value, fit.options, fit.algorithm));
    return createResult(fit.run.labels().slice(), fit.codebook(), outcome);
  } finally {
    releaseWorkspace(fit.run.samples.workspace);
  }
}

function stepOf(fit: Fit, { iteration, changed, shift, converged }: Iteration): KMeansStep {
  const { run } = fit;
  const codebook = fit.codebook();
  const next: Codebook = { ...codebook, shiftedCentroids: run.copyCentroids(run.buffers.nextCentroids) };
  return {
    iteration,
    centroids: centroidRows(codebook),
    labels: run.labels().slice(),
    counts: run.counts().slice(),
    inertia: now(run.inertia()),
    nextCentroids: centroidRows(next),
    shift,
    changed,
    converged,
  };
}
