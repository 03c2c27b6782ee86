import type { Markish, PlotOptions } from '@observablehq/plot';
import { type Brush, brush } from './brush.js';
import type { Kit } from './load.js';
import type { ResolvedOptions } from './options.js';
import { element, escapeText, serialize } from './svg.js';
import { cutText, formatCount, textWidth, tickFormat, wrapText } from './text.js';
import { coloursOf, rootClass, themeCss } from './theme.js';

/** An axis with numbers on it. */
export interface Axis {
  domain: readonly [number, number];
  /** `null` draws no axis. */
  label: string | null;
  reverse?: boolean;
  /** Whole numbers at which to put ticks; Plot's choice if left out. */
  ticks?: readonly number[];
  grid?: boolean;
}

/** The frame in pixels, and where values go in it. */
export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
  x(value: number): number;
  y(value: number): number;
}

/** What a picture is made of, before it is laid out. */
export interface Sheet {
  options: ResolvedOptions;
  defaultTitle: string;
  height: number;
  x: Axis;
  y: Axis;
  /** Space kept free beside the frame; on the left that of the axis where it needs more. */
  marginLeft?: number;
  marginRight?: number;
  /** Space kept free between the title and the frame. */
  headroom?: number;
  notes?: readonly string[];
  /** Plot's marks, and SVG text to go below and above them. */
  marks?(kit: Kit, brush: Brush): Markish[];
  below?(frame: Frame, brush: Brush): string;
  above?(frame: Frame, brush: Brush): string;
  /** More rules for the style sheet, asked for last; all selectors must be of this picture alone. */
  css?(): string;
}

export const EDGE = 16;
const TITLE = { size: 16, line: 21, maxLines: 3 };
const NOTE = { size: 11, line: 15, maxLines: 3 };
const LABEL_SIZE = 12;
const ARROW = 16;

/** Lays out the title, the frame, its axes and the caption, draws the marks, and gives the SVG file's text. */
export function drawSheet(kit: Kit, sheet: Sheet): string {
  const { theme, width } = sheet.options;
  const paint = brush(theme);
  const inner = width - 2 * EDGE;
  const title = sheet.options.title ?? sheet.defaultTitle;
  const titleLines = wrapText(title, inner, TITLE.size, TITLE.maxLines);
  const noteLines = (sheet.notes ?? []).flatMap((note) => wrapText(note, inner, NOTE.size, NOTE.maxLines));
  const titleBottom = EDGE + titleLines.length * TITLE.line + (sheet.headroom ?? 0);
  const margins = {
    marginTop: titleBottom + (sheet.y.label === null ? 10 : 28),
    marginRight: sheet.marginRight ?? EDGE,
    marginBottom: (sheet.x.label === null ? 8 : 42) + (noteLines.length > 0 ? noteLines.length * NOTE.line + 4 : 0) + 8,
    marginLeft: Math.max(sheet.marginLeft ?? EDGE, sheet.y.label === null ? 0 : yAxisWidth(kit, sheet)),
  };
  const { plot, frame } = drawMarks(kit, sheet, paint, margins);

  const below = sheet.below?.(frame, paint) ?? '';
  const above = sheet.above?.(frame, paint) ?? '';
  const parts = [
    element('style', {}, themeCss(theme) + (sheet.css?.() ?? '')),
    element('rect', { width, height: sheet.height, rx: 6, ...paint({ fill: 'paper' }) }),
    ...titleLines.map((line, i) =>
      element(
        'text',
        {
          x: EDGE,
          y: EDGE + TITLE.size - 2 + i * TITLE.line,
          'font-size': TITLE.size,
          'font-weight': 600,
          ...paint({ fill: 'ink' }),
        },
        escapeText(line),
      ),
    ),
    below,
    element('g', { 'text-anchor': 'middle' }, ...[...plot.childNodes].filter(isNoStyle).map(serialize)),
    axisLabels(sheet, frame, paint),
    above,
    ...noteLines.map((line, i) => {
      const y = sheet.height - 12 - (noteLines.length - 1 - i) * NOTE.line;
      return element('text', { x: EDGE, y, 'font-size': NOTE.size, ...paint({ fill: 'faint' }) }, escapeText(line));
    }),
  ];
  return element('svg', rootAttributes(sheet, title), ...parts);
}

function rootAttributes({ options: { width, theme }, height }: Sheet, title: string) {
  return {
    xmlns: 'http://www.w3.org/2000/svg',
    class: rootClass(theme),
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    style: 'max-width:100%;height:auto',
    role: 'img',
    'aria-label': title,
    'font-family': 'system-ui, sans-serif',
    'font-size': LABEL_SIZE,
    color: coloursOf(theme).ink,
  };
}

type Margins = Pick<PlotOptions, 'marginTop' | 'marginRight' | 'marginBottom' | 'marginLeft'>;

function drawMarks(kit: Kit, sheet: Sheet, paint: Brush, margins: Margins) {
  const { Plot, document } = kit;
  const plot = Plot.plot({
    document,
    width: sheet.options.width,
    height: sheet.height,
    ...margins,
    x: { type: 'linear', domain: [...sheet.x.domain], axis: null },
    y: { type: 'linear', domain: [...sheet.y.domain], axis: null, reverse: sheet.y.reverse },
    marks: [...axisMarks(kit, sheet, paint), ...(sheet.marks?.(kit, paint) ?? [])],
  });
  const [xScale, yScale] = [plot.scale('x')!, plot.scale('y')!];
  const [left, right] = xScale.range as [number, number];
  const [bottom, top] = yScale.range as [number, number];
  const frame: Frame = {
    left,
    right,
    top: Math.min(top, bottom),
    bottom: Math.max(top, bottom),
    x: xScale.apply,
    y: yScale.apply,
  };
  return { plot, frame };
}

function axisMarks({ Plot }: Kit, { x, y }: Sheet, paint: Brush): Markish[] {
  const { fill, class: className } = paint({ fill: 'faint' });
  const { stroke, class: gridClass } = paint({ stroke: 'line' });
  const axis = (one: Axis) => ({
    ...ticksOf(one),
    label: null,
    tickSize: 0,
    tickPadding: 6,
    fontSize: 11,
    fill,
    className,
  });
  const grid = ({ ticks }: Axis) => ({ ticks: ticks && [...ticks], stroke, strokeOpacity: 0.55, className: gridClass });
  return [
    x.grid ? Plot.gridX(grid(x)) : null,
    y.grid ? Plot.gridY(grid(y)) : null,
    x.label === null ? null : Plot.axisX(axis(x)),
    y.label === null ? null : Plot.axisY({ ...axis(y), textAnchor: 'end' }),
  ];
}

function ticksOf({ ticks, domain }: Axis) {
  return { ticks: ticks && [...ticks], tickFormat: ticks ? formatCount : tickFormat(...domain) };
}

/** What the ticks of the y axis need on the left, known once Plot has chosen and written them. */
function yAxisWidth({ Plot, document }: Kit, { y, height }: Sheet): number {
  const plot = Plot.plot({
    document,
    height,
    y: { type: 'linear', domain: [...y.domain], axis: null },
    marks: [Plot.axisY({ label: null, ...ticksOf(y) })],
  });
  const widths = [...plot.querySelectorAll('text')].map((text) => textWidth(text.textContent ?? '', 11));
  return EDGE + 8 + Math.max(0, ...widths);
}

function axisLabels({ x, y, options: { width } }: Sheet, frame: Frame, paint: Brush): string {
  const label = (text: string, attributes: Record<string, string | number>) =>
    element('text', { ...attributes, 'font-weight': 500, ...paint({ fill: 'ink' }) }, escapeText(text));
  const parts: string[] = [];
  if (y.label !== null) {
    const text = cutText(y.label, width - 2 * EDGE - ARROW, LABEL_SIZE);
    parts.push(label(`↑ ${text}`, { x: EDGE, y: frame.top - 12 }));
  }
  if (x.label !== null) {
    const text = cutText(x.label, frame.right - EDGE - ARROW, LABEL_SIZE);
    parts.push(label(`${text} →`, { x: frame.right, y: frame.bottom + 36, 'text-anchor': 'end' }));
  }
  return parts.join('');
}

function isNoStyle(node: Node): boolean {
  return (node as Element).localName !== 'style';
}
