import { readSource } from '../data/source.js';
import { rangeError, typeError } from '../errors.js';
import { kmeans, kmeansAsync } from '../kmeans.js';
import { checkOptions, integer } from '../option-rules.js';
import type { AsyncOptions, Data, KMeansAsyncOptions, KMeansOptions } from '../types.js';
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
  const curve = curveOf(data, options);
  let step = curve.next();
  while (!step.done) step = curve.next(kmeans(data, ...step.value).inertia);
  return step.value;
}

/** The same by worker threads, one k after the other, with the same bits; rejects as `kmeansAsync` does. */
export async function elbowAsync(data: Data, options: ElbowAsyncOptions = {}): Promise<Elbow> {
  const curve = curveOf(data, options);
  let step = curve.next();
  while (!step.done) step = curve.next((await kmeansAsync(data, ...step.value)).inertia);
  return step.value;
}

/** Asks for the inertia of every k, with the options to find it with. */
function* curveOf(
  data: Data,
  options: ElbowAsyncOptions,
): Generator<[k: number, options: KMeansAsyncOptions], Elbow, number> {
  const { kMin = 1, kMax = DEFAULT_K_MAX, ...kmeansOptions } = options;
  checkOptions({ kMin }, { kMin: integer(1) });
  checkOptions({ kMax }, { kMax: integer(kMin + 1) });
  rejectCentroids(options.init);
  checkOptions({ nFeatures: options.nFeatures }, { nFeatures: integer(1) });
  const { nSamples } = readSource(data, options.nFeatures);
  const kLast = options.kMax === undefined ? Math.min(kMax, nSamples) : kMax;
  if (Math.max(kMin, kLast) > nSamples) {
    throw rangeError(
      'ERR_K',
      `k goes from ${kMin} to ${kMax}; it must not exceed n = ${nSamples}, the number of samples`,
    );
  }

  const ks = Array.from({ length: kLast - kMin + 1 }, (_, i) => kMin + i);
  const inertias: number[] = [];
  for (const k of ks) inertias.push(yield [k, kmeansOptions]);
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
