import type { FloatArray, Precision } from '../types.js';

// What assembly/constants.ts lays down, for those who size the buffers.

/** Up to this many features samples lie column by column. */
export const COLUMNS_MAX_D = 4;

export const bytesOf = (precision: Precision): number => (precision === 'float32' ? 4 : 8);

/** Centroids of a panel. */
export const panelWidth = (precision: Precision): number => 32 / bytesOf(precision);

/** Elements from one centroid to the next. */
export const centroidStride = (d: number): number => (d + 3) & ~3;

/** Bytes of a quantised centroid that lies in a row. */
export const quantisedRowBytes = (d: number): number => ((d + 7) & ~7) * 2 + 16;

/** Bytes of a candidate as estimates of seeding take it, and of a panel of eight; a value has `each`. */
export const candidateBytes = (d: number, each: number): number => (d * each + 3) & ~3;
export const candidatePanelBytes = (d: number, each: number): number => candidateBytes(d, each) * 8 + 64;

/** Values that `pack` writes. */
export const packedLength = (k: number, d: number, precision: Precision): number =>
  (d <= COLUMNS_MAX_D ? k : Math.ceil(k / panelWidth(precision)) * panelWidth(precision)) * (1 + d);

/** float64 of an entry of a block of sums: high sums, low sums, high and low count. */
export const sumsEntryLength = (d: number): number => 2 * sumsWidth(d) + 2;

/** float64 between the high and the low sums of an entry. */
export const sumsWidth = (d: number): number => (d + 1) & ~1;

/** A view of floats of either precision. */
export function floatView(buffer: ArrayBuffer, precision: Precision, pointer: number, length: number): FloatArray {
  return precision === 'float32'
    ? new Float32Array(buffer, pointer, length)
    : new Float64Array(buffer, pointer, length);
}

/** Zeros of either precision. */
export function floatArray(precision: Precision, length: number): FloatArray {
  return precision === 'float32' ? new Float32Array(length) : new Float64Array(length);
}
