import type { Markish } from '@observablehq/plot';
import { badge } from './badge.js';
import { type Brush, markStyle } from './brush.js';
import type { Kit } from './load.js';
import { EDGE, type Frame } from './sheet.js';
import { element, moved } from './svg.js';
import { formatCount, textWidth } from './text.js';
import { LIGHT, symbolOf } from './theme.js';

/** The clusters with their numbers of samples, in the right margin. */
export interface Legend {
  /** Space that it needs right of the frame. */
  width: number;
  marks(kit: Kit, paint: Brush): Markish[];
  draw(frame: Frame, paint: Brush): string;
}

const ROW = 23;
const HEAD = 20;
const GAP = 14;
const RADIUS = 8.5;
const SIZE = 12;

/** Lays the legend out in one or two columns of the given height; clusters for which that is too few are counted below. */
export function legendOf(counts: readonly number[], height: number): Legend {
  const rows = Math.max(1, Math.floor((height - HEAD) / ROW));
  const columns = counts.length > rows ? 2 : 1;
  const shown = counts.slice(0, counts.length > columns * rows ? columns * (rows - 1) : undefined);
  const perColumn = Math.ceil(shown.length / columns);
  const symbols = counts.length > LIGHT.clusters.length;
  const countWidth = Math.max(
    textWidth('samples', 11) - 20,
    ...shown.map((count) => textWidth(formatCount(count), SIZE)),
  );
  const columnWidth = 2 * RADIUS + 8 + (symbols ? 16 : 0) + countWidth;
  const at = (i: number) => ({
    x: GAP + Math.floor(i / perColumn) * (columnWidth + GAP),
    y: HEAD + (i % perColumn) * ROW + ROW / 2,
  });
  const more = counts.length - shown.length;

  return {
    width: GAP + columns * columnWidth + (columns - 1) * GAP + EDGE,
    marks: ({ Plot }, paint) => (symbols ? shown.map((_, i) => swatch(Plot, i, at(i), paint)) : []),
    draw: (frame, paint) => {
      const right = GAP + columnWidth;
      const text = { 'text-anchor': 'end', ...paint({ fill: 'ink' }) };
      const faint = { 'font-size': 11, ...paint({ fill: 'faint' }) };
      return moved(
        frame.right,
        frame.top,
        element('text', { x: right, y: 9, 'text-anchor': 'end', ...faint }, 'samples'),
        ...shown.map((count, i) => {
          const { x, y } = at(i);
          const number = element('text', { x: x + columnWidth, y: y + 4, ...text }, formatCount(count));
          return moved(x + RADIUS, y, badge(i, RADIUS, paint)) + number;
        }),
        more > 0
          ? element('text', { x: GAP, y: HEAD + perColumn * ROW + 14, ...faint }, `and ${formatCount(more)} more`)
          : '',
      );
    },
  };
}

function swatch(Plot: Kit['Plot'], cluster: number, { x, y }: { x: number; y: number }, paint: Brush): Markish {
  return Plot.dot([cluster], {
    frameAnchor: 'top-right',
    dx: x + 2 * RADIUS + 12,
    dy: y,
    r: 4,
    symbol: symbolOf(cluster),
    ...markStyle(paint({ fill: cluster })),
  });
}
