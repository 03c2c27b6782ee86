/** A table that reads well in a terminal and is Markdown: numbers flush right, everything else flush left. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const numeric = header.map((_, c) => rows.some((row) => isNumber(row[c]!)));
  const widths = header.map((name, c) => Math.max(3, name.length, ...rows.map((row) => row[c]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, c) => (numeric[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!))).join(' | ')} |`;
  const rule = widths.map((width, c) => (numeric[c] ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2)));
  return [line(header), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}

/** Significant digits without an exponent. */
export function digits(value: number, count = 3): string {
  if (!Number.isFinite(value)) return '–';
  const places = value === 0 ? 0 : Math.max(0, count - 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(places);
}

/** Three significant digits of the milliseconds in so many seconds. */
export const milliseconds = (seconds: number): string => digits(seconds * 1000);

/** How many times: `2.31×`. */
export const times = (ratio: number): string => (Number.isFinite(ratio) ? `${digits(ratio)}×` : '–');

const isNumber = (cell: string): boolean => /^[\d.]/.test(cell);
