import type { NumericArray, Precision } from '../types.js';

/** A typed array of numbers; not one of BigInts, nor a DataView. */
export function isNumericArray(value: unknown): value is NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !/^Big/.test(typeName(value));
}

/** float32 where it holds every value of the array, so that nothing is lost; else float64. */
export function precisionOf(values: NumericArray | readonly number[]): Precision {
  if (Array.isArray(values)) return 'float64';
  return /^(Float32|U?[Ii]nt(8|16)|Uint8Clamped)Array$/.test(typeName(values)) ? 'float32' : 'float64';
}

export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 20))}`;
  if (typeof value === 'object') return `an object of type ${typeName(value)}`;
  return `a ${typeof value}`;
}

const typeName = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);
