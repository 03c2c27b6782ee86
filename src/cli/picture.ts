import type { Paint } from './colours.js';
import { principalComponents } from './principal-components.js';
import type { ReportInput } from './report.js';
import { spreadOver, takeRows } from './samples.js';
import { drawPicture, histogram, type PictureData, type PictureSize } from './terminal-picture.js';

const samplesShown = 5000;
const axesWidth = 14;

/** The clusters as a small picture: of two columns, of one as a histogram, of more along their principal components. */
export function formatPicture(input: ReportInput, scaled: Float64Array, width: number, paint: Paint): string {
  const size = { width: Math.min(64, width - axesWidth), height: 16 };
  return drawPicture(pictureData(thinned(input, scaled), size), size, paint);
}

interface Shown {
  /** In the units of the data, and in those that were clustered. */
  values: Float64Array;
  scaled: Float64Array;
  labels: number[];
  centroids: Float64Array;
  scaledCentroids: Float64Array;
  names: string[];
}

/** Every so-many-th sample, so that a picture of very many takes no longer. */
function thinned({ samples, columns, clustering }: ReportInput, scaled: Float64Array): Shown {
  const { nSamples, nFeatures } = samples;
  const rows = spreadOver(nSamples, samplesShown);
  return {
    values: takeRows(samples.values, nFeatures, rows),
    scaled: takeRows(scaled, nFeatures, rows),
    labels: rows.map((row) => clustering.result.labels[row]!),
    centroids: Float64Array.from(clustering.centroids.flat()),
    scaledCentroids: Float64Array.from(clustering.result.centroids.flatMap((row) => [...row])),
    names: columns.map(({ name }) => name),
  };
}

function pictureData(shown: Shown, size: PictureSize): PictureData {
  const { values, labels, centroids, names } = shown;
  const [xTitle = '', yTitle = ''] = names;
  if (names.length === 1) {
    return { ...histogram(values, labels, size), centroids: new Float64Array(0), xTitle, yTitle: 'rows' };
  }
  if (names.length === 2) return { points: values, labels, centroids, xTitle, yTitle };

  // the centroids go through the same projection as the samples, so they are projected together
  const both = new Float64Array(shown.scaled.length + shown.scaledCentroids.length);
  both.set(shown.scaled);
  both.set(shown.scaledCentroids, shown.scaled.length);
  const seen = principalComponents(both, names.length);
  return {
    points: seen.subarray(0, 2 * labels.length),
    labels,
    centroids: seen.subarray(2 * labels.length),
    xTitle: 'first principal component',
    yTitle: 'second principal component',
  };
}
