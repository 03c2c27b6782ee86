import { rangeError, typeError } from '../errors.js';
import type { NumericArray } from '../types.js';
import { precisionOf } from './kind.js';
import type { Source } from './source.js';

/** One flat typed array, row by row. */
export function flatSource(values: NumericArray, nFeatures: number | undefined): Source {
  if (nFeatures === undefined)
    throw typeError(
      'ERR_DATA_TYPE',
      'the data is one flat typed array: give the features of a sample as options.nFeatures',
    );
  if (values.length % nFeatures !== 0)
    throw rangeError(
      'ERR_RAGGED_DATA',
      `${values.length} values are no whole number of rows of nFeatures = ${nFeatures}`,
    );
  return {
    nSamples: values.length / nFeatures,
    nFeatures,
    precision: precisionOf(values),
    write: (target, from, to) => target.set(values.subarray(from * nFeatures, to * nFeatures)),
  };
}
