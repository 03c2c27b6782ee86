import { now, type Work } from '../backend/pass.js';
import type { Workspace } from '../backend/workspace.js';
import { withResident } from '../data/resident.js';
import { readSource, type Source } from '../data/source.js';
import { rangeError, typeError } from '../errors.js';
import { Fit, withK } from '../fit.js';
import { bestOfRuns, inBackground } from '../kmeans.js';
import { checkOptions, integer, type OptionRules } from '../option-rules.js';
import { KMEANS_ASYNC_RULES, type ResolvedOptions, resolveOptions } from '../options.js';
import { Reports } from '../progress.js';
import type { AsyncOptions, Data, KMeansOptions } from '../types.js';
import { kneedle } from './kneedle.js';

export interface ElbowOptions extends KMeansOptions {
  /** Smallest k to try. Default 1. */
  kMin?: number;
  /** Largest k to try, above kMin. Default 10, or the number of samples where that is less. */
  kMax?: number;
}

export interface ElbowAsyncOptions extends ElbowOptions, AsyncOptions {}

export interface Elbow {
  /** kMin … kMax. */
  ks: number[];
  /** Inertia of the clustering for each of `ks`. */
  inertias: number[];
  /** Where more clusters stop paying off; undefined where the curve has no knee. */
  k: number | undefined;
}

const DEFAULT_K_MAX = 10;

/**
 * Clusters the data for every k from kMin to kMax and finds the knee of the inertia curve (Kneedle, Satopää et al. 2011).
 * The options of `kmeans` apply to every k, and `onProgress` hears of all runs; `init` may not be centroids, which have
 * one k only, but a function that makes them.
 * Throws what `kmeans` throws, `ERR_OPTION` for a bad kMin or kMax, and `ERR_K` where they exceed the number of samples.
 */
export function elbow(data: Data, options: ElbowOptions = {}): Elbow {
  const { ks, resolved, source } = readOptions(data, options);
  return withResident(source.resident, resolved, (workspace) => now(curve(workspace, data, source, ks, resolved)));
}

/** The same by worker threads, several k at a time where that is faster, with the same bits; rejects as `kmeansAsync` does. */
export async function elbowAsync(data: Data, options: ElbowAsyncOptions = {}): Promise<Elbow> {
  const { ks, resolved, source } = readOptions(data, options, KMEANS_ASYNC_RULES);
  return inBackground(options, source, ks, resolved, (workspace) => curve(workspace, data, source, ks, resolved));
}

/** Checks all options, and fills in the defaults. */
function readOptions(data: Data, options: ElbowOptions, rules?: OptionRules) {
  const { kMin = 1, kMax = DEFAULT_K_MAX, ...kmeansOptions } = options;
  checkOptions({ kMin }, { kMin: integer(1) });
  checkOptions({ kMax }, { kMax: integer(kMin + 1) });
  rejectCentroids(options.init);
  const resolved = resolveOptions(kmeansOptions, rules);
  const source = readSource(data, options.nFeatures);
  const { nSamples } = source;
  const kLast = options.kMax === undefined ? Math.min(kMax, nSamples) : kMax;
  if (Math.max(kMin, kLast) > nSamples) {
    throw rangeError(
      'ERR_K',
      `k goes from ${kMin} to ${kMax}; it must not exceed n = ${nSamples}, the number of samples`,
    );
  }
  return { ks: Array.from({ length: kLast - kMin + 1 }, (_, i) => kMin + i), resolved, source };
}

/** The samples are placed once, for all k. */
function* curve(workspace: Workspace, data: Data, source: Source, ks: number[], options: ResolvedOptions): Work<Elbow> {
  const { onProgress } = options;
  const reports = onProgress && new Reports(onProgress);
  const last = ks.length - 1;
  const task = yield* Fit.place(workspace, data, source, ks[last]!, options);
  const inertias: number[] = [];
  const cluster = function* (lane: Workspace, at: number): Work {
    const mark = lane.mark();
    const { outcome } = yield* bestOfRuns(
      withK(task, ks[at]!),
      lane,
      reports && ((progress) => reports.tell(at, progress)),
    );
    lane.backTo(mark);
    inertias[at] = outcome.inertia;
    reports?.end(at);
  };

  const { sideBySide } = workspace;
  let next = 0;
  if (!sideBySide) for (; next <= last; next++) yield* cluster(workspace, next);
  else
    yield sideBySide((lane) => {
      if (next > last) return undefined;
      // The longest first, so that all end at about the same time, if nobody waits to hear of them in order.
      const at = reports ? next : last - next;
      next++;
      return [at, cluster(lane, at)];
    });
  const knee = kneedle(ks, inertias);
  return { ks, inertias, k: knee === undefined ? undefined : ks[knee] };
}

function rejectCentroids(init: KMeansOptions['init']): void {
  if (init === undefined || typeof init === 'string' || typeof init === 'function') return;
  throw typeError(
    'ERR_OPTION',
    'init is starting centroids, which fit one k; over several it must be a name or a function',
  );
}
