import { checkOptions, integer } from '../option-rules.js';
import type { Data } from '../types.js';
import { nonFiniteError } from './finite.js';
import { readSource } from './source.js';

export interface Rows {
  nSamples: number;
  nFeatures: number;
  /** n · d values, row by row. */
  values: Float64Array;
}

/**
 * A copy of the samples in float64, row by row, whatever their form.
 *
 * @throws ERR_DATA_TYPE, ERR_EMPTY_DATA, ERR_RAGGED_DATA, ERR_NON_FINITE, ERR_OPTION (nFeatures)
 */
export function readRows(data: Data, options: { nFeatures?: number } = {}): Rows {
  checkOptions(options, { nFeatures: integer(1) });
  const { nSamples, nFeatures, write } = readSource(data, options.nFeatures);
  const values = new Float64Array(nSamples * nFeatures);
  write(values, 0, nSamples);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw nonFiniteError(values[bad]!, Math.floor(bad / nFeatures), bad % nFeatures);
  return { nSamples, nFeatures, values };
}
