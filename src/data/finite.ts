import { rangeError } from '../errors.js';

export function nonFiniteError(value: number, row: number, column: number): RangeError {
  return rangeError('ERR_NON_FINITE', `row ${row}, column ${column} is ${value}; every value must be a finite number`);
}
