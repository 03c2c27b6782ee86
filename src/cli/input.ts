import { formatPlural } from './number-format.js';
import type { ProgressLine } from './progress.js';
import type { ReadingArguments } from './reading-arguments.js';
import { readTable, type Table } from './table-reader.js';
import type { Terminal } from './terminal.js';
import { openText } from './text-source.js';

/** Opens and reads the table that the arguments name, telling how far it got. */
export async function readInput(
  { file, forced }: ReadingArguments,
  keepCells: boolean,
  { stdin }: Terminal,
  progress: ProgressLine,
): Promise<Table> {
  const source = await openText(file, stdin);
  const onRow = (rows: number) => {
    if (rows % 1000 === 0) progress.show(() => `reading: ${formatPlural(rows, 'row')}`);
  };
  return readTable(source, { forced, keepCells, onRow });
}
