import { inParts, now, type Pace, type Work } from '../backend/pass.js';
import { inSlices } from '../background.js';
import { copyRows, type Rows, readRows } from '../data/read-rows.js';
import { SLICE_VALUES } from '../data/samples.js';
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

/** Of work that does not pause. */
const AT_ONCE: Pace = { deferred: false };

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
  now(checkLabels(AT_ONCE, labels, rows.nSamples));
  return now(silhouettes(AT_ONCE, rows, labels, everySample(rows.nSamples), metric));
}

/**
 * Mean of `silhouetteSamples`, over all samples or over `sampleSize` of them, which then are the only ones looked at.
 * Throws as `silhouetteSamples` does, also where the samples drawn have too few different labels.
 */
export function silhouetteScore(data: Data, labels: ArrayLike<number>, options: SilhouetteScoreOptions = {}): number {
  checkOptions(options, SCORE_RULES);
  return now(score(AT_ONCE, data, labels, options));
}

/** The same in slices, so that whatever else happens on the calling thread goes on; rejects when the signal is aborted. */
export async function silhouetteScoreAsync(
  data: Data,
  labels: ArrayLike<number>,
  options: SilhouetteScoreAsyncOptions = {},
): Promise<number> {
  checkOptions(options, { ...SCORE_RULES, signal: ASYNC_RULES.signal! });
  return inSlices((workspace) => score(workspace, data, labels, options), options.signal);
}

function* score(pace: Pace, data: Data, labels: ArrayLike<number>, options: SilhouetteScoreOptions): Work<number> {
  const { nFeatures, metric = 'euclidean', sampleSize, seed = 0 } = options;
  const rows = yield* copyRows(pace, data, { nFeatures });
  yield* checkLabels(pace, labels, rows.nSamples);
  const drawn = drawSamples(rows.nSamples, sampleSize ?? rows.nSamples, seed);
  const coefficients = yield* silhouettes(pace, rows, labels, drawn, metric);
  return coefficients.reduce((sum, s) => sum + s, 0) / drawn.length;
}

function* checkLabels(pace: Pace, labels: ArrayLike<number>, nSamples: number): Work {
  if (labels?.length !== nSamples) {
    const fail = typeof labels?.length === 'number' ? rangeError : typeError;
    throw fail('ERR_OPTION', `labels has length ${labels?.length}; it must be ${nSamples}, the number of samples`);
  }
  yield* inParts(pace, nSamples, (from, to) => {
    for (let i = from; i < to; i++)
      if (!Number.isInteger(labels[i]))
        throw typeError('ERR_OPTION', `label ${i} is ${String(labels[i])}; labels must be integers`);
  });
}

function everySample(nSamples: number): Int32Array {
  const all = new Int32Array(nSamples);
  for (let i = 0; i < nSamples; i++) all[i] = i;
  return all;
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

/** Silhouettes of the rows named by `drawn`, in its order, as if there were no others. */
function* silhouettes(
  pace: Pace,
  { values, nFeatures }: Rows,
  labels: ArrayLike<number>,
  drawn: Int32Array,
  metric: Metric,
): Work<Float64Array> {
  const { order, starts } = yield* sortByLabel(pace, drawn, labels);
  const n = drawn.length;
  const rows = new Float64Array(n * nFeatures);
  const gather = (begin: number, end: number) => {
    for (let i = begin; i < end; i++) {
      const from = drawn[order[i]] * nFeatures;
      rows.set(values.subarray(from, from + nFeatures), i * nFeatures);
    }
  };
  yield* inParts(pace, n, gather, Math.ceil(SLICE_VALUES / nFeatures));
  if (metric === 'cosine') yield* scaleToUnits(pace, rows, nFeatures);
  const distance = (metric === 'cosine' ? cosineDistance : euclideanDistance)(rows, nFeatures);
  const { own, nearest } = yield* meanDistances(pace, distance, starts, Math.ceil(BLOCK_NUMBERS / nFeatures));

  const result = new Float64Array(n);
  yield* inParts(pace, n, (from, to) => {
    // 0 / 0, where the sample is alone in its cluster or lies on all samples of two, counts as 0.
    for (let i = from; i < to; i++) result[order[i]] = (nearest[i] - own[i]) / Math.max(own[i], nearest[i]) || 0;
  });
  return result;
}

/** Positions in `drawn`, those of equal labels side by side, and where each label's begin: nClusters + 1 offsets. */
function* sortByLabel(
  pace: Pace,
  drawn: Int32Array,
  labels: ArrayLike<number>,
): Work<{ order: Int32Array; starts: Int32Array }> {
  const n = drawn.length;
  const codes = new Map<number, number>();
  const code = new Int32Array(n);
  yield* inParts(pace, n, (from, to) => {
    for (let i = from; i < to; i++) {
      const label = labels[drawn[i]];
      let known = codes.get(label);
      if (known === undefined) {
        known = codes.size;
        codes.set(label, known);
      }
      code[i] = known;
    }
  });
  if (codes.size < 2 || codes.size > drawn.length - 1) {
    const message = `Number of labels is ${codes.size}. Valid values are 2 to n_samples - 1 (inclusive)`;
    throw rangeError('ERR_OPTION', message);
  }

  const starts = new Int32Array(codes.size + 1);
  for (let i = 0; i < n; i++) starts[code[i] + 1]++;
  for (let c = 0; c < codes.size; c++) starts[c + 1] += starts[c];
  const next = starts.slice();
  const order = new Int32Array(drawn.length);
  for (let i = 0; i < n; i++) order[next[code[i]]++] = i;
  return { order, starts };
}

/**
 * Mean distance of each of n rows, sorted by cluster, to the others of its own cluster (0 / 0 where there are none), and
 * the lowest of the means to the rows of another. Each pair of clusters is done at once, so that a distance is computed
 * once and nothing of size n · nClusters is kept.
 */
function* meanDistances(
  pace: Pace,
  distance: Distance,
  starts: Int32Array,
  blockRows: number,
): Work<Record<'own' | 'nearest', Float64Array>> {
  const nClusters = starts.length - 1;
  const n = starts[nClusters];
  const own = new Float64Array(n);
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const sums = new Float64Array(n);

  for (let a = 0; a < nClusters; a++) {
    const clusterA = { start: starts[a], end: starts[a + 1] };
    const sizeA = clusterA.end - clusterA.start;
    yield* addDistances(pace, distance, clusterA, clusterA, blockRows, own);
    for (let i = clusterA.start; i < clusterA.end; i++) own[i] /= sizeA - 1;

    for (let b = a + 1; b < nClusters; b++) {
      const clusterB = { start: starts[b], end: starts[b + 1] };
      const sizeB = clusterB.end - clusterB.start;
      sums.fill(0, clusterA.start, clusterA.end).fill(0, clusterB.start, clusterB.end);
      yield* addDistances(pace, distance, clusterA, clusterB, blockRows, sums);
      for (let i = clusterA.start; i < clusterA.end; i++) nearest[i] = Math.min(nearest[i], sums[i] / sizeB);
      for (let j = clusterB.start; j < clusterB.end; j++) nearest[j] = Math.min(nearest[j], sums[j] / sizeA);
    }
  }
  return { own, nearest };
}

/** Adds the distance of every i of `a` and j > i of `b` to `sums[i]` and `sums[j]`, one block of `b` after another. */
function* addDistances(
  { deferred }: Pace,
  distance: Distance,
  a: Range,
  b: Range,
  blockRows: number,
  sums: Float64Array,
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

/** Rows of zeros stay zeros, which gives them cosine 0 with all others. */
function* scaleToUnits(pace: Pace, rows: Float64Array, nFeatures: number): Work {
  yield* inParts(pace, rows.length / nFeatures, (begin, end) => {
    for (let i = begin; i < end; i++) {
      const row = rows.subarray(i * nFeatures, (i + 1) * nFeatures);
      const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
      for (let f = 0; f < nFeatures && length > 0; f++) row[f] /= length;
    }
  });
}

/** 1 − cosine of rows of length 1, kept in 0 … 2 against rounding. */
function cosineDistance(units: Float64Array, nFeatures: number): Distance {
  return (i, j) => {
    const p = i * nFeatures;
    const q = j * nFeatures;
    let product = 0;
    for (let f = 0; f < nFeatures; f++) product += units[p + f] * units[q + f];
    return Math.min(2, Math.max(0, 1 - product));
  };
}
