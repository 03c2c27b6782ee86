import { didYouMean } from './closest.js';
import { DataError, quote } from './failures.js';
import type { Column, Table } from './table-reader.js';

export interface ColumnChoice {
  /** What `--columns` names, or undefined for every column of numbers. */
  only?: string[];
  /** What `--exclude` names. */
  exclude: string[];
}

/**
 * The columns to cluster. Without `only`, columns that hold more texts than numbers are left out, and `note` says so.
 * A column is named by its header, by its number from 1, or with others by a range such as `2-5`.
 */
export function chooseColumns(table: Table, choice: ColumnChoice, note: (text: string) => void): Column[] {
  const excluded = new Set(choice.exclude.flatMap((name) => find(table, name)));
  if (choice.only) {
    const chosen = [...new Set(choice.only.flatMap((name) => find(table, name)))].filter((c) => !excluded.has(c));
    if (chosen.length === 0) throw new DataError('--exclude leaves none of the columns that --columns names');
    for (const column of chosen) {
      if (!isNumeric(column)) throw new DataError(`column ${title(column)} of ${table.source} ${whyNot(column)}`);
    }
    return chosen;
  }

  const rest = table.columns.filter((column) => !excluded.has(column));
  const chosen = rest.filter(isNumeric);
  if (chosen.length === 0) throw new DataError(noNumbers(table, rest));
  const left = rest.filter((column) => !isNumeric(column));
  if (left.length > 0) note(`left out ${describe(left)}`);
  return chosen;
}

/** A column as messages name it. */
export function title({ name, number }: Column): string {
  return name === String(number) ? name : quote(name);
}

function isNumeric({ numbers, texts }: Column): boolean {
  return numbers > texts;
}

function whyNot({ numbers, texts, faults }: Column): string {
  if (numbers + texts === 0) return 'is empty';
  return `does not hold numbers: line ${faults.first[0]!.line} ${faults.first[0]!.what}`;
}

function describe(columns: Column[]): string {
  const shown = columns.slice(0, 4).map((column) => {
    const { numbers, texts, faults } = column;
    return `${title(column)} (${numbers + texts === 0 ? 'empty' : quote(faults.first[0]!.cell)})`;
  });
  const more = columns.length > 4 ? ` and ${columns.length - 4} more` : '';
  const count = columns.length === 1 ? '1 column that does not hold' : `${columns.length} columns that do not hold`;
  return `${count} numbers: ${shown.join(', ')}${more}`;
}

function noNumbers({ source, ragged, dialect }: Table, columns: Column[]): string {
  if (columns.length === 0) return `--exclude leaves no column of ${source}`;
  const first = columns.find(({ texts }) => texts > 0)?.faults.first[0] ?? ragged.first[0];
  const where = first === undefined ? '' : `: line ${first.line} ${first.what}`;
  const cut = `cells are taken to be separated by ${delimiterNames[dialect.delimiter] ?? quote(dialect.delimiter)}`;
  return `${source} has no column of numbers${where}; ${cut} (--delimiter changes that)`;
}

const delimiterNames: Record<string, string> = {
  ',': 'commas',
  '\t': 'tabs',
  ';': 'semicolons',
  '|': 'bars',
  ' ': 'blanks',
};

function find({ columns, source, dialect }: Table, wanted: string): Column[] {
  const named = dialect.hasHeader ? columns.filter(({ name }) => name === wanted) : [];
  if (named.length > 1) {
    const numbers = named.map(({ number }) => number).join(' and ');
    throw new DataError(`${source} has more than one column ${quote(wanted)}: name it by its number, ${numbers}`);
  }
  if (named.length === 1) return named;

  const range = /^(\d+)(?:-(\d+))?$/.exec(wanted);
  if (!range)
    throw new DataError(`${source} has no column ${quote(wanted)}${hint(columns, wanted, dialect.hasHeader)}`);
  const from = Number(range[1]);
  const to = Number(range[2] ?? from);
  if (from > to) throw new DataError(`the range of columns ${wanted} ends before it begins`);
  if (from < 1 || to > columns.length) {
    throw new DataError(`${source} has columns 1 to ${columns.length}, not ${wanted}`);
  }
  return columns.slice(from - 1, to);
}

function hint(columns: Column[], wanted: string, hasHeader: boolean): string {
  if (!hasHeader) return `: no header was found (--header if the first row is one), so name columns by number`;
  const names = columns.map(({ name }) => name);
  const meant = didYouMean(wanted, names);
  if (meant) return meant;
  const shown = names.slice(0, 8).map(quote).join(', ');
  return `: its columns are ${shown}${names.length > 8 ? ', …' : ''}`;
}
