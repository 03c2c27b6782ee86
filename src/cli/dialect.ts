import { parse } from 'csv-parse/sync';
import { isMissing, readNumber } from './cells.js';

/** How a text file holds its table. `' '` as the delimiter stands for runs of blanks and tabs. */
export interface Dialect {
  delimiter: string;
  hasHeader: boolean;
  decimalComma: boolean;
}

/** What csv-parse is told, in detection as in reading. */
export function parserOptions(delimiter: string) {
  return {
    delimiter: delimiter === ' ' ? [' ', '\t'] : delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
  };
}

/** The cells of a record: between runs of blanks, the empty ones are none. */
export function cellsOf(record: string[], delimiter: string): string[] {
  return delimiter === ' ' ? record.filter((cell) => cell !== '') : record;
}

/**
 * The dialect of a file whose text begins with `head`; what `forced` names is taken as it is.
 *
 * The delimiter is the one that cuts the most lines into equally many cells (two or more), then the one that makes the
 * most numbers; blanks only where no other does for most lines. A decimal comma is assumed only between semicolons, where no cell has a decimal point and some cell
 * cannot be a number with grouped thousands. A header is a first row with texts above most columns of numbers.
 */
export function detectDialect(head: string, forced: Partial<Dialect>): Dialect {
  const candidates = forced.delimiter === undefined ? delimiters : [forced.delimiter];
  const readings = candidates.map((delimiter) => readAs(delimiter, firstRows(head, delimiter), forced.decimalComma));
  const best = readings.filter(({ delimiter }) => delimiter !== ' ').sort(byFit)[0] ?? readings[0]!;
  const blanks = readings.find(({ delimiter }) => delimiter === ' ') ?? best;
  const { delimiter, rows, decimalComma } =
    2 * best.regular <= best.rows.length ? [best, blanks].sort(byFit)[0]! : best;
  return { delimiter, decimalComma, hasHeader: forced.hasHeader ?? looksLikeHeader(rows, decimalComma) };
}

const delimiters = [',', '\t', ';', '|', ' '];
const rowsLookedAt = 100;

interface Reading {
  delimiter: string;
  decimalComma: boolean;
  rows: string[][];
  /** Cells of most rows, 0 unless two or more; the rows that have as many; the share of their cells that are numbers. */
  width: number;
  regular: number;
  numeric: number;
}

function byFit(a: Reading, b: Reading): number {
  return b.regular - a.regular || b.numeric - a.numeric || b.width - a.width;
}

function firstRows(head: string, delimiter: string): string[][] {
  try {
    const records = parse(head, { ...parserOptions(delimiter), to: rowsLookedAt }) as unknown as string[][];
    return records.map((record) => cellsOf(record, delimiter));
  } catch {
    return []; // a quote that is never closed, for one: reading the file will say where
  }
}

function readAs(delimiter: string, rows: string[][], forcedComma?: boolean): Reading {
  const tally = new Map<number, number>();
  for (const { length } of rows) if (length > 1) tally.set(length, (tally.get(length) ?? 0) + 1);
  const [width, regular] = [...tally].sort((a, b) => b[1] - a[1])[0] ?? [0, 0];

  const cells = rows.filter((row) => row.length === width).flat();
  const decimalComma = forcedComma ?? (delimiter === ';' && hasDecimalCommas(cells));
  const numbers = cells.filter((cell) => !Number.isNaN(readNumber(cell, decimalComma))).length;
  return { delimiter, decimalComma, rows, width, regular, numeric: numbers / Math.max(1, cells.length) };
}

function hasDecimalCommas(cells: string[]): boolean {
  const withComma = cells.filter((cell) => cell.includes(',') && !Number.isNaN(readNumber(cell, true)));
  const withPoint = cells.some((cell) => cell.includes('.') && !Number.isNaN(readNumber(cell, false)));
  return !withPoint && withComma.some((cell) => !/,\d{3}$/.test(cell));
}

function looksLikeHeader(rows: string[][], decimalComma: boolean): boolean {
  const [first, ...below] = rows;
  if (first === undefined) return false;
  const isNumber = (cell = '') => !Number.isNaN(readNumber(cell, decimalComma));
  const isText = (cell = '') => !isNumber(cell) && !isMissing(cell);
  if (below.length === 0) return first.every(isText);

  let numeric = 0;
  let named = 0;
  for (const [j, cell] of first.entries()) {
    const numbers = below.filter((row) => isNumber(row[j])).length;
    const texts = below.filter((row) => isText(row[j])).length;
    if (numbers <= texts) continue;
    numeric++;
    if (isText(cell)) named++;
  }
  return numeric === 0 ? first.every(isText) : named > numeric / 2;
}
