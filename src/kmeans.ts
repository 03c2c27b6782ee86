import { now, type Work, wait } from './backend/pass.js';
import type { Workspace } from './backend/workspace.js';
import { background, effortOf } from './background.js';
import type { Codebook } from './codebook.js';
import { withResident } from './data/resident.js';
import { readSource, type Source } from './data/source.js';
import { Fit, type Task } from './fit.js';
import { footprint } from './footprint.js';
import { KMEANS_ASYNC_RULES, type ResolvedOptions, resolveOptions } from './options.js';
import { Reports } from './progress.js';
import { createRandom } from './random.js';
import { createResult, type Outcome, outcomeOf } from './result.js';
import { drawsFor } from './seeding/plus-plus.js';
import { fitSmall } from './small-fit.js';
import type { Data, KMeansAsyncOptions, KMeansOptions, KMeansResult, Random } from './types.js';

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
  return withResident(
    source.resident,
    resolved,
    (workspace) => fitSmall(workspace, data, source, k, resolved) ?? now(cluster(workspace, data, source, k, resolved)),
  );
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
  return inBackground(options, source, [k], resolved, (workspace) => cluster(workspace, data, source, k, resolved));
}

/** Has samples clustered for each k. */
export async function inBackground<T>(
  options: KMeansAsyncOptions | undefined,
  source: Source,
  ks: number[],
  resolved: ResolvedOptions,
  work: (workspace: Workspace) => Work<T>,
): Promise<T> {
  const { algorithm, relaxedSimd, nInit } = resolved;
  const { resident } = source;
  const k = ks[ks.length - 1]!;
  const works = ks.length > 1 ? ks.length : nInit;
  const room = (rows: number, threads: number, inParts: boolean) =>
    Math.max(...ks.map((k) => footprint(source, rows, k, resolved, threads, inParts)));
  // The transfers of Hartigan and Wong go from sample to sample, over all of them.
  const inOne = algorithm === 'hartigan-wong';
  const lodging = resident && {
    claim: (signal?: AbortSignal) => resident.claimInTurn(resolved, signal),
    release: () => resident.releaseInTurn(),
  };
  const { nSamples, nFeatures } = source;
  return background(
    options,
    nSamples,
    effortOf(k, nFeatures, relaxedSimd),
    work,
    inOne ? undefined : room,
    works,
    lodging,
  );
}

/** All of it, in a workspace. */
function* cluster(
  workspace: Workspace,
  data: Data,
  source: Source,
  k: number,
  options: ResolvedOptions,
): Work<KMeansResult> {
  const task = yield* Fit.place(workspace, data, source, k, options);
  const { labels, codebook, outcome } = yield* bestOfRuns(task, workspace, options.onProgress);
  return createResult(labels, codebook, outcome);
}

interface Best {
  run: number;
  labels: Int32Array;
  codebook: Codebook;
  outcome: Outcome;
}

/** The first run of those with the least inertia. */
export function* bestOfRuns(task: Task, workspace: Workspace, onProgress: ResolvedOptions['onProgress']): Work<Best> {
  const { nInit, seed, init } = task.options;
  const random = createRandom(seed);
  const reports = onProgress && new Reports(onProgress);
  let best: Best | undefined;
  const make = function* (fit: Fit, run: number, draw: Random, seeded?: () => void): Work {
    const iterations = fit.iterate(draw, !!reports, seeded);
    let step = iterations.next();
    while (!step.done) {
      const { value } = step;
      // Passes are none of our business; iterations are.
      const made = value && 'iteration' in value ? reports && (yield* reports.tellOf(fit, run, value)) : yield value;
      step = iterations.next(made as number);
    }
    const outcome = yield* outcomeOf(fit.run, step.value, fit.options, fit.algorithm);
    const { inertia } = outcome;
    // Runs that go on side by side do not wait for their labels: these were brought in order for the inertia.
    if (!best || inertia < best.outcome.inertia || (inertia === best.outcome.inertia && run < best.run))
      best = { run, labels: yield* fit.run.copyLabels(), codebook: fit.codebook(), outcome };
    reports?.end(run);
  };

  const { sideBySide } = workspace;
  if (!sideBySide || nInit === 1) {
    const fit = yield* Fit.of(task, workspace);
    for (let run = 0; run < nInit; run++) yield* make(fit, run, random);
    return best!;
  }
  const fits: Fit[] = [];
  let next = 0;
  let maySeed = true;
  const makeIn = function* (lane: Workspace, place: number, run: number, draw: Random): Work {
    fits[place] ??= yield* Fit.of(task, lane);
    yield* make(fits[place], run, draw, () => {
      maySeed = true;
    });
  };
  const threads = yield* wait(
    sideBySide((lane, place) => {
      if (!maySeed || next === nInit) return undefined;
      // All runs draw from one sequence: the next one begins where this one will have ended, if that is known.
      const drawn = init === 'k-means++' && Array.from({ length: drawsFor(task.k) }, random).reverse();
      maySeed = !!drawn;
      return [next, makeIn(lane, place, next++, drawn ? () => drawn.pop()! : random)];
    }),
  );
  best!.outcome.threads = threads;
  return best!;
}
