import { statSync } from 'node:fs';
import { readNumber } from './cells.js';
import { type ColumnChoice, chooseColumns } from './column-choice.js';
import { type Dialect, detectDialect } from './dialect.js';
import { DataError, fileTrouble } from './failures.js';
import { NumberSpool } from './number-spool.js';
import { faultsMessage, type MissingPolicy } from './samples.js';
import { type Column, readRecords, type Table, TableBuilder } from './table-reader.js';
import type { Terminal } from './terminal.js';
import { openText } from './text-source.js';

/** Rows of a table that lie one behind the other. */
export interface RowBatch {
  /** The cells as text of every row, those that are dropped among them. */
  cells: string[][];
  /** Of every row whether it is among the samples. */
  kept: boolean[];
  /** The numbers of the chosen columns, of the rows that are kept. */
  values: Float64Array;
}

/** How far a pass over the file is. */
export type OnBytes = (done: number, all: number) => void;

/** Bytes of a file that can be read more than once. */
export function sizeOfFile(file: string): number {
  try {
    const stats = statSync(file);
    if (stats.isFile()) return stats.size;
  } catch (error) {
    throw new DataError(`cannot read ${file}: ${fileTrouble(error) ?? String(error)}`);
  }
  throw new DataError(`${file} is no ordinary file: it cannot be read several times, as --stream has to`);
}

/** A table in a file that is read anew for every pass, a piece of it in memory at a time. */
export class TableStream {
  /** What earlier passes have kept of the numbers, once it is all of them. */
  private spool: NumberSpool | undefined;

  private constructor(
    /** Without values. */
    readonly table: Table,
    readonly columns: Column[],
    /** Whether every row is kept. */
    readonly clean: boolean,
    private readonly file: string,
    private readonly size: number,
  ) {}

  /** The first pass: finds dialect and columns; cells that are no numbers are an error, or will be dropped. */
  static async open(
    { file, forced, columns: choice, missing }: OpenOptions,
    note: (text: string) => void,
    onBytes: OnBytes,
  ): Promise<TableStream> {
    const size = sizeOfFile(file);
    const source = await openText(file, noInput, counter(size, onBytes));
    const dialect = detectDialect(source.head, forced);
    const builder = new TableBuilder(source.name, dialect, { forced, keepCells: false, skipValues: true });
    for await (const records of readRecords(source, dialect.delimiter))
      for (const { cells, line } of records) builder.add(cells, line);
    const table = builder.finish();
    const columns = chooseColumns(table, choice, note);
    const faulty = table.ragged.count > 0 || columns.some(({ faults }) => faults.count > 0);
    if (faulty && missing === 'error') throw new DataError(faultsMessage(table, columns));
    return new TableStream(table, columns, !faulty, file, size);
  }

  /** A further pass over the numbers of the rows that are kept: over the text only the first time, if there is room on disk. */
  async *numbers(onBytes: OnBytes): AsyncGenerator<Float64Array> {
    if (this.spool) {
      yield* this.spool.read(onBytes);
      return;
    }
    let spool = await NumberSpool.create(this.columns.length);
    let complete = false;
    try {
      for await (const { values } of this.batches(onBytes)) {
        if (spool && !(await spool.write(values))) {
          await spool.close();
          spool = undefined;
        }
        yield values;
      }
      complete = true;
    } finally {
      if (complete) this.spool = spool;
      else await spool?.close();
    }
  }

  /** Gives the room on disk back. */
  async close(): Promise<void> {
    await this.spool?.close();
    this.spool = undefined;
  }

  /** A further pass over the text. */
  async *batches(onBytes: OnBytes): AsyncGenerator<RowBatch> {
    const { dialect, columns } = this.table;
    const source = await openText(this.file, noInput, counter(this.size, onBytes));
    let header = dialect.hasHeader;
    for await (const records of readRecords(source, dialect.delimiter)) {
      const cells = records.map((record) => record.cells);
      if (header && cells.length > 0) {
        cells.shift();
        header = false;
      }
      yield this.numbersOf(cells, columns.length, dialect.decimalComma);
    }
  }

  private numbersOf(cells: string[][], width: number, decimalComma: boolean): RowBatch {
    const d = this.columns.length;
    const values = new Float64Array(cells.length * d);
    let at = 0;
    const kept = cells.map((row) => {
      if (row.length !== width) return false;
      for (const [j, { number }] of this.columns.entries()) {
        const value = readNumber(row[number - 1]!, decimalComma);
        if (Number.isNaN(value)) return false;
        values[at + j] = value;
      }
      at += d;
      return true;
    });
    return { cells, kept, values: values.subarray(0, at) };
  }
}

interface OpenOptions {
  file: string;
  forced: Partial<Dialect>;
  columns: ColumnChoice;
  missing: MissingPolicy;
}

/** What is opened is a file, never standard input. */
const noInput: Terminal['stdin'] = { [Symbol.asyncIterator]: () => [][Symbol.iterator]() as never };

function counter(all: number, onBytes: OnBytes): (bytes: number) => void {
  let done = 0;
  return (bytes) => {
    done += bytes;
    onBytes(Math.min(done, all), all);
  };
}
