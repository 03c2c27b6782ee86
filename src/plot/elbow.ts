import { rangeError, typeError } from '../errors.js';
import { type Brush, markStyle } from './brush.js';
import { loadKit } from './load.js';
import { type PictureOptions, resolvePictureOptions } from './options.js';
import { drawSheet, type Frame } from './sheet.js';
import { element } from './svg.js';

/** What `elbow` returns. */
export interface ElbowCurve {
  readonly ks: readonly number[];
  readonly inertias: readonly number[];
  /** The knee, if there is one. */
  readonly k?: number | undefined;
}

/**
 * Draws the inertia against k and marks the knee; where there is none, the caption says so. Returns the text of an SVG
 * file. Throws `ERR_OPTION` for bad options, or a curve whose ks and inertias do not go together.
 */
export async function elbowPlot(curve: ElbowCurve, options: PictureOptions = {}): Promise<string> {
  const resolved = resolvePictureOptions(options);
  checkCurve(curve);
  const { ks, k, inertias } = curve;
  const [first, last] = [Math.min(...ks), Math.max(...ks)];
  const points = ks.map((x, i) => ({ x, y: inertias[i]! }));
  const knee = points.find((point) => point.x === k);

  return drawSheet(await loadKit(), {
    options: resolved,
    defaultTitle: 'Inertia by number of clusters',
    height: resolved.height ?? 380,
    x: { domain: [first - 0.35, last + 0.35], label: 'k', ticks: wholeTicks(first, last, resolved.width) },
    y: { domain: [0, 1.05 * Math.max(...inertias) || 1], label: 'inertia', grid: true },
    notes: knee ? [] : ['The curve has no clear knee.'],
    below: (frame, paint) => (knee ? kneeLine(frame.x(knee.x), frame, paint) : ''),
    marks: ({ Plot }, paint) => [
      Plot.lineY(points, { x: 'x', y: 'y', strokeWidth: 2, ...markStyle(paint({ fill: 'none', stroke: 0 })) }),
      Plot.dot(points, { x: 'x', y: 'y', r: 4, strokeWidth: 2, ...markStyle(paint({ fill: 'paper', stroke: 0 })) }),
    ],
    above: (frame, paint) => (knee ? kneeMark(knee, frame, paint) : ''),
  });
}

function checkCurve({ ks, inertias }: ElbowCurve): void {
  if (!(Array.isArray(ks) && Array.isArray(inertias) && ks.length > 0)) {
    throw typeError('ERR_OPTION', 'the curve has no ks or no inertias; it must have both, as elbow returns them');
  }
  if (ks.length !== inertias.length) {
    throw rangeError(
      'ERR_OPTION',
      `the curve has ${ks.length} ks and ${inertias.length} inertias; it must have as many of both`,
    );
  }
  const odd = [...ks, ...inertias].find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw rangeError('ERR_OPTION', `the curve holds ${String(odd)}; it must hold finite numbers`);
}

/** Every k, or every second, fifth, tenth … where there is no room. */
function wholeTicks(first: number, last: number, width: number): number[] {
  const room = (width - 100) / 30;
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((one) => (last - first) / one < room) ?? 1000;
  const start = step === 1 ? first : Math.ceil(first / step) * step;
  return Array.from({ length: Math.floor((last - start) / step) + 1 }, (_, i) => start + i * step);
}

function kneeLine(x: number, { top, bottom }: Frame, paint: Brush): string {
  const dashes = { 'stroke-width': 1.5, 'stroke-dasharray': '4 4' };
  return element('line', { x1: x, x2: x, y1: top, y2: bottom, ...dashes, ...paint({ stroke: 'faint' }) });
}

/** The knee filled, with its k beside the line on the side that has room. */
function kneeMark(knee: { x: number; y: number }, frame: Frame, paint: Brush): string {
  const [cx, cy] = [frame.x(knee.x), frame.y(knee.y)];
  const onLeft = cx + 110 > frame.right;
  const halo = { 'paint-order': 'stroke', 'stroke-width': 4, 'stroke-linejoin': 'round' };
  const text = { x: onLeft ? cx - 9 : cx + 9, y: frame.top + 12, 'text-anchor': onLeft ? 'end' : 'start', ...halo };
  const label = `knee at k = ${knee.x}`;
  return (
    element('circle', { cx, cy, r: 6, 'stroke-width': 2, ...paint({ fill: 1, stroke: 'paper' }, 'knee') }) +
    element('text', { ...text, 'font-weight': 600, ...paint({ fill: 'ink', stroke: 'paper' }) }, label)
  );
}
