import { typeError } from '../errors.js';
import type { NdArrayLike } from '../types.js';
import { describe, isNumericArray, precisionOf } from './kind.js';
import type { Source } from './source.js';

/** An ndarray of shape [n, d]; any strides, any offset. */
export function ndarraySource(array: NdArrayLike): Source {
  const { data, shape, offset = 0 } = array;
  if (!Array.isArray(data) && !isNumericArray(data))
    throw typeError(
      'ERR_DATA_TYPE',
      `the ndarray's data is ${describe(data)}; it must be a typed array or an array of numbers`,
    );
  if (shape.length !== 2 || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw typeError('ERR_DATA_TYPE', `the ndarray's shape is [${shape.join(', ')}]; it must be [n, d]`);
  const [nSamples, nFeatures] = shape as readonly [number, number];
  const [rowStride, columnStride] = (array.stride ?? array.strides ?? [nFeatures, 1]) as readonly [number, number];

  // The elements at the corners are the first and the last that will be read.
  const rowSpan = (nSamples - 1) * rowStride;
  const columnSpan = (nFeatures - 1) * columnStride;
  const first = offset + Math.min(rowSpan, 0) + Math.min(columnSpan, 0);
  const last = offset + Math.max(rowSpan, 0) + Math.max(columnSpan, 0);
  if (nSamples * nFeatures > 0 && !(Number.isSafeInteger(first) && first >= 0 && last < data.length))
    throw typeError(
      'ERR_DATA_TYPE',
      `the ndarray's shape, strides and offset reach from element ${first} to ${last}, but its data has ${data.length}`,
    );

  return {
    nSamples,
    nFeatures,
    precision: precisionOf(data),
    write(target, from, to) {
      let at = 0;
      for (let i = from; i < to; i++) {
        let source = offset + i * rowStride;
        for (let f = 0; f < nFeatures; f++, source += columnStride) {
          const value = data[source];
          if (typeof value !== 'number')
            throw typeError('ERR_DATA_TYPE', `row ${i}, column ${f} is ${describe(value)}; it must be a number`);
          target[at++] = value;
        }
      }
    },
  };
}
