import { rangeError, typeError } from '../errors.js';
import type { FloatArray, NumericArray, Precision } from '../types.js';
import { describe, isNumericArray, precisionOf } from './kind.js';
import type { Source } from './source.js';

type Row = readonly number[] | NumericArray;

/** An array of rows, each an array of numbers or a typed array; all of one length. */
export function rowsSource(rows: readonly unknown[]): Source {
  const nFeatures = rows.length === 0 ? 0 : rowAt(rows, 0).length;
  return {
    nSamples: rows.length,
    nFeatures,
    precision: commonPrecision(rows),
    write: (target, from, to) => writeRows(rows, nFeatures, target, from, to),
  };
}

/** An array of numbers: n samples of one feature. */
export function valuesSource(values: readonly unknown[]): Source {
  return {
    nSamples: values.length,
    nFeatures: 1,
    precision: 'float64',
    write(target, from, to) {
      for (let i = from; i < to; i++) {
        const value = values[i];
        if (typeof value !== 'number')
          throw typeError(
            'ERR_DATA_TYPE',
            `row ${i} is ${describe(value)}; it must be a number like the rows before it`,
          );
        target[i - from] = value;
      }
    },
  };
}

function writeRows(rows: readonly unknown[], nFeatures: number, target: FloatArray, from: number, to: number): void {
  let at = 0;
  for (let i = from; i < to; i++) {
    const row = rowAt(rows, i);
    if (row.length !== nFeatures)
      throw rangeError(
        'ERR_RAGGED_DATA',
        `row ${i} has ${row.length} features, row 0 has ${nFeatures}; all rows must have the same`,
      );
    for (let f = 0; f < nFeatures; f++) {
      const value = row[f];
      if (typeof value !== 'number')
        throw typeError('ERR_DATA_TYPE', `row ${i}, column ${f} is ${describe(value)}; it must be a number`);
      target[at++] = value;
    }
  }
}

function rowAt(rows: readonly unknown[], i: number): Row {
  const row = rows[i];
  if (!Array.isArray(row) && !isNumericArray(row))
    throw typeError('ERR_DATA_TYPE', `row ${i} is ${describe(row)}; it must be an array of numbers or a typed array`);
  return row;
}

/** float32 only if every row is of a type that it holds. */
function commonPrecision(rows: readonly unknown[]): Precision {
  if (rows.length === 0 || Array.isArray(rows[0])) return 'float64';
  return rows.every((row) => isNumericArray(row) && precisionOf(row) === 'float32') ? 'float32' : 'float64';
}
