import { rangeError } from '../errors.js';
import type { Precision } from '../types.js';

/** The error for a value that is not finite, or is no more once it is rounded to float32. */
export function nonFiniteError(value: number, row: number, column: number, precision?: Precision): RangeError {
  const rounded = precision === 'float32' && Math.abs(value) === Infinity ? ' in float32' : '';
  return rangeError(
    'ERR_NON_FINITE',
    `row ${row}, column ${column} is ${value}${rounded}; every value must be a finite number`,
  );
}
