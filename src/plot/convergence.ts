import { rangeError, typeError } from '../errors.js';
import type { Data, KMeansStep } from '../types.js';
import { Animations, fingerprint, type Keyframe, timelineOf } from './animation.js';
import { badge, badgeRadius } from './badge.js';
import type { Brush } from './brush.js';
import { loadKit } from './load.js';
import { resolveSampleOptions, type SamplePictureOptions } from './options.js';
import { drawRegions } from './region-paths.js';
import { type Bounds, labelsAreNearest, type Point } from './regions.js';
import { sampleRadius } from './scatter.js';
import { drawSheet, EDGE, type Frame } from './sheet.js';
import { element, short } from './svg.js';
import { formatValue } from './text.js';
import { hue } from './theme.js';
import { boundsOf, checkCentroids, checkClusters, type View, viewOf } from './view.js';

/** One iteration, as it is drawn. */
interface Iteration {
  caption: string;
  inertia: string;
  places: readonly Point[];
  /** Of the drawn samples. */
  labels: readonly number[];
}

/** A run, as it is drawn. */
interface Run {
  view: View;
  bounds: Bounds;
  iterations: readonly Iteration[];
  /** Where the centroids end. */
  last: readonly Point[];
  showRegions: boolean;
}

const MOST_SAMPLES = 800;
const MOST_REGIONS = 4000;
/** The part of an iteration in which the centroids move; before and after it there is time to look. */
const MOVE = { from: 0.35, to: 0.9 };

/**
 * Draws a run as one SVG file that plays in a loop, without any script: the samples change colour from iteration to
 * iteration, and the centroids move and leave their paths behind. `steps` are those of `kmeansSteps`. A viewer that does
 * not animate, or a reader who prefers no motion, sees the end. Features are projected as in `scatterPlot`; of more than
 * 800 samples some are left out, as the caption says then. Returns the text of the file. Throws `ERR_OPTION` for bad
 * options or steps that do not fit the data, `ERR_FEATURES` for centroids of another length, and what bad data throws.
 */
export async function convergencePlot(
  data: Data,
  steps: Iterable<KMeansStep>,
  options: SamplePictureOptions = {},
): Promise<string> {
  const resolved = resolveSampleOptions(options);
  const run = runOf(data, checkedSteps(steps), resolved);
  const { view, bounds, iterations } = run;
  const name = `kmeans-${fingerprint(JSON.stringify([resolved, iterations, run.last, view.points]))}`;
  const animations = new Animations(name, timelineOf(iterations.length));

  return drawSheet(await loadKit(), {
    options: resolved,
    defaultTitle: `k-means, k = ${run.last.length}: from the first centroids to the last`,
    height: resolved.height ?? (view.nFeatures === 1 ? 320 : 480),
    headroom: 24,
    x: { domain: bounds.x, label: view.xLabel, grid: !run.showRegions },
    y: { domain: bounds.y, label: view.yLabel ?? null, grid: !run.showRegions && view.nFeatures > 1 },
    notes: view.notes,
    below: (frame, paint) => (run.showRegions ? regionFrames(run, animations, frame, paint) : ''),
    above: (frame, paint) =>
      sampleDots(run, animations, frame, paint) +
      centroidPaths(run, animations, frame, paint) +
      movingBadges(run, animations, frame, paint) +
      counters(run, animations, frame, paint),
    css: () => animations.css(),
  });
}

function checkedSteps(given: Iterable<KMeansStep>): KMeansStep[] {
  if (typeof given?.[Symbol.iterator] !== 'function') {
    throw typeError(
      'ERR_OPTION',
      `steps is ${String(given)}; it must be the steps of a run, as kmeansSteps gives them`,
    );
  }
  const steps = [...given];
  if (steps.length === 0) throw typeError('ERR_OPTION', 'steps is empty; it must hold at least one step of a run');
  for (const { centroids, nextCentroids } of steps) {
    checkCentroids(centroids);
    checkCentroids(nextCentroids);
    if (centroids.length !== nextCentroids.length || centroids.length !== steps[0]!.centroids.length) {
      throw rangeError('ERR_OPTION', `steps holds steps of several k, such as ${centroids.length}; it must be one run`);
    }
  }
  return steps;
}

function runOf(data: Data, steps: readonly KMeansStep[], options: SamplePictureOptions): Run {
  const final = steps.at(-1)!;
  const view = viewOf(data, final.centroids, options, MOST_SAMPLES);
  const place = (centroid: ArrayLike<number>) => view.place(centroid);
  const iterations = steps.map((step): Iteration => {
    checkClusters(step.labels, step.centroids.length, view.nSamples);
    return {
      caption: `iteration ${step.iteration} of ${final.iteration}${step.converged ? ', converged' : ''}`,
      inertia: `inertia ${formatValue(step.inertia)}`,
      places: step.centroids.map(place),
      labels: Array.from(view.drawn, (i) => step.labels[i]!),
    };
  });
  const last = final.nextCentroids.map(place);
  const showRegions =
    view.nFeatures <= 2 &&
    last.length * steps.length <= MOST_REGIONS &&
    steps.every((step, i) => labelsAreNearest(view.samples, iterations[i]!.labels, step.centroids));
  const bounds = boundsOf(view, [...iterations.flatMap((iteration) => iteration.places), ...last]);
  return { view, bounds, iterations, last, showRegions };
}

/** What belongs to one iteration only; of those, a viewer that does not animate sees the last. */
function onlyDuring(animations: Animations, iteration: number): { class: string; opacity: number | undefined } {
  const isLast = iteration === animations.timeline.iterations - 1;
  return { class: animations.during(iteration), opacity: isLast ? undefined : 0 };
}

function regionFrames({ iterations, bounds }: Run, animations: Animations, frame: Frame, paint: Brush): string {
  return iterations
    .map(({ places }, i) => element('g', onlyDuring(animations, i), drawRegions(places, bounds, frame, paint)))
    .join('');
}

function sampleDots({ view, iterations }: Run, animations: Animations, frame: Frame, paint: Brush): string {
  const radius = sampleRadius(view.points.length);
  const dots = view.points.map(([x, y], i) => {
    const labels = iterations.map((iteration) => iteration.labels[i]!);
    const changes = labels.some((label) => label !== labels[0]);
    const keyframes = labels.map((label, moment): Keyframe => [moment, `fill:var(--hue-${hue(label)})`]);
    const position = { cx: frame.x(x), cy: frame.y(y), r: radius };
    return element('circle', {
      ...position,
      ...paint({ fill: labels.at(-1)! }, changes ? animations.stepped(keyframes) : ''),
    });
  });
  const edges = radius > 3 ? { 'stroke-width': 0.6, ...paint({ stroke: 'paper' }, 'samples') } : { class: 'samples' };
  return element('g', { 'fill-opacity': 0.85, ...edges }, ...dots);
}

/** Where each centroid stands at the start of each iteration and at the end, in pixels. */
function tracks({ iterations, last }: Run, frame: Frame): Point[][] {
  return last.map((end, cluster) =>
    [...iterations.map(({ places }) => places[cluster]!), end].map(([x, y]) => [frame.x(x), frame.y(y)]),
  );
}

/** The path of each centroid, drawn as the centroid goes along it. */
function centroidPaths(run: Run, animations: Animations, frame: Frame, paint: Brush): string {
  const paths = tracks(run, frame).map((track, cluster) => {
    const lengths = track.map((point, i) =>
      i === 0 ? 0 : Math.hypot(point[0] - track[i - 1]![0], point[1] - track[i - 1]![1]),
    );
    const total = lengths.reduce((sum, length) => sum + length, 0);
    if (total < 0.5) return '';
    let gone = 0;
    const keyframes = moves(
      lengths.map((length) => {
        gone += length;
        return `stroke-dashoffset:${short(100 * (1 - gone / total))}`;
      }),
    );
    const name = animations.gliding(keyframes, 'stroke-dasharray:100');
    const d = `M${track.map(([x, y]) => `${short(x)},${short(y)}`).join('L')}`;
    const [cx, cy] = track[0]!;
    const line = { d, pathLength: 100, fill: 'none', 'stroke-linejoin': 'round' };
    return (
      element('path', { ...line, 'stroke-width': 3.8, 'stroke-opacity': 0.7, ...paint({ stroke: 'paper' }, name) }) +
      element('path', { ...line, 'stroke-width': 2.2, ...paint({ stroke: cluster }, name) }) +
      element('circle', { cx, cy, r: 3.5, 'stroke-width': 2, ...paint({ fill: 'paper', stroke: cluster }) })
    );
  });
  return element('g', { class: 'paths' }, ...paths);
}

function movingBadges(run: Run, animations: Animations, frame: Frame, paint: Brush): string {
  const radius = badgeRadius(run.last.length);
  const badges = tracks(run, frame).map((track, cluster) => {
    const keyframes = moves(track.map(([x, y]) => `transform:translate(${short(x)}px,${short(y)}px)`));
    const [x, y] = track.at(-1)!;
    const attributes = { class: animations.gliding(keyframes), transform: `translate(${short(x)},${short(y)})` };
    return element('g', attributes, badge(cluster, radius, paint));
  });
  return element('g', { class: 'centroids' }, ...badges);
}

/** Keyframes of what is at `stops[i]` when iteration i starts and moves on to `stops[i + 1]` in the course of it. */
function moves(stops: readonly string[]): Keyframe[] {
  return stops
    .slice(1)
    .flatMap((next, i): Keyframe[] => [
      ...(i === 0 ? [[0, stops[0]!] as const] : []),
      [i + MOVE.from, stops[i]!],
      [i + MOVE.to, next],
    ]);
}

/** The number of the iteration and its inertia, above the frame. */
function counters({ iterations, view }: Run, animations: Animations, frame: Frame, paint: Brush): string {
  const y = frame.top - (view.yLabel === undefined ? 14 : 36);
  const texts = iterations.map(({ caption, inertia }, i) =>
    element(
      'g',
      onlyDuring(animations, i),
      element('text', { x: EDGE, y, 'font-size': 13, ...paint({ fill: 'ink' }) }, caption),
      element('text', { x: frame.right, y, 'font-size': 13, 'text-anchor': 'end', ...paint({ fill: 'ink' }) }, inertia),
    ),
  );
  return element('g', { class: 'iterations', 'font-variant-numeric': 'tabular-nums' }, ...texts);
}
