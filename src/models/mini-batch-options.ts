import { checkOptions, integer, isNumber } from '../option-rules.js';
import { COMMON_RULES, type ResolvedOptions, resolveOptions } from '../options.js';
import type { KMeansOptions } from '../types.js';

export interface MiniBatchKMeansOptions extends Omit<KMeansOptions, 'algorithm' | 'emptyCluster'> {
  /** Clusters, an integer ≥ 1. */
  k: number;
  /** Samples of a step. Default 1024. */
  batchSize?: number;
  /** Steps without a lower smoothed inertia after which `fit` stops; Infinity: never. Default 10. */
  maxNoImprovement?: number;
  /** Samples that the first centroids are chosen from, at least k. Default 3 · batchSize, or 3 k if that is less than k. */
  initSize?: number;
  /** Share of what the richest cluster has seen, below which a centroid moves to a sample at random. Default 0.01. */
  reassignmentRatio?: number;
}

/** Options of which none is open. */
export type MiniBatchResolved = ResolvedOptions &
  Required<Pick<MiniBatchKMeansOptions, 'batchSize' | 'maxNoImprovement' | 'initSize' | 'reassignmentRatio'>>;

const RULES = {
  ...COMMON_RULES,
  batchSize: integer(1),
  maxNoImprovement: [(v: unknown) => v === Infinity || integer(1)[0](v), 'an integer ≥ 1 or Infinity'] as const,
  initSize: integer(1),
  reassignmentRatio: [(v: unknown) => isNumber(v) && v >= 0 && v < Infinity, 'a finite number ≥ 0'] as const,
};

/** @throws ERR_OPTION */
export function resolveMiniBatch(k: number, options: Omit<MiniBatchKMeansOptions, 'k'>): MiniBatchResolved {
  checkOptions(options, RULES);
  const {
    batchSize = 1024,
    initSize = 3 * batchSize,
    reassignmentRatio = 0.01,
    maxNoImprovement = 10,
    ...common
  } = options;
  const { maxIter = 100, tol = 0, nInit = 'auto' } = common;
  const resolved = resolveOptions({ ...common, maxIter, tol });
  return {
    ...resolved,
    nInit: nInit === 'auto' ? Math.min(resolved.nInit, 3) : resolved.nInit,
    ...{ batchSize, maxNoImprovement, reassignmentRatio },
    initSize: initSize < k ? 3 * k : initSize,
  };
}
