import { labelsOfRows, type Samples } from './samples.js';
import type { Table } from './table-reader.js';

/** Lines of cells, each quoted where it has to be (RFC 4180). */
export function formatCsv(rows: Iterable<readonly (string | number)[]>, delimiter = ','): string {
  let text = '';
  for (const row of rows) text += `${row.map((cell) => quoteCell(String(cell), delimiter)).join(delimiter)}\n`;
  return text;
}

/**
 * One line for each row of the table, empty where the row was dropped; under a header if the table has one, so that the
 * file can be pasted beside the table. With data, the label follows the cells of the row.
 */
export function formatLabels(table: Table, samples: Samples, labels: Int32Array, withData: boolean): string {
  const ofRows = labelsOfRows(table.nRows, samples, labels).map((label) => label ?? '');
  if (!withData) {
    const title = table.dialect.hasHeader ? 'cluster\n' : '';
    return `${title}${ofRows.join('\n')}\n`;
  }
  const rows = table.cells!.map((cells, i) => [...cells, ofRows[i]!]);
  const header = table.header ? [[...table.header, titleBeside(table.header)]] : [];
  return formatCsv([...header, ...rows], table.dialect.delimiter);
}

/** Cluster, size and centroid of each cluster, a column of the data in each further column. */
export function formatCentroids(names: string[], counts: Float64Array, centroids: number[][]): string {
  return formatCsv([['cluster', 'size', ...names], ...centroids.map((row, i) => [i, counts[i]!, ...row])]);
}

export function titleBeside(header: string[]): string {
  let title = 'cluster';
  while (header.includes(title)) title = `kmeans_${title}`;
  return title;
}

function quoteCell(cell: string, delimiter: string): string {
  const needed = /["\r\n]/.test(cell) || cell.includes(delimiter) || cell !== cell.trim() || cell === '';
  const blanks = delimiter === ' ' && /\s/.test(cell);
  if (cell === '' && delimiter !== ' ') return '';
  return needed || blanks ? `"${cell.replaceAll('"', '""')}"` : cell;
}
