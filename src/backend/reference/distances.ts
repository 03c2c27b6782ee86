import type { Kernels } from '../backend.js';
import { SILHOUETTE_HEADER, SILHOUETTE_ROWS } from '../layout.js';
import { COLUMNS_MAX_D, centroidStride } from '../shapes.js';
import type { Arithmetic } from './arithmetic.js';

/** Distances that somebody looks at: those of models, and of silhouettes. */
export function distancesKernels(
  arithmetic: Arithmetic,
): Pick<Kernels, 'packDirect' | 'panelDistances' | 'addDistances'> {
  const { bytes, width, round, floats, f64, i32, strides } = arithmetic;

  /** Σ (x − c)² feature by feature, to a lane of a panel. */
  function sqDistanceToLane(x: number, column: number, panel: number, lane: number, d: number): number {
    const v = floats();
    let sum = 0;
    for (let f = 0; f < d; f++) {
      const difference = round(v[x + f * column]! - v[panel + f * width + lane]!);
      sum = round(sum + round(difference * difference));
    }
    return sum;
  }

  return {
    packDirect(centroids, count, d, panel) {
      const v = floats();
      for (let lane = 0; lane < width; lane++)
        for (let f = 0; f < d; f++)
          v[panel / bytes + f * width + lane] =
            v[centroids / bytes + (lane < count ? lane : 0) * centroidStride(d) + f]!;
    },

    panelDistances(x, n, d, stride, panel, distances, outStride) {
      const [row, column] = strides(d, stride);
      for (let i = 0; i < n; i++)
        for (let lane = 0; lane < width; lane++)
          floats()[distances / bytes + i * outStride + lane] = sqDistanceToLane(
            x / bytes + i * row,
            column,
            panel / bytes,
            lane,
            d,
          );
    },

    addDistances(x, n, d, stride, labels, block, state) {
      const v = f64();
      const words = i32().subarray(block / 4);
      const others = (block + SILHOUETTE_HEADER) / 8;
      const [row, column] = strides(d, stride);
      const [otherRow, otherColumn] = strides(d, d <= COLUMNS_MAX_D ? SILHOUETTE_ROWS : d);
      for (let i = 0; i < n; i++) {
        const at = state / 8 + (i >> 2) * 12 + (i & 3);
        let r = 0;
        for (let piece = 2; r < words[0]!; piece += 3) {
          for (const end = r + words[piece]!; r < end; r++) {
            let sum = 0;
            for (let f = 0; f < d; f++) {
              const difference = v[others + r * otherRow + f * otherColumn]! - v[x / 8 + i * row + f * column]!;
              sum += difference * difference;
            }
            v[at] = v[at]! + (words[1] ? sum : Math.sqrt(sum));
          }
          const size = words[piece + 2]!;
          if (!size) continue;
          if (i32()[labels / 4 + i] === words[piece + 1]) v[at + 4] = v[at]!;
          else v[at + 8] = Math.min(v[at + 8]!, v[at]! / size);
          v[at] = 0;
        }
      }
    },
  };
}
