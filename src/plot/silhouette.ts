import { rangeError, typeError } from '../errors.js';
import { badge } from './badge.js';
import { type Brush, markStyle } from './brush.js';
import { loadKit } from './load.js';
import { type PictureOptions, resolvePictureOptions } from './options.js';
import { drawSheet, EDGE, type Frame } from './sheet.js';
import { element, moved } from './svg.js';
import { formatCount, textWidth } from './text.js';

/** The samples of one cluster, highest coefficient first. */
interface Knife {
  cluster: number;
  coefficients: Float64Array;
  mean: number;
  /** Where it is drawn, in pixels from the top. */
  start: number;
  end: number;
}

/** Pixels; the least height of a cluster leaves room for its label. */
const GAP = 8;
const LEAST_HEIGHT = 8;
const AROUND = 150;
/** Bars reach that far below the next, so that no light shines through where they meet. */
const OVERLAP = 0.8;

/**
 * Draws the silhouette coefficient of every sample as bars, sorted within each cluster, with the mean of each cluster
 * and that of all samples. `coefficients` is what `silhouetteSamples` returns, `labels` are the clusters of the same
 * samples. Where there are too many for a bar each, every m-th of the sorted samples has one, as the caption says.
 * Returns the text of an SVG file. Throws `ERR_OPTION`.
 */
export async function silhouettePlot(
  coefficients: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: PictureOptions = {},
): Promise<string> {
  const resolved = resolvePictureOptions(options);
  checkCoefficients(coefficients, labels);
  const groups = groupByLabel(coefficients, labels);
  const height = resolved.height ?? Math.max(420, AROUND + groups.size * (2 * LEAST_HEIGHT + GAP));
  const space = height - AROUND;
  const knives = layOut(groups, coefficients.length, space);
  const every = Math.ceil(coefficients.length / (2 * space));
  const lowest = knives.reduce((low, knife) => Math.min(low, knife.coefficients.at(-1)!), 0);
  const countWidth = Math.max(
    textWidth('samples', 11) - 26,
    ...knives.map((knife) => textWidth(formatCount(knife.coefficients.length), 12)),
  );

  return drawSheet(await loadKit(), {
    options: resolved,
    defaultTitle: 'Silhouette of every sample, by cluster',
    height,
    x: { domain: [lowest < 0 ? Math.min(lowest * 1.05, -0.1) : 0, 1], label: 'silhouette coefficient', grid: true },
    y: { domain: [0, knives.at(-1)!.end + GAP / 2], label: null, reverse: true },
    marginLeft: EDGE + 26 + countWidth + 14,
    marginRight: 62,
    headroom: 20,
    notes: every > 1 ? [`One bar for every ${every} of the ${formatCount(coefficients.length)} samples.`] : [],
    marks: ({ Plot }, paint) => [
      ...knives.map((knife) =>
        Plot.rect(barsOf(knife, every), {
          x1: 0,
          x2: 'value',
          y1: 'from',
          y2: 'to',
          ...markStyle(paint({ fill: knife.cluster })),
        }),
      ),
      Plot.ruleX([0], markStyle(paint({ stroke: 'faint' }))),
    ],
    above: (frame, paint) =>
      knives.map((knife) => knifeLabels(knife, frame, paint)).join('') +
      heads(frame, paint) +
      meanLine(meanOf(coefficients), frame, paint),
  });
}

function checkCoefficients(coefficients: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (!(coefficients?.length > 0 && labels?.length === coefficients.length)) {
    const given = `${coefficients?.length} coefficients and ${labels?.length} labels`;
    throw rangeError('ERR_OPTION', `there are ${given}; there must be as many of both, and one at least`);
  }
  for (let i = 0; i < coefficients.length; i++) {
    if (!(Math.abs(coefficients[i]!) <= 1)) {
      throw rangeError(
        'ERR_OPTION',
        `coefficient ${i} is ${String(coefficients[i])}; it must be a number from −1 to 1`,
      );
    }
    if (!Number.isInteger(labels[i])) {
      throw typeError('ERR_OPTION', `label ${i} is ${String(labels[i])}; it must be an integer`);
    }
  }
}

function groupByLabel(coefficients: ArrayLike<number>, labels: ArrayLike<number>): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const group = groups.get(labels[i]!);
    if (group) group.push(coefficients[i]!);
    else groups.set(labels[i]!, [coefficients[i]!]);
  }
  return groups;
}

/** Gives each cluster a height in proportion to its samples, but never too little for its label. */
function layOut(groups: Map<number, number[]>, nSamples: number, space: number): Knife[] {
  const free = Math.max(0, space - groups.size * (LEAST_HEIGHT + GAP));
  let start = GAP / 2;
  return [...groups.keys()]
    .sort((a, b) => a - b)
    .map((cluster) => {
      const coefficients = Float64Array.from(groups.get(cluster)!).sort().reverse();
      const end = start + LEAST_HEIGHT + (free * coefficients.length) / nSamples;
      const knife = { cluster, coefficients, mean: meanOf(coefficients), start, end };
      start = end + GAP;
      return knife;
    });
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** A bar for every m-th sample, at least one; they share the height of the cluster. */
function barsOf({ coefficients, start, end }: Knife, every: number) {
  const count = Math.ceil(coefficients.length / every);
  const at = (bar: number) => start + ((end - start) * bar) / count;
  return Array.from({ length: count }, (_, bar) => ({
    value: coefficients[Math.floor(((bar + 0.5) * coefficients.length) / count)]!,
    from: at(bar),
    to: at(bar + 1) + (bar < count - 1 ? OVERLAP : 0),
  }));
}

/** The number and the samples of a cluster on its left, its mean on its right. */
function knifeLabels({ cluster, coefficients, mean, start, end }: Knife, frame: Frame, paint: Brush): string {
  const y = (frame.y(start) + frame.y(end)) / 2;
  const text = { y: y + 4, ...paint({ fill: 'ink' }) };
  return (
    moved(EDGE + 10, y, badge(cluster, 7, paint)) +
    element('text', { x: frame.left - 14, 'text-anchor': 'end', ...text }, formatCount(coefficients.length)) +
    element('text', { x: frame.right + 10, ...text }, mean.toFixed(2))
  );
}

function heads(frame: Frame, paint: Brush): string {
  const text = { y: frame.top - 8, 'font-size': 11, ...paint({ fill: 'faint' }) };
  return (
    element('text', { x: frame.left - 14, 'text-anchor': 'end', ...text }, 'samples') +
    element('text', { x: frame.right + 10, ...text }, 'mean')
  );
}

function meanLine(mean: number, frame: Frame, paint: Brush): string {
  const x = frame.x(mean);
  const line = { x1: x, x2: x, y1: frame.top - 3, y2: frame.bottom };
  const label = `mean of all ${mean.toFixed(2)}`;
  const half = textWidth(label, 12) / 2;
  const text = { x: Math.min(Math.max(x, frame.left + half), frame.right - half), y: frame.top - 8 };
  return (
    element('line', { ...line, 'stroke-width': 4, 'stroke-opacity': 0.6, ...paint({ stroke: 'paper' }) }) +
    element('line', { ...line, 'stroke-width': 1.5, 'stroke-dasharray': '5 4', ...paint({ stroke: 'ink' }, 'mean') }) +
    element('text', { ...text, 'text-anchor': 'middle', 'font-weight': 600, ...paint({ fill: 'ink' }) }, label)
  );
}
