import { inParts, now, type Pace, type Work } from '../backend/pass.js';
import { checkOptions, integer } from '../option-rules.js';
import type { Data } from '../types.js';
import { SLICE_VALUES } from './copy-samples.js';
import { nonFiniteError } from './finite.js';
import { readSource, type Source } from './source.js';

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
  return now(copyRows({ deferred: false }, readSource(data, options.nFeatures)));
}

/** The same as work, for those who may have to pause. */
export function* copyRows(pace: Pace, { nSamples, nFeatures, write }: Source): Work<Rows> {
  const values = new Float64Array(nSamples * nFeatures);
  const copy = (from: number, to: number) => {
    write(values.subarray(from * nFeatures, to * nFeatures), from, to);
    for (let at = from * nFeatures; at < to * nFeatures; at++)
      if (!Number.isFinite(values[at]!)) throw nonFiniteError(values[at]!, Math.floor(at / nFeatures), at % nFeatures);
  };
  yield* inParts(pace, nSamples, copy, Math.ceil(SLICE_VALUES / nFeatures));
  return { nSamples, nFeatures, values };
}
