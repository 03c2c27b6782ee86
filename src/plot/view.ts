import { rangeError, typeError } from '../errors.js';
import { readRows } from '../index.js';
import { createRandom } from '../random.js';
import type { Data } from '../types.js';
import type { SamplePictureOptions } from './options.js';
import { principalComponents } from './pca.js';
import type { Bounds, Point } from './regions.js';
import { formatCount, formatShare } from './text.js';
import { thin } from './thin.js';

/** Samples as they go on paper. */
export interface View {
  /** Features of a sample: with one, x is its value and y is noise; with more than two, both are principal components. */
  nFeatures: number;
  nSamples: number;
  /** Which samples are drawn. */
  drawn: Int32Array;
  /** The drawn samples, d numbers each, and where they are drawn. */
  samples: readonly Float64Array[];
  points: readonly Point[];
  /** Where a centroid is drawn. */
  place(centroid: ArrayLike<number>): Point;
  xLabel: string;
  yLabel: string | undefined;
  /** What the caption has to say: that samples were left out, that features were projected. */
  notes: string[];
}

/** Reads the data, picks the samples to draw and lays them out in two dimensions. */
export function viewOf(
  data: Data,
  centroids: readonly ArrayLike<number>[],
  options: SamplePictureOptions,
  limit: number,
): View {
  const width = centroids[0]!.length;
  const { nSamples, nFeatures, values } = readRows(data, { nFeatures: options.nFeatures ?? width });
  if (nFeatures !== width) {
    throw rangeError(
      'ERR_FEATURES',
      `the data has ${nFeatures} features; it must have ${width}, as the centroids have`,
    );
  }
  const drawn = thin(nSamples, limit);
  const samples = Array.from(drawn, (i) => values.slice(i * nFeatures, (i + 1) * nFeatures));
  const notes: string[] = [];
  if (drawn.length < nSamples) {
    notes.push(`${formatCount(drawn.length)} of ${formatCount(nSamples)} samples drawn, picked at random.`);
  }
  const names = featureNames(options.featureNames, nFeatures);
  const layout =
    nFeatures === 1 ? strip(names, notes) : nFeatures === 2 ? plane(names) : projection(samples, nFeatures, notes);
  return { nFeatures, nSamples, drawn, samples, notes, ...layout, points: samples.map(layout.placeSample) };
}

function featureNames(given: readonly string[] | undefined, nFeatures: number): readonly string[] {
  if (given === undefined) return Array.from({ length: nFeatures }, (_, j) => `feature ${j}`);
  if (given.length === nFeatures) return given;
  throw rangeError(
    'ERR_OPTION',
    `featureNames has ${given.length} names; it must have one for each of the ${nFeatures} features`,
  );
}

/** One feature: the samples are scattered across the strip so that they do not hide each other. */
function strip(names: readonly string[], notes: string[]) {
  notes.push('Heights are random: they keep the samples apart.');
  const random = createRandom(0);
  return {
    placeSample: (sample: ArrayLike<number>): Point => [sample[0]!, random() - 0.5],
    place: (centroid: ArrayLike<number>): Point => [centroid[0]!, 0],
    xLabel: names[0]!,
    yLabel: undefined,
  };
}

function plane(names: readonly string[]) {
  const place = (row: ArrayLike<number>): Point => [row[0]!, row[1]!];
  return { placeSample: place, place, xLabel: names[0]!, yLabel: names[1]! };
}

function projection(samples: readonly Float64Array[], nFeatures: number, notes: string[]) {
  const { project, shares } = principalComponents(samples, nFeatures);
  const label = (i: 0 | 1) => `PC ${i + 1}${shares ? ` (${formatShare(shares[i])} of variance)` : ''}`;
  notes.push(`${nFeatures} features projected on their first two principal components.`);
  return { placeSample: project, place: project, xLabel: label(0), yLabel: label(1) };
}

/** What is drawn, with some air around it. */
export function boundsOf(view: View, places: readonly Point[]): Bounds {
  const x = padded([...view.points, ...places].map((point) => point[0]));
  return { x, y: view.nFeatures === 1 ? [-0.62, 0.62] : padded([...view.points, ...places].map((point) => point[1])) };
}

function padded(values: readonly number[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const air = 0.05 * (high - low) || 0.1 * Math.abs(low) || 1;
  return [low - air, high + air];
}

/** Throws `ERR_OPTION` unless there is a label for every sample, and a centroid for every label. */
export function checkClusters(labels: ArrayLike<number>, k: number, nSamples: number): void {
  if (labels?.length !== nSamples) {
    throw rangeError(
      'ERR_OPTION',
      `labels has length ${labels?.length}; it must have one for each of the ${nSamples} samples`,
    );
  }
  for (let i = 0; i < nSamples; i++) {
    if (!(Number.isInteger(labels[i]) && labels[i]! >= 0 && labels[i]! < k)) {
      throw rangeError('ERR_OPTION', `label ${i} is ${String(labels[i])}; it must be an integer from 0 to ${k - 1}`);
    }
  }
}

/** Throws `ERR_OPTION` unless there are centroids, all of one length. */
export function checkCentroids(centroids: readonly ArrayLike<number>[] | undefined): void {
  const length = centroids?.[0]?.length ?? 0;
  if (length > 0 && centroids!.every((centroid) => centroid.length === length)) return;
  throw typeError(
    'ERR_OPTION',
    'the centroids are no rows of one length; they must be k rows of d numbers, as in a result of kmeans',
  );
}
