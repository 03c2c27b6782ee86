import { SILHOUETTE_PANEL, silhouetteLayout } from '../backend/layout.js';
import { inParts, now, type Pace, type Work } from '../backend/pass.js';
import { type Workspace, withWorkspace } from '../backend/workspace.js';
import { background } from '../background.js';
import { samplesLayout } from '../data/copy-samples.js';
import { copyRows } from '../data/read-rows.js';
import { FRESH_VALUES } from '../data/samples.js';
import { readSource, type Source } from '../data/source.js';
import { rangeError, typeError } from '../errors.js';
import { totalOf } from '../footprint.js';
import { checkOptions, integer, type OptionRule, oneOf, seedRule } from '../option-rules.js';
import { ASYNC_RULES } from '../options.js';
import { createRandom } from '../random.js';
import type { AsyncOptions, Data } from '../types.js';
import { blockRows, distanceWork, meanDistances } from './mean-distances.js';

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

export type SilhouetteScoreAsyncOptions = SilhouetteScoreOptions & AsyncOptions;

const SAMPLES_RULES: Readonly<Record<string, OptionRule>> = {
  nFeatures: integer(1),
  metric: oneOf('euclidean', 'cosine'),
};

const SCORE_RULES: Readonly<Record<string, OptionRule>> = { ...SAMPLES_RULES, sampleSize: integer(1), seed: seedRule };

/**
 * Silhouette of each of n samples, from −1 (sits among another cluster) to 1 (far from every other cluster):
 * (b − a) / max(a, b), with a the mean distance to the other samples of its own cluster, and b the lowest mean distance
 * to the samples of another cluster; 0 for a sample that is alone in its cluster. Rousseeuw 1987; edge cases as in
 * scikit-learn. `labels` are n integers of any values. Takes n² distances and O(n) memory beside the data.
 * Throws `ERR_OPTION` for labels of another length, and unless 2 … n − 1 of them differ.
 */
export function silhouetteSamples(
  data: Data,
  labels: ArrayLike<number>,
  options: SilhouetteOptions = {},
): Float64Array {
  checkOptions(options, SAMPLES_RULES);
  const source = readSource(data, options.nFeatures);
  return withWorkspace(undefined, (workspace) => now(silhouettes(workspace, source, labels, options)));
}

/**
 * Mean of `silhouetteSamples`, over all samples or over `sampleSize` of them, which then are the only ones looked at.
 * Throws as `silhouetteSamples` does, also where the samples drawn have too few different labels.
 */
export function silhouetteScore(data: Data, labels: ArrayLike<number>, options: SilhouetteScoreOptions = {}): number {
  checkOptions(options, SCORE_RULES);
  const source = readSource(data, options.nFeatures);
  return withWorkspace(undefined, (workspace) => now(score(workspace, source, labels, options)));
}

/** The same by worker threads, with the same bits; rejects as `kmeansAsync` does. */
export async function silhouetteScoreAsync(
  data: Data,
  labels: ArrayLike<number>,
  options: SilhouetteScoreAsyncOptions = {},
): Promise<number> {
  checkOptions(options, { ...SCORE_RULES, ...ASYNC_RULES });
  const source = readSource(data, options.nFeatures);
  const { nSamples, nFeatures: d } = source;
  const n = Math.min(options.sampleSize ?? nSamples, nSamples);
  const effort = { steps: Math.min(n, blockRows(d)) * distanceWork(d), relaxedSimd: false };
  const room = (n: number, threads: number) =>
    totalOf(samplesLayout(n, d + 1, 'float64', true), silhouetteLayout({ n, d: d + 1, threads }));
  return background(options, n, effort, (workspace) => score(workspace, source, labels, options), room);
}

function* score(
  workspace: Workspace,
  source: Source,
  labels: ArrayLike<number>,
  options: SilhouetteScoreOptions,
): Work<number> {
  const coefficients = yield* silhouettes(workspace, source, labels, options);
  return coefficients.reduce((sum, s) => sum + s, 0) / coefficients.length;
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

/** Silhouettes of the samples drawn, in their order, as if there were no others. */
function* silhouettes(
  workspace: Workspace,
  source: Source,
  labels: ArrayLike<number>,
  { metric, sampleSize = source.nSamples, seed = 0 }: SilhouetteScoreOptions,
): Work<Float64Array> {
  const { values, nSamples, nFeatures } = yield* copyRows(workspace, source);
  yield* checkLabels(workspace, labels, nSamples);
  const drawn = drawSamples(nSamples, sampleSize, seed);
  const { order, starts } = yield* sortByLabel(workspace, drawn, labels);
  const n = drawn.length;
  const cosine = metric === 'cosine';
  // Samples of zeros are at right angles to all others: they have a feature of their own.
  const d = nFeatures + Number(cosine);
  const rows = new Float64Array(n * d);
  const gather = (begin: number, end: number) => {
    for (let i = begin; i < end; i++) {
      const from = drawn[order[i]] * nFeatures;
      const row = rows.subarray(i * d, (i + 1) * d);
      row.set(values.subarray(from, from + nFeatures));
      if (cosine) scaleToUnit(row);
    }
  };
  yield* inParts(workspace, n, gather, Math.ceil(FRESH_VALUES / d));
  const state = yield* meanDistances(workspace, rows, d, starts, cosine);

  const result = new Float64Array(n);
  let cluster = 0;
  yield* inParts(workspace, n, (from, to) => {
    for (let i = from; i < to; i++) {
      if (i === starts[cluster + 1]) cluster++;
      const at = (i >> 2) * SILHOUETTE_PANEL + (i & 3);
      const own = state[at + 4] / (starts[cluster + 1] - starts[cluster] - 1);
      const nearest = state[at + 8];
      // 0 / 0, where the sample is alone in its cluster or lies on all samples of two, counts as 0.
      const isZero = cosine && rows[i * d + nFeatures] > 0;
      result[order[i]] = isZero ? 0 : (nearest - own) / Math.max(own, nearest) || 0;
    }
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
  yield* inParts(pace, n, (from, to) => {
    for (let i = from; i < to; i++) starts[code[i] + 1]++;
  });
  for (let c = 0; c < codes.size; c++) starts[c + 1] += starts[c];
  const next = starts.slice();
  const order = new Int32Array(drawn.length);
  yield* inParts(pace, n, (from, to) => {
    for (let i = from; i < to; i++) order[next[code[i]]++] = i;
  });
  return { order, starts };
}

/** Rows of zeros get a 1 in the last place, which is 0 in all others. */
function scaleToUnit(row: Float64Array): void {
  const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
  if (length === 0) row[row.length - 1] = 1;
  else for (let f = 0; f < row.length; f++) row[f] /= length;
}
