import type { Kernels } from '../backend.js';
import { centroidStride, quantisedRowBytes } from '../shapes.js';
import type { Arithmetic } from './arithmetic.js';

/** Algorithms with bounds and estimates, without these. */
export function boundsKernels(
  arithmetic: Arithmetic,
  accumulate: Kernels['accumulate'],
): Pick<Kernels, 'packOrdered' | 'quantise' | 'packQuantised' | 'advance' | 'shorten'> {
  const { bytes, width, round, floats, i32, strides, sqNorm, memory } = arithmetic;

  return {
    packOrdered(centroids, order, panels, d, packed) {
      const v = floats();
      for (let q = 0; q < panels * width; q++) {
        const j = i32()[order / 4 + q]!;
        const c = centroids / bytes + j * centroidStride(d);
        const p = packed / bytes + (q - (q % width)) * (2 + d) + (q % width);
        v[p] = j;
        v[p + width] = j < 0 ? Infinity : sqNorm(c, d);
        for (let f = 0; f < d; f++) v[p + (2 + f) * width] = j < 0 ? 0 : -2 * v[c + f]!;
      }
    },

    quantise(x, n, d, stride, quantised, inverse, sqNorms, lost) {
      const v = floats();
      const pairs = Math.ceil(d / 2);
      const out = new Int16Array(memory.buffer, quantised, n * 2 * pairs);
      for (let i = 0; i < n; i++) {
        const row = v.subarray(x / bytes + i * stride, x / bytes + i * stride + d);
        const sums = [0, 0];
        let greatest = 0;
        row.forEach((value, f) => {
          sums[f & 1]! += value * value;
          greatest = Math.max(greatest, Math.abs(value));
        });
        const sum = sums[0]! + sums[1]!;
        v[sqNorms / bytes + i] = sum;
        const scale = sum > 1e-30 * 1e-30 ? Math.min(45000 / Math.sqrt(sum), 32767 / greatest) : 0;
        memory.views.float32[inverse / 4 + i] = scale > 0 ? 1 / scale : 0;
        let squares = 0;
        for (let f = 0; f < 2 * pairs; f++) {
          const value = f < d ? Math.fround(Math.fround(row[f]!) * Math.fround(scale)) : 0;
          const rounded = roundToEven(value);
          out[i * 2 * pairs + f] = rounded;
          squares += (value - rounded) ** 2;
        }
        memory.views.float32[lost / 4] = Math.max(memory.views.float32[lost / 4]!, squares);
      }
    },

    packQuantised(centroids, order, places, d, scale, packed, rows) {
      const v = floats();
      const pairs = Math.ceil(d / 2);
      const out = new DataView(memory.buffer);
      let greatest = 0;
      for (let q = 0; q < places; q++) {
        const j = i32()[order / 4 + q]!;
        const p = packed + (q >> 3) * (2 + pairs) * 32 + (q & 7) * 4;
        const row = rows + j * quantisedRowBytes(d);
        const c = centroids / bytes + j * centroidStride(d);
        const sums = [0, 0];
        const residuals = [0, 0];
        for (let f = 0; f < 2 * pairs; f++) {
          const value = j < 0 || f >= d ? 0 : v[c + f]!;
          const rounded = roundToEven(value * scale);
          out.setInt16(p + 64 + (f >> 1) * 32 + (f & 1) * 2, rounded, true);
          if (j >= 0) out.setInt16(row + 16 + f * 2, rounded, true);
          sums[f & 1]! += value * value;
          residuals[f & 1]! += (value - rounded / scale) * (value - rounded / scale);
        }
        const sum = sums[0]! + sums[1]!;
        out.setFloat32(p, j, true);
        out.setFloat32(p + 32, j < 0 ? Infinity : sum, true);
        if (j >= 0) out.setFloat32(row, sum, true);
        greatest = Math.max(greatest, residuals[0]! + residuals[1]!);
      }
      return greatest;
    },

    /** Looks at every centroid and leaves the bounds alone: labels and sums are what counts. */
    advance(plan, from, count) {
      const [x, d, stride, packed, panels] = i32().subarray(plan / 4, plan / 4 + 5) as unknown as [
        number,
        number,
        number,
        number,
        number,
      ];
      const labels = i32()[plan / 4 + 9]!;
      const [row, column] = strides(d, stride);
      const v = floats();
      for (let i = from; i < from + count; i++) {
        let best = Infinity;
        let label = Infinity;
        for (let q = 0; q < panels * width; q++) {
          const p = packed / bytes + (q - (q % width)) * (2 + d) + (q % width);
          let score = v[p + width]!;
          for (let f = 0; f < d; f++)
            score = round(score + round(v[x / bytes + i * row + f * column]! * v[p + (2 + f) * width]!));
          if (score < best || (score === best && v[p]! < label)) {
            best = score;
            label = v[p]!;
          }
        }
        i32()[labels / 4 + i] = label;
      }
      const [previous, sums, weights] = i32().subarray(plan / 4 + 35) as unknown as [number, number, number];
      const at = x + from * row * bytes;
      const weightsAt = weights && weights + from * 8;
      return accumulate(at, count, d, stride, labels + from * 4, previous + from * 4, sums, weightsAt) + 2 ** 32;
    },

    shorten(plan, from, count) {
      const addresses = i32().subarray(plan / 4, plan / 4 + 35);
      const [labels, safe, paths] = [addresses[9]! / 4, addresses[12]! / bytes, addresses[34]! / bytes];
      const v = floats();
      const down = 1 - (bytes === 4 ? 2 ** -22 : 2 ** -51);
      for (let i = from; i < from + count; i++)
        v[safe + i] = round(round(v[safe + i]! - v[paths + i32()[labels + i]!]!) * down);
    },
  };
}

/** Rounds halves to even, as the f32x4.nearest of WebAssembly does. */
function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
