import { rangeError, typeError } from '../errors.js';
import type { Columns, Data, FloatArray, NdArrayLike, Precision } from '../types.js';
import { columnsSource } from './columns.js';
import { flatSource } from './flat.js';
import { describe, isNumericArray } from './kind.js';
import { Matrix } from './matrix.js';
import { ndarraySource } from './ndarray.js';
import type { Resident } from './resident.js';
import { rowsSource, valuesSource } from './rows.js';

/** Samples in whatever form they came, read row by row. */
export interface Source {
  readonly nSamples: number;
  readonly nFeatures: number;
  /** What `precision: 'auto'` means for this form. */
  readonly precision: Precision;
  /** Writes rows `from` … `to` − 1, one behind the other. */
  write(target: FloatArray, from: number, to: number): void;
  /** Where the samples already are in the library's memory, row by row. */
  readonly resident?: Resident;
}

/**
 * Recognises the form of the data and checks its shape.
 *
 * @param nFeatures features of a sample, needed where the data is one flat typed array
 * @throws ERR_DATA_TYPE, ERR_EMPTY_DATA, ERR_RAGGED_DATA
 */
export function readSource(data: Data, nFeatures?: number): Source {
  const source = recognise(data, nFeatures);
  if (source.nSamples === 0) throw rangeError('ERR_EMPTY_DATA', 'the data has no samples; there must be at least one');
  if (source.nFeatures === 0)
    throw rangeError('ERR_EMPTY_DATA', 'the samples have no features; there must be at least one');
  return source;
}

function recognise(data: unknown, nFeatures: number | undefined): Source {
  if (data instanceof Matrix) return data.source();
  if (isNumericArray(data)) return flatSource(data, nFeatures);
  if (Array.isArray(data)) return typeof data[0] === 'number' ? valuesSource(data) : rowsSource(data);
  if (typeof data === 'object' && data !== null) {
    if (Array.isArray((data as Columns).columns)) return columnsSource((data as Columns).columns);
    if (Array.isArray((data as NdArrayLike).shape) && 'data' in data) return ndarraySource(data as NdArrayLike);
  }
  throw typeError(
    'ERR_DATA_TYPE',
    `the data is ${describe(data)}; it must be an array of rows, an array of numbers, a typed array with nFeatures, ` +
      'a matrix, an ndarray { data, shape } or { columns }',
  );
}
