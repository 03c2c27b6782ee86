import { now, type Work } from '../backend/pass.js';
import { inSlices } from '../background.js';
import { type Rows, readRows } from '../data/read-rows.js';
import { rangeError, typeError } from '../errors.js';
import { checkOptions, integer, type OptionRule, oneOf, seedRule } from '../option-rules.js';
import { ASYNC_RULES } from '../options.js';
import { createRandom } from '../random.js';
import type { AsyncOptions, Data } from '../types.js';

export interface SilhouetteOptions {
  /** Features of a sample, where the data is one flat typed array. */
  nFeatures?: number;
  /** Distance between samples; `'cosine'` is 1 − cosine, and 1 from a sample of zeros. Default `'euclidean'`. */
  metric?: 'euclidean' | 'cosine';
}

export interface SilhouetteScoreOptions extends SilhouetteOptions {
  /** Judge this many samples, drawn at random, instead of all: the time is quadratic in it. Default: all. */
  sampleSize?: number;
  /** Seed of that draw, an integer from 0 to 2⁵³ − 1. Default 0. */
  seed?: number;
}

export type SilhouetteScoreAsyncOptions = SilhouetteScoreOptions & Pick<AsyncOptions, 'signal'>;

const SAMPLES_RULES: Readonly<Record<string, OptionRule>> = {
  nFeatures: integer(1),
  metric: oneOf('euclidean', 'cosine'),
};

const SCORE_RULES: Readonly<Record<string, OptionRule>> = { ...SAMPLES_RULES, sampleSize: integer(1), seed: seedRule };

type Metric = 'euclidean' | 'cosine';

type Distance = (i: number, j: number) => number;

interface Range {
  start: number;
  end: number;
}

/** Numbers of a block of rows that stays in the first-level cache (32 KiB) while every other row passes by. */
const BLOCK_NUMBERS = 2048;

/**
 * Silhouette of each of n samples, from −1 (sits among another cluster) to 1 (far from every other cluster):
 * (b − a) / max(a, b), with a the mean distance to the other samples of its own cluster, and b the lowest mean distance
 * to the samples of another cluster; 0 for a sample that is alone in its cluster. Rousseeuw 1987; edge cases as in
 * scikit-learn. `labels` are n integers of any values. Takes n² / 2 distances and O(n) memory beside the data.
 * Throws `ERR_OPTION` for labels of another length, and unless 2 … n − 1 of them differ.
 */
export function silhouetteSamples(
  data: Data,
  labels: ArrayLike<number>,
  options: SilhouetteOptions = {},
): Float64Array {
  checkOptions(options, SAMPLES_RULES);
  const { nFeatures, metric = 'euclidean' } = options;
  const rows = readRows(data, { nFeatures });
  checkLabels(labels, rows.nSamples);
  return now(silhouettes(rows, labels, everySample(rows.nSamples), metric, false));
}

/**
 * Mean of `silhouetteSamples`, over all samples or over `sampleSize` of them, which then are the only ones looked at.
 * Throws as `silhouetteSamples` does, also where the samples drawn have too few different labels.
 */
export function silhouetteScore(data: Data, labels: ArrayLike<number>, options: SilhouetteScoreOptions = {}): number {
  checkOptions(options, SCORE_RULES);
  return now(score(data, labels, options, false));
}

/** The same in slices, so that whatever else happens on the calling thread goes on; rejects when the signal is aborted. */
export async function silhouetteScoreAsync(
  data: Data,
  labels: ArrayLike<number>,
  options: SilhouetteScoreAsyncOptions = {},
): Promise<number> {
  checkOptions(options, { ...SCORE_RULES, signal: ASYNC_RULES.signal! });
  return inSlices(() => score(data, labels, options, true), options.signal);
}

function* score(
  data: Data,
  labels: ArrayLike<number>,
  options: SilhouetteScoreOptions,
  deferred: boolean,
): Work<number> {
  const { nFeatures, metric = 'euclidean', sampleSize, seed = 0 } = options;
  const rows = readRows(data, { nFeatures });
  checkLabels(labels, rows.nSamples);
  const drawn = drawSamples(rows.nSamples, sampleSize ?? rows.nSamples, seed);
  const coefficients = yield* silhouettes(rows, labels, drawn, metric, deferred);
  return coefficients.reduce((sum, s) => sum + s, 0) / drawn.length;
}

function checkLabels(labels: ArrayLike<number>, nSamples: number): void {
  if (labels?.length !== nSamples) {
    const fail = typeof labels?.length === 'number' ? rangeError : typeError;
    throw fail('ERR_OPTION', `labels has length ${labels?.length}; it must be ${nSamples}, the number of samples`);
  }
  for (let i = 0; i < nSamples; i++)
    if (!Number.isInteger(labels[i])) {
      throw typeError('ERR_OPTION', `label ${i} is ${String(labels[i])}; labels must be integers`);
    }
}

function everySample(nSamples: number): Int32Array {
  return Int32Array.from({ length: nSamples }, (_, i) => i);
}

/** `count` of the samples without replacement, or all of them where that is no fewer: a partial Fisher–Yates shuffle. */
function drawSamples(nSamples: number, count: number, seed: number): Int32Array {
  const samples = everySample(nSamples);
  if (count >= nSamples) return samples;
  const random = createRandom(seed);
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (nSamples - i));
    [samples[i], samples[j]] = [samples[j], samples[i]];
  }
  return samples.subarray(0, count);
}

/** Silhouettes of the rows named by `drawn`, in its order, as if there were no others. Pauses where it is `deferred`. */
function* silhouettes(
  { values, nFeatures }: Rows,
  labels: ArrayLike<number>,
  drawn: Int32Array,
  metric: Metric,
  deferred: boolean,
): Work<Float64Array> {
  const { order, starts } = sortByLabel(drawn, labels);
  const rows = new Float64Array(drawn.length * nFeatures);
  order.forEach((position, i) => {
    const from = drawn[position] * nFeatures;
    rows.set(values.subarray(from, from + nFeatures), i * nFeatures);
  });
  const distance = metric === 'cosine' ? cosineDistance(rows, nFeatures) : euclideanDistance(rows, nFeatures);
  const { own, nearest } = yield* meanDistances(distance, starts, Math.ceil(BLOCK_NUMBERS / nFeatures), deferred);

  const result = new Float64Array(drawn.length);
  order.forEach((position, i) => {
    // 0 / 0, where the sample is alone in its cluster or lies on all samples of two, counts as 0.
    result[position] = (nearest[i] - own[i]) / Math.max(own[i], nearest[i]) || 0;
  });
  return result;
}

/** Positions in `drawn`, those of equal labels side by side, and where each label's begin: nClusters + 1 offsets. */
function sortByLabel(drawn: Int32Array, labels: ArrayLike<number>): { order: Int32Array; starts: Int32Array } {
  const codes = new Map<number, number>();
  for (const sample of drawn) if (!codes.has(labels[sample])) codes.set(labels[sample], codes.size);
  if (codes.size < 2 || codes.size > drawn.length - 1) {
    const message = `Number of labels is ${codes.size}. Valid values are 2 to n_samples - 1 (inclusive)`;
    throw rangeError('ERR_OPTION', message);
  }

  const starts = new Int32Array(codes.size + 1);
  for (const sample of drawn) starts[codes.get(labels[sample])! + 1]++;
  for (let c = 0; c < codes.size; c++) starts[c + 1] += starts[c];
  const next = starts.slice();
  const order = new Int32Array(drawn.length);
  drawn.forEach((sample, position) => {
    order[next[codes.get(labels[sample])!]++] = position;
  });
  return { order, starts };
}

/**
 * Mean distance of each of n rows, sorted by cluster, to the others of its own cluster (0 / 0 where there are none), and
 * the lowest of the means to the rows of another. Each pair of clusters is done at once, so that a distance is computed
 * once and nothing of size n · nClusters is kept.
 */
function* meanDistances(
  distance: Distance,
  starts: Int32Array,
  blockRows: number,
  deferred: boolean,
): Work<Record<'own' | 'nearest', Float64Array>> {
  const nClusters = starts.length - 1;
  const n = starts[nClusters];
  const own = new Float64Array(n);
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const sums = new Float64Array(n);

  for (let a = 0; a < nClusters; a++) {
    const clusterA = { start: starts[a], end: starts[a + 1] };
    const sizeA = clusterA.end - clusterA.start;
    yield* addDistances(distance, clusterA, clusterA, blockRows, own, deferred);
    for (let i = clusterA.start; i < clusterA.end; i++) own[i] /= sizeA - 1;

    for (let b = a + 1; b < nClusters; b++) {
      const clusterB = { start: starts[b], end: starts[b + 1] };
      const sizeB = clusterB.end - clusterB.start;
      sums.fill(0, clusterA.start, clusterA.end).fill(0, clusterB.start, clusterB.end);
      yield* addDistances(distance, clusterA, clusterB, blockRows, sums, deferred);
      for (let i = clusterA.start; i < clusterA.end; i++) nearest[i] = Math.min(nearest[i], sums[i] / sizeB);
      for (let j = clusterB.start; j < clusterB.end; j++) nearest[j] = Math.min(nearest[j], sums[j] / sizeA);
    }
  }
  return { own, nearest };
}

/** Adds the distance of every i of `a` and j > i of `b` to `sums[i]` and `sums[j]`, one block of `b` after another. */
function* addDistances(
  distance: Distance,
  a: Range,
  b: Range,
  blockRows: number,
  sums: Float64Array,
  deferred: boolean,
): Work {
  for (let block = b.start; block < b.end; block += blockRows) {
    const blockEnd = Math.min(b.end, block + blockRows);
    for (let i = a.start; i < a.end; i++) {
      let sum = 0;
      for (let j = Math.max(block, i + 1); j < blockEnd; j++) {
        const d = distance(i, j);
        sum += d;
        sums[j] += d;
      }
      sums[i] += sum;
      if (deferred) yield;
    }
  }
}

function euclideanDistance(rows: Float64Array, nFeatures: number): Distance {
  return (i, j) => {
    const p = i * nFeatures;
    const q = j * nFeatures;
    let sum = 0;
    for (let f = 0; f < nFeatures; f++) {
      const difference = rows[p + f] - rows[q + f];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  };
}

/** 1 − cosine, kept in 0 … 2 against rounding. Rows of zeros stay zeros, which gives them distance 1 to all others. */
function cosineDistance(rows: Float64Array, nFeatures: number): Distance {
  const units = rows.slice();
  for (let from = 0; from < units.length; from += nFeatures) {
    const unit = units.subarray(from, from + nFeatures);
    const length = Math.sqrt(unit.reduce((sum, x) => sum + x * x, 0));
    for (let f = 0; f < nFeatures && length > 0; f++) unit[f] /= length;
  }
  return (i, j) => {
    const p = i * nFeatures;
    const q = j * nFeatures;
    let product = 0;
    for (let f = 0; f < nFeatures; f++) product += units[p + f] * units[q + f];
    return Math.min(2, Math.max(0, 1 - product));
  };
}
