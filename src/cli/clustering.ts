import {
  type Data,
  type ElbowOptions,
  elbow,
  type KMeansOptions,
  type KMeansResult,
  kmeans,
  MiniBatchKMeans,
  type MiniBatchKMeansOptions,
  silhouetteScore,
} from '../index.js';
import type { ClusterArguments } from './cluster-arguments.js';
import { DataError } from './failures.js';
import { formatNumber } from './number-format.js';
import type { ProgressLine } from './progress.js';
import { type Scaling, unscale } from './scaling.js';

/** Inertia by k, and the k of the elbow. */
export type Elbow = ReturnType<typeof elbow>;

/** A finished clustering with what is told about it. */
export interface Clustering {
  result: KMeansResult;
  /** In the units of the data; with the cosine metric, directions of length 1. */
  centroids: number[][];
  /** Root mean squared distance of each cluster's samples to its centroid, in the units that were clustered. */
  spreads: number[];
  /** Mean silhouette of at most 1000 samples; undefined where it is not defined, as for a single cluster. */
  silhouette?: number;
  elapsedMs: number;
}

const silhouetteSamples = 1000;

export function cluster(
  data: Data,
  k: number,
  { options, miniBatch, batchSize }: Pick<ClusterArguments, 'options' | 'miniBatch' | 'batchSize'>,
  scaling: Scaling,
  progress: ProgressLine,
): Clustering {
  const start = performance.now();
  const onProgress: KMeansOptions['onProgress'] = ({ run, runs, iteration, inertia }) =>
    progress.show(() => {
      const ofRuns = runs > 1 ? `run ${run + 1} of ${runs}, ` : '';
      return `clustering: ${ofRuns}iteration ${iteration}, inertia ${formatNumber(inertia)}`;
    });
  const result = miniBatch
    ? clusterMiniBatch(data, { ...options, k, batchSize, onProgress })
    : kmeans(data, k, { ...options, onProgress });
  const elapsedMs = performance.now() - start;
  const silhouette = meanSilhouette(data, result, options);
  return {
    result,
    centroids: result.centroids.map((row) => (options.metric === 'cosine' ? Array.from(row) : unscale(row, scaling))),
    spreads: spreadsOf(data, result),
    ...(silhouette !== undefined && { silhouette }),
    elapsedMs,
  };
}

/** The counts of a mini-batch model are those of its steps: here they are those of its labels. */
function clusterMiniBatch(data: Data, options: MiniBatchKMeansOptions): KMeansResult {
  const model = new MiniBatchKMeans(options).fit(data);
  const { labels, centroids, inertia, iterations, converged, k, nSamples, nFeatures, seed } = model;
  const { algorithm, backend, threads } = model;
  const counts = new Float64Array(k);
  for (const label of labels) counts[label]!++;
  return {
    ...{ labels, centroids, counts, inertia, iterations, converged, k, nSamples, nFeatures, seed },
    ...{ algorithm, backend, threads },
    predict: (samples) => model.predict(samples),
    predictAsync: (samples, asyncOptions) => model.predictAsync(samples, asyncOptions),
    nearest: (samples) => model.nearest(samples),
    transform: (samples) => model.transform(samples),
    toJSON: () => model.toJSON(),
  };
}

/** Inertia for k = 1 … kMax, or as many as there are samples, and the k of the elbow. */
export function findElbow(
  data: Data,
  nSamples: number,
  kMax: number | undefined,
  options: KMeansOptions,
  progress: ProgressLine,
): Elbow {
  if (kMax !== undefined && kMax > nSamples) {
    throw new DataError(`--k-max ${kMax} is more than the ${nSamples} rows there are`);
  }
  if (nSamples < 3)
    throw new DataError(`an elbow cannot be found with fewer than 3 rows: say how many clusters with -k`);
  let k = 0;
  const elbowOptions: ElbowOptions = {
    ...options,
    ...(kMax !== undefined && { kMax }),
    onProgress: ({ run, iteration }) => {
      if (run === 0 && iteration === 1) k++;
      progress.show(() => `looking for the elbow: k = ${k} of ${kMax ?? Math.min(10, nSamples)}`);
    },
  };
  return elbow(data, elbowOptions);
}

function spreadsOf(data: Data, result: KMeansResult): number[] {
  const sq = new Array<number>(result.k).fill(0);
  const { labels, distances } = result.nearest(data);
  for (const [i, label] of labels.entries()) sq[label]! += distances[i]! ** 2;
  return sq.map((sum, c) => (result.counts[c]! > 0 ? Math.sqrt(sum / result.counts[c]!) : 0));
}

function meanSilhouette(data: Data, result: KMeansResult, { metric, seed }: KMeansOptions): number | undefined {
  const { labels, counts, nSamples } = result;
  const filled = counts.filter((count) => count > 0).length;
  if (filled < 2 || filled > nSamples - 1) return undefined;
  const sampling = nSamples > silhouetteSamples && { sampleSize: silhouetteSamples };
  try {
    return silhouetteScore(data, labels, { metric, seed, ...sampling });
  } catch (error) {
    if (sampling && error instanceof RangeError) return undefined; // the draw may meet one cluster only
    throw error;
  }
}
