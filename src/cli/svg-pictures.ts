import { type Data, type KMeansOptions, type KMeansStep, kmeansSteps, silhouetteSamples } from '../index.js';
import type { SvgOutput } from './cluster-arguments.js';
import type { Clustering, Elbow } from './clustering.js';
import { DataError } from './failures.js';
import { formatCount } from './number-format.js';
import { asData, type Samples, spreadOver, takeRows } from './samples.js';
import { type Scaling, unscale } from './scaling.js';

const mostSilhouettes = 10_000;

export type Plot = typeof import('../plot/index.js');

/** What the pictures show. */
export interface Subject {
  samples: Samples;
  scaled: Float64Array;
  scaling: Scaling;
  clustering: Clustering;
  options: KMeansOptions;
  featureNames: string[];
  elbow?: Elbow;
}

/** Loads what draws, before any work is done in vain: it needs two packages that may not be there. */
export async function loadPlot(): Promise<Plot> {
  try {
    await Promise.all([import('@observablehq/plot'), import('linkedom')]);
    return await import('../plot/index.js');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new DataError('SVG pictures need two more packages: npm install @observablehq/plot linkedom');
  }
}

/** A picture as the text of an SVG file. */
export async function drawSvg(output: SvgOutput, plot: Plot, subject: Subject): Promise<string> {
  const { featureNames, elbow, clustering } = subject;
  if (output === 'elbow') return plot.elbowPlot(elbow!);
  if (output === 'silhouette') return drawSilhouette(plot, subject);
  const { data, place } = space(subject);
  const { labels } = clustering.result;
  if (output === 'steps') return plot.convergencePlot(data, stepsOf(subject, place), { featureNames });
  return plot.scatterPlot(data, { labels, centroids: place(clustering.result.centroids) }, { featureNames });
}

/** The time that silhouettes take is quadratic, so of very many samples every so-many-th is judged. */
async function drawSilhouette(plot: Plot, { samples, scaled, clustering, options }: Subject): Promise<string> {
  const { nSamples, nFeatures } = samples;
  const rows = spreadOver(nSamples, mostSilhouettes);
  const values = takeRows(scaled, nFeatures, rows);
  const labels = rows.map((row) => clustering.result.labels[row]!);
  const distinct = new Set(labels).size;
  if (distinct < 2 || distinct > labels.length - 1) {
    throw new DataError('--silhouette needs two clusters or more, and one with more than one row');
  }
  const coefficients = silhouetteSamples({ data: values, shape: [rows.length, nFeatures] }, labels, {
    metric: options.metric,
  });
  const title = `Silhouette of ${formatCount(rows.length)} of ${formatCount(nSamples)} rows, by cluster`;
  return plot.silhouettePlot(coefficients, labels, rows.length < nSamples ? { title } : {});
}

type Rows = readonly (Float32Array | Float64Array)[];

interface Space {
  data: Data;
  /** Takes centroids from the units that were clustered to those of the picture. */
  place(centroids: Rows): Rows;
}

/**
 * The units to draw in: those of the data where its columns are the axes, those that were clustered where directions
 * among many columns are, and directions of length 1 where those were clustered.
 */
function space({ samples, scaled, scaling, options }: Subject): Space {
  if (options.metric === 'cosine') {
    return { data: asData(samples, toLengthOne(scaled, samples.nFeatures)), place: (rows) => rows };
  }
  if (samples.nFeatures > 2) return { data: asData(samples, scaled), place: (rows) => rows };
  return {
    data: asData(samples, samples.values),
    place: (rows) => rows.map((row) => Float64Array.from(unscale(row, scaling))),
  };
}

function toLengthOne(values: Float64Array, d: number): Float64Array {
  const result = values.slice();
  for (let start = 0; start < result.length; start += d) {
    const row = result.subarray(start, start + d);
    const length = Math.hypot(...row);
    if (length > 0) for (let j = 0; j < d; j++) row[j]! /= length;
  }
  return result;
}

/** Every iteration of the first run. */
function stepsOf({ samples, scaled, options, clustering }: Subject, place: Space['place']): KMeansStep[] {
  const steps = kmeansSteps(asData(samples, scaled), clustering.result.k, options);
  return [...steps].map((step) => ({
    ...step,
    centroids: place(step.centroids),
    nextCentroids: place(step.nextCentroids),
  }));
}
