import type { ColumnChoice } from './column-choice.js';
import type { Dialect } from './dialect.js';
import { UsageError } from './failures.js';
import type { OptionTable, OptionValues } from './option-values.js';
import type { MissingPolicy } from './samples.js';

/** How to read a table of samples: what both commands ask. */
export interface ReadingArguments {
  /** `-` is standard input. */
  file: string;
  forced: Partial<Dialect>;
  columns: ColumnChoice;
  missing: MissingPolicy;
}

export const readingOptions: OptionTable = {
  columns: { type: 'string', short: 'c', multiple: true },
  exclude: { type: 'string', short: 'x', multiple: true },
  header: { type: 'boolean' },
  'no-header': { type: 'boolean' },
  delimiter: { type: 'string', short: 'd' },
  'decimal-comma': { type: 'boolean' },
  missing: { type: 'string' },
};

export function readingArguments(values: OptionValues, file: string): ReadingArguments {
  const forced: Partial<Dialect> = {};
  const hasHeader = values.either('header');
  if (hasHeader !== undefined) forced.hasHeader = hasHeader;
  const delimiter = values.text('delimiter');
  if (delimiter !== undefined) forced.delimiter = delimiterCalled(delimiter);
  if (values.flag('decimal-comma')) forced.decimalComma = true;
  if (forced.decimalComma && forced.delimiter === ',') {
    throw new UsageError('with --decimal-comma, commas cannot be the --delimiter too');
  }

  const only = values.list('columns');
  const columns: ColumnChoice = { exclude: values.list('exclude') ?? [], ...(only && { only }) };
  return { file, forced, columns, missing: values.oneOf('missing', ['error', 'drop']) ?? 'error' };
}

const delimitersByName: Record<string, string> = {
  comma: ',',
  tab: '\t',
  '\\t': '\t',
  semicolon: ';',
  pipe: '|',
  space: ' ',
};

function delimiterCalled(text: string): string {
  const delimiter = delimitersByName[text] ?? text;
  if (delimiter.length === 1 && !/["\r\n0-9]/.test(delimiter)) return delimiter;
  const names = Object.keys(delimitersByName).filter((name) => name !== '\\t');
  throw new UsageError(`--delimiter must be one character or ${names.join(', ')}, not ${JSON.stringify(text)}`);
}
