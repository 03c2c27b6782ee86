import { rangeError, typeError } from '../errors.js';
import type { NumericArray } from '../types.js';
import { describe, isNumericArray, precisionOf } from './kind.js';
import type { Source } from './source.js';

/** A table, column by column; all columns of one length. */
export function columnsSource(columns: readonly (NumericArray | readonly number[])[]): Source {
  columns.forEach((column, f) => {
    if (!Array.isArray(column) && !isNumericArray(column))
      throw typeError(
        'ERR_DATA_TYPE',
        `column ${f} is ${describe(column)}; it must be a typed array or an array of numbers`,
      );
    if (column.length !== columns[0]!.length)
      throw rangeError(
        'ERR_RAGGED_DATA',
        `column ${f} has ${column.length} values, column 0 has ${columns[0]!.length}; all columns must have the same`,
      );
  });
  const nFeatures = columns.length;
  return {
    nSamples: columns[0]?.length ?? 0,
    nFeatures,
    precision: columns.every((column) => precisionOf(column) === 'float32') ? 'float32' : 'float64',
    write(target, from, to) {
      columns.forEach((column, f) => {
        for (let i = from, at = f; i < to; i++, at += nFeatures) {
          const value = column[i];
          if (typeof value !== 'number')
            throw typeError('ERR_DATA_TYPE', `row ${i}, column ${f} is ${describe(value)}; it must be a number`);
          target[at] = value;
        }
      });
    },
  };
}
