import type { NdArrayLike } from '../index.js';
import { title } from './column-choice.js';
import { DataError } from './failures.js';
import type { Column, Faults, Table } from './table-reader.js';

/** The rows that are clustered, without those that were dropped. */
export interface Samples {
  /** nSamples × nFeatures, row by row. */
  values: Float64Array;
  nSamples: number;
  nFeatures: number;
  /** Of every row of the table whether it is among the samples; undefined when all are. */
  kept?: Uint8Array;
  dropped: number;
}

export type MissingPolicy = 'error' | 'drop';

/** Takes the `columns` out of a table; rows with a cell that is no number are an error, or dropped. */
export function takeSamples(table: Table, columns: Column[], missing: MissingPolicy): Samples {
  const kept = new Uint8Array(table.nRows);
  const width = table.columns.length;
  let nSamples = 0;
  for (let i = 0; i < table.nRows; i++) {
    kept[i] = columns.every(({ number }) => !Number.isNaN(table.values[i * width + number - 1]!)) ? 1 : 0;
    nSamples += kept[i]!;
  }
  const dropped = table.nRows - nSamples;
  if (dropped > 0 && missing === 'error') throw new DataError(faultsMessage(table, columns));
  if (nSamples === 0) throw new DataError(`${table.source}: every row has a missing or bad cell, none is left`);

  const nFeatures = columns.length;
  const values = new Float64Array(nSamples * nFeatures);
  let at = 0;
  for (let i = 0; i < table.nRows; i++) {
    if (kept[i]) for (const { number } of columns) values[at++] = table.values[i * width + number - 1]!;
  }
  return { values, nSamples, nFeatures, dropped, ...(dropped > 0 && { kept }) };
}

/** The samples as the library takes them, with other values if they were scaled. */
export function asData({ nSamples, nFeatures }: Samples, values: Float64Array): NdArrayLike {
  return { data: values, shape: [nSamples, nFeatures] };
}

/** At most `most` of the numbers from 0 to n − 1, evenly spread. */
export function spreadOver(n: number, most: number): number[] {
  const count = Math.min(n, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
}

/** Those rows of n × d values. */
export function takeRows(values: Float64Array, d: number, rows: readonly number[]): Float64Array {
  const taken = new Float64Array(rows.length * d);
  for (const [i, row] of rows.entries()) taken.set(values.subarray(row * d, (row + 1) * d), i * d);
  return taken;
}

/** One label for every row of the table, undefined where the row was dropped. */
export function labelsOfRows(nRows: number, { kept }: Samples, labels: Int32Array): (number | undefined)[] {
  let at = 0;
  return Array.from({ length: nRows }, (_, i) => (kept && !kept[i] ? undefined : labels[at++]!));
}

export function faultsMessage({ source, ragged }: Table, columns: Column[]): string {
  const inCells = columns.flatMap((column) =>
    column.faults.first.map(({ line, what }) => ({ line, text: `line ${line}, column ${title(column)} ${what}` })),
  );
  const inRows = ragged.first.map(({ line, what }) => ({ line, text: `line ${line} ${what}` }));
  const shown = [...inCells, ...inRows].sort((a, b) => a.line - b.line).slice(0, 3);
  const count = columns.reduce((sum, { faults }: { faults: Faults }) => sum + faults.count, ragged.count);

  const places = shown.map(({ text }) => text).join('; ');
  const more = count > shown.length ? `; and ${count - shown.length} more` : '';
  const advice = '--missing drop leaves such rows out';
  return `${source} has ${count === 1 ? 'a cell' : `${count} cells`} missing or bad: ${places}${more} (${advice})`;
}
