import { type CsvError, parse } from 'csv-parse';
import { isMissing, readNumber } from './cells.js';
import { cellsOf, type Dialect, detectDialect, parserOptions } from './dialect.js';
import { DataError } from './failures.js';
import type { TextSource } from './text-source.js';

/** A table of numbers as it was read, with what was not a number noted down. */
export interface Table {
  /** The file, as messages call it. */
  source: string;
  dialect: Dialect;
  columns: Column[];
  nRows: number;
  /** nRows × columns.length, row by row; NaN where a cell holds no number, and all over a row of the wrong length. */
  values: Float64Array;
  /** Rows with more or fewer cells than there are columns. */
  ragged: Faults;
  /** The cells as text, the header's too, if they were asked for. */
  header?: string[];
  cells?: string[][];
}

export interface Column {
  /** Of the header, or the column's number. */
  name: string;
  /** From 1. */
  number: number;
  numbers: number;
  texts: number;
  /** The cells that hold no number. */
  faults: Faults;
}

/** How many, and the first few. `what` follows the place in a sentence: `is empty`. */
export interface Faults {
  count: number;
  first: { line: number; what: string; cell: string }[];
}

export interface TableOptions {
  forced: Partial<Dialect>;
  keepCells: boolean;
  /** Whether to leave the numbers out of the table: it then tells of columns and faults alone. Default false. */
  skipValues?: boolean;
  onRow?: (rows: number) => void;
}

const faultsKept = 3;

/** Reads a table; errors name the line. Empty lines, and lines of nothing but delimiters, are passed over. */
export async function readTable(source: TextSource, options: TableOptions): Promise<Table> {
  const dialect = detectDialect(source.head, options.forced);
  const builder = new TableBuilder(source.name, dialect, options);
  for await (const records of readRecords(source, dialect.delimiter))
    for (const { cells, line } of records) builder.add(cells, line);
  return builder.finish();
}

/** The cells of a line, or of the lines that quoted line breaks make one; and the line they end on. */
export interface TableRecord {
  cells: string[];
  line: number;
}

/** The records of a table, as many at a time as a piece of its text completes, the header among them. */
export async function* readRecords(source: TextSource, delimiter: string): AsyncGenerator<TableRecord[]> {
  let records: TableRecord[] = [];
  const parser = parse({
    ...parserOptions(delimiter),
    on_record: (record, { lines }) => {
      records.push({ cells: cellsOf(record as unknown as string[], delimiter), line: lines });
      return null;
    },
  });
  parser.resume();
  // What goes wrong is told by the callbacks below.
  parser.on('error', () => {});
  const settled = (work: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => work((error) => (error ? reject(error) : resolve())));
  try {
    for await (const piece of source.pieces) {
      await settled((done) => parser.write(piece, done));
      yield records;
      records = [];
    }
    await settled((done) => parser.end(done));
  } catch (error) {
    throw isCsvError(error) ? new DataError(parserTrouble(source.name, error)) : error;
  }
  yield records;
}

function isCsvError(error: unknown): error is CsvError & { lines?: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_');
}

function parserTrouble(name: string, error: CsvError & { lines?: number }): string {
  const where = error.lines === undefined ? name : `${name}, line ${error.lines}`;
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return `${where}: a quotation mark (") is opened and never closed`;
  if (error.code === 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE' || error.code === 'CSV_INVALID_CLOSING_QUOTE') {
    return `${where}: text follows a closing quotation mark (") in the same cell`;
  }
  return `${where}: ${error.message}`;
}

export class TableBuilder {
  private readonly columns: Column[] = [];
  private readonly ragged: Faults = { count: 0, first: [] };
  private readonly cells: string[][] = [];
  private header: string[] | undefined;
  private values = new Float64Array(0);
  private nRows = 0;

  constructor(
    private readonly source: string,
    private readonly dialect: Dialect,
    private readonly options: TableOptions,
  ) {}

  add(record: string[], line: number): void {
    if (this.columns.length === 0) {
      this.open(record);
      if (this.dialect.hasHeader) return;
    }
    const d = this.columns.length;
    const start = this.nRows++ * d;
    if (!this.options.skipValues) this.makeRoom(start + d);
    if (record.length === d) this.fill(start, record, line);
    else this.fillRagged(start, record, line);
    if (this.options.keepCells) this.cells.push(record);
    this.options.onRow?.(this.nRows);
  }

  finish(): Table {
    const { source, dialect, columns, nRows, ragged } = this;
    if (columns.length === 0) throw new DataError(`${source} is empty`);
    if (nRows === 0) throw new DataError(`${source} has a header and no rows below it`);
    const table: Table = { source, dialect, columns, nRows, ragged, values: this.values };
    if (this.header) table.header = this.header;
    if (this.options.keepCells) table.cells = this.cells;
    return table;
  }

  private open(first: string[]): void {
    if (this.dialect.hasHeader) this.header = first;
    for (const [j, cell] of first.entries()) {
      const name = (this.dialect.hasHeader && cell.trim()) || String(j + 1);
      this.columns.push({ name, number: j + 1, numbers: 0, texts: 0, faults: { count: 0, first: [] } });
    }
  }

  private makeRoom(length: number): void {
    if (length <= this.values.length) return;
    const grown = new Float64Array(Math.max(1024, 2 * this.values.length, length));
    grown.set(this.values);
    this.values = grown;
  }

  private fill(start: number, record: string[], line: number): void {
    for (const [j, cell] of record.entries()) {
      const value = readNumber(cell, this.dialect.decimalComma);
      this.values[start + j] = value;
      const column = this.columns[j]!;
      if (!Number.isNaN(value)) column.numbers++;
      else this.note(column, cell, line);
    }
  }

  private note(column: Column, cell: string, line: number): void {
    const missing = isMissing(cell);
    if (!missing) column.texts++;
    if (++column.faults.count > faultsKept) return;
    const shown = JSON.stringify(cell.length > 24 ? `${cell.slice(0, 23)}…` : cell);
    column.faults.first.push({ line, cell, what: cell === '' ? 'is empty' : `is ${shown}` });
  }

  private fillRagged(start: number, record: string[], line: number): void {
    const d = this.columns.length;
    this.values.fill(Number.NaN, start, start + d);
    if (++this.ragged.count > faultsKept) return;
    const cells = `${record.length} ${record.length === 1 ? 'cell' : 'cells'}`;
    this.ragged.first.push({ line, cell: '', what: `has ${cells} where ${d} are expected` });
  }
}
