import { padStart, textWidth } from './text-width.js';

/** One column of a printed table: its title over its cells, all of it set to the right. */
export interface TextColumn {
  title: string;
  cells: string[];
}

const gap = '  ';

/** How many of the `columns` fit beside each other into `width` columns of text. */
export function countFitting(columns: TextColumn[], width: number): number {
  let used = 0;
  for (const [j, column] of columns.entries()) {
    used += gap.length + widthOf(column);
    if (used > width) return j;
  }
  return columns.length;
}

/** The lines of a table, the titles first. */
export function formatTable(columns: TextColumn[]): string[] {
  const nRows = columns[0]?.cells.length ?? 0;
  const widths = columns.map(widthOf);
  const line = (cells: string[]) => cells.map((cell, j) => gap + padStart(cell, widths[j]!)).join('');
  const rows = Array.from({ length: nRows }, (_, i) => line(columns.map(({ cells }) => cells[i]!)));
  return [line(columns.map(({ title }) => title)), ...rows];
}

function widthOf({ title, cells }: TextColumn): number {
  return Math.max(textWidth(title), ...cells.map(textWidth));
}
