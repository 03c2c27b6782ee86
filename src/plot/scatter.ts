import type { Markish } from '@observablehq/plot';
import type { Data } from '../types.js';
import { badge, badgeRadius } from './badge.js';
import { type Brush, markStyle } from './brush.js';
import { legendOf } from './legend.js';
import { type Kit, loadKit } from './load.js';
import { resolveSampleOptions, type SamplePictureOptions } from './options.js';
import { drawRegions } from './region-paths.js';
import { labelsAreNearest } from './regions.js';
import { drawSheet } from './sheet.js';
import { element, moved } from './svg.js';
import { LIGHT, symbolOf } from './theme.js';
import { boundsOf, checkCentroids, checkClusters, type View, viewOf } from './view.js';

/** What of a result is drawn; any k-means result or fitted model has it. */
export interface Clustering {
  /** n numbers from 0 to k − 1. */
  readonly labels: ArrayLike<number>;
  /** k rows of d. */
  readonly centroids: readonly ArrayLike<number>[];
}

const MOST_SAMPLES = 5000;

/**
 * Draws the samples in the colours of their clusters with the centroids and the number of samples of each. One feature
 * is drawn as a strip, more than two are projected on their first two principal components. Voronoi regions are shown
 * where they are true: for one or two features and samples that belong to the nearest centroid. Of more than 5,000
 * samples some are left out, as the caption says then; the legend counts all of them. Returns the text of an SVG file.
 * Throws `ERR_OPTION` for bad options or labels, `ERR_FEATURES` for centroids of another length, and what bad data throws.
 */
export async function scatterPlot(data: Data, result: Clustering, options: SamplePictureOptions = {}): Promise<string> {
  const resolved = resolveSampleOptions(options);
  const { labels, centroids } = result;
  checkCentroids(centroids);
  const view = viewOf(data, centroids, resolved, MOST_SAMPLES);
  checkClusters(labels, centroids.length, view.nSamples);
  const drawnLabels = Array.from(view.drawn, (i) => labels[i]!);
  const places = centroids.map((centroid) => view.place(centroid));
  const bounds = boundsOf(view, places);
  const regions = view.nFeatures <= 2 && labelsAreNearest(view.samples, drawnLabels, centroids);
  const height = resolved.height ?? (view.nFeatures === 1 ? 300 : 460);
  const legend = legendOf(countLabels(labels, centroids.length), height - 130);

  return drawSheet(await loadKit(), {
    options: resolved,
    defaultTitle: `k-means, k = ${centroids.length}`,
    height,
    x: { domain: bounds.x, label: view.xLabel, grid: !regions },
    y: { domain: bounds.y, label: view.yLabel ?? null, grid: !regions && view.nFeatures > 1 },
    marginRight: legend.width,
    notes: view.notes,
    below: (frame, paint) => (regions ? drawRegions(places, bounds, frame, paint) : ''),
    marks: (kit, paint) => [
      ...sampleMarks(kit, view, drawnLabels, centroids.length, paint),
      ...legend.marks(kit, paint),
    ],
    above: (frame, paint) => {
      const badges = places.map(([x, y], cluster) =>
        moved(frame.x(x), frame.y(y), badge(cluster, badgeRadius(centroids.length), paint)),
      );
      return element('g', { class: 'centroids' }, ...badges) + legend.draw(frame, paint);
    },
  });
}

function countLabels(labels: ArrayLike<number>, k: number): number[] {
  const counts = new Array<number>(k).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++;
  return counts;
}

/** One group of dots per cluster; the more samples, the smaller. */
function sampleMarks({ Plot }: Kit, view: View, labels: readonly number[], k: number, paint: Brush): Markish[] {
  const radius = sampleRadius(view.points.length) * (k > LIGHT.clusters.length ? 1.15 : 1);
  const clusters = Array.from({ length: k }, (): (readonly [number, number])[] => []);
  for (const [i, point] of view.points.entries()) clusters[labels[i]!]!.push(point);
  return clusters.map((points, cluster) =>
    Plot.dot(points, {
      x: '0',
      y: '1',
      r: radius,
      symbol: symbolOf(cluster),
      fillOpacity: 0.8,
      ...(radius > 3 ? { strokeWidth: 0.6 } : {}),
      ...markStyle(paint({ fill: cluster, stroke: radius > 3 ? 'paper' : 'none' })),
    }),
  );
}

/** The radius in pixels of that many dots. */
export function sampleRadius(count: number): number {
  return Math.min(4.2, Math.max(1.7, 36 / Math.sqrt(count)));
}
