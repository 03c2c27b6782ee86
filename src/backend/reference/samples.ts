import type { Kernels } from '../backend.js';
import { COLUMNS_MAX_D } from '../shapes.js';
import type { Arithmetic } from './arithmetic.js';

/** Samples: how they lie, where they are, how far they spread. */
export function samplesKernels(
  arithmetic: Arithmetic,
): Pick<
  Kernels,
  'toColumns' | 'gather' | 'addFeatureSums' | 'addFeatureSpread' | 'subtractShift' | 'moveRows' | 'normalise'
> {
  const { bytes, round, floats, f64, i32, strides, inStripes } = arithmetic;

  /** Adds n values to a cell in stripes i mod 4, where samples lie in rows a block of 64 at a time. */
  function addStripes(n: number, d: number, cell: number, valueAt: (i: number) => number): void {
    const block = d <= COLUMNS_MAX_D ? n : 64;
    for (let from = 0; from < n; from += block) {
      f64()[cell]! += inStripes(Math.min(block, n - from), (i) => valueAt(from + i));
    }
  }

  return {
    toColumns(rows, n, d, columns, stride) {
      const v = floats();
      for (let i = 0; i < n; i++)
        for (let f = 0; f < d; f++) v[columns / bytes + f * stride + i] = v[rows / bytes + i * d + f]!;
    },

    gather(x, d, stride, indices, n, target, targetStride) {
      const [row, column] = strides(d, stride);
      const [targetRow, targetColumn] = strides(d, targetStride);
      const v = floats();
      for (let i = 0; i < n; i++) {
        const from = x / bytes + i32()[indices / 4 + i]! * row;
        for (let f = 0; f < d; f++) v[target / bytes + i * targetRow + f * targetColumn] = v[from + f * column]!;
      }
    },

    addFeatureSums(x, n, d, stride, sums) {
      const [row, column] = strides(d, stride);
      for (let f = 0; f < d; f++) addStripes(n, d, sums / 8 + f, (i) => floats()[x / bytes + i * row + f * column]!);
    },

    addFeatureSpread(x, n, d, stride, means, spread) {
      const [row, column] = strides(d, stride);
      const v = f64();
      for (let f = 0; f < d; f++) {
        const mean = v[means / 8 + f]!;
        const cell = spread / 8 + f;
        addStripes(n, d, cell, (i) => {
          const value = floats()[x / bytes + i * row + f * column]!;
          v[cell + d] = Math.min(v[cell + d]!, value);
          v[cell + 2 * d] = Math.max(v[cell + 2 * d]!, value);
          return (value - mean) * (value - mean);
        });
      }
    },

    subtractShift(x, n, d, stride, shift) {
      const [row, column] = strides(d, stride);
      const v = floats();
      for (let i = 0; i < n; i++)
        for (let f = 0; f < d; f++) {
          const at = x / bytes + i * row + f * column;
          v[at] = v[at]! - v[shift / bytes + f]!;
        }
    },

    moveRows(x, n, d, shift, places, kept) {
      const v = floats();
      let count = 0;
      for (let i = 0; i < n * d; i++) {
        const at = x / bytes + i;
        const given = v[at]!;
        const by = v[shift / bytes + (i % d)]!;
        v[at] = given - by;
        if (Object.is(round(v[at]! + by), given)) continue;
        i32()[places / 4 + count] = i;
        v[kept / bytes + count++] = given;
      }
      return count;
    },

    normalise(x, n, d, stride) {
      const [row, column] = strides(d, stride);
      const v = floats();
      for (let i = 0; i < n; i++) {
        const start = x / bytes + i * row;
        let sum = 0;
        for (let f = 0; f < d; f++) sum += v[start + f * column]! * v[start + f * column]!;
        // Where squares underflow, all values are scaled by a power of two first.
        const factor = sum < 2 ** -800 ? 2 ** 512 : 1;
        if (factor > 1) {
          sum = 0;
          for (let f = 0; f < d; f++) sum += (v[start + f * column]! * factor) ** 2;
        }
        if (sum === 0) continue;
        const norm = Math.sqrt(sum);
        for (let f = 0; f < d; f++) v[start + f * column] = (v[start + f * column]! * factor) / norm;
      }
    },
  };
}
