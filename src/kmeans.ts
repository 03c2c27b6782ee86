import type { Iteration } from './algorithms/lloyd.js';
import { now, type Work } from './backend/pass.js';
import type { Workspace } from './backend/workspace.js';
import { background, drive } from './background.js';
import type { Codebook } from './codebook.js';
import { withResident } from './data/resident.js';
import { readSource, type Source } from './data/source.js';
import { Fit } from './fit.js';
import { footprint } from './footprint.js';
import { KMEANS_ASYNC_RULES, type ResolvedOptions, resolveOptions } from './options.js';
import { progressReporter } from './progress.js';
import { createRandom } from './random.js';
import { createResult, type Outcome } from './result.js';
import type { Data, KMeansAsyncOptions, KMeansOptions, KMeansResult } from './types.js';

/**
 * Splits n samples of d features into k clusters so that the inertia, Σ w · squared distance to the nearest centroid, is
 * (locally) least. Runs on the calling thread.
 *
 * @param data n × d in any data form; read, never changed
 * @param k clusters, an integer from 1 to n
 * @throws TypeError or RangeError with a `code`, before any work, for input that cannot be clustered
 */
export function kmeans(data: Data, k: number, options?: KMeansOptions): KMeansResult {
  const resolved = resolveOptions(options);
  const source = readSource(data, resolved.nFeatures);
  return withResident(source.resident, resolved, (workspace) => now(cluster(workspace, data, source, k, resolved)));
}

/**
 * The same, with the same bits, by worker threads where there can be any, else in slices on the calling thread; small problems
 * stay there. The data must not change until the promise settles.
 *
 * @throws as `kmeans` does, ERR_WORKER, and the reason of the signal: the promise rejects
 */
export async function kmeansAsync(data: Data, k: number, options?: KMeansAsyncOptions): Promise<KMeansResult> {
  const resolved = resolveOptions(options, KMEANS_ASYNC_RULES);
  const source = readSource(data, resolved.nFeatures);
  const work = (workspace: Workspace) => cluster(workspace, data, source, k, resolved);
  // These transfers go from sample to sample, over all of them.
  const inOne = resolved.algorithm === 'hartigan-wong';
  const room = (rows: number, threads: number, inParts: boolean) =>
    footprint(source, rows, k, resolved, threads, inParts);
  const place = source.resident?.claim(resolved, true);
  try {
    return await background(options, source, { k, ...resolved }, work, inOne ? undefined : room, place);
  } finally {
    if (place) await drive(source.resident!.release(), place);
  }
}

/** All of it, in a workspace. */
function* cluster(
  workspace: Workspace,
  data: Data,
  source: Source,
  k: number,
  options: ResolvedOptions,
): Work<KMeansResult> {
  const fit = yield* Fit.prepare(workspace, data, source, k, options);
  return yield* bestOfRuns(fit, options);
}

interface Best {
  labels: Int32Array;
  codebook: Codebook;
  outcome: Outcome;
}

function* bestOfRuns(fit: Fit, options: ResolvedOptions): Work<KMeansResult> {
  const random = createRandom(options.seed);
  const report = progressReporter(fit);
  let best: Best | undefined;
  for (let run = 0; run < options.nInit; run++) {
    const iterations = fit.iterate(random, report !== undefined);
    let step = iterations.next();
    while (!step.done) {
      const { value } = step;
      // Passes are none of our business; iterations are.
      const made = value && 'iteration' in value ? report && (yield* report(run, value)) : yield value;
      step = iterations.next(made as number);
    }
    const outcome = yield* outcomeOf(fit, step.value);
    if (!best || outcome.inertia < best.outcome.inertia)
      best = { labels: yield* fit.run.copyLabels(), codebook: fit.codebook(), outcome };
  }
  const { labels, codebook, outcome } = best!;
  return createResult(labels, codebook, outcome);
}

/** What a finished run leaves, copied. */
export function* outcomeOf(fit: Fit, last: Iteration): Work<Outcome> {
  const { run, options } = fit;
  return {
    counts: run.counts().slice(),
    inertia: yield* run.inertia(),
    iterations: last.iteration,
    converged: last.converged,
    nSamples: run.samples.n,
    seed: options.seed,
    algorithm: fit.algorithm,
    backend: run.backend.name,
    threads: run.samples.parts?.threads ?? run.samples.workspace.threads,
  };
}
