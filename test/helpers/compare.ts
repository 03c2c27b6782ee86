import { expect } from 'vitest';
import type { KMeansResult, NumericArray } from '../../src/types.js';

type Row = ArrayLike<number>;

/** Expects |actual − expected| ≤ tolerance × scale for every number; the scale is by default |expected|. */
export function expectClose(actual: Row, expected: Row, tolerance: number, scale?: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const allowed = tolerance * (scale ?? Math.abs(expected[i]!));
    const off = Math.abs(actual[i]! - expected[i]!);
    if (!(off <= allowed)) expect.fail(`value ${i}: ${actual[i]} is not ${expected[i]} ± ${allowed}`);
  }
}

/** The same for tables, row by row. */
export function expectRowsClose(actual: readonly Row[], expected: readonly Row[], tolerance: number, scale?: number) {
  expect(actual.length).toBe(expected.length);
  expected.forEach((row, i) => {
    expectClose(actual[i]!, row, tolerance, scale);
  });
}

/** Every bit of what a clustering found, as text: tells −0 from 0 and one NaN from another. */
export function bits(result: Pick<KMeansResult, 'labels' | 'centroids' | 'counts' | 'inertia' | 'iterations'>): string {
  const { labels, centroids, counts, inertia, iterations } = result;
  const parts = [labels, counts, Float64Array.of(inertia, iterations), ...centroids];
  return parts.map((part) => `${part.constructor.name}:${hex(part)}`).join(' ');
}

export function hex(array: NumericArray): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');
}

export function toRows(centroids: readonly Row[]): number[][] {
  return centroids.map((row) => Array.from(row));
}
