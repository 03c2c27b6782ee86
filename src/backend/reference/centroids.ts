import type { Kernels } from '../backend.js';
import { COLUMNS_MAX_D, centroidStride, sumsEntryLength, sumsWidth } from '../shapes.js';
import type { Arithmetic } from './arithmetic.js';

/** An iteration of Lloyd's algorithm: labels, sums, new centroids. */
export function centroidsKernels(
  arithmetic: Arithmetic,
): Pick<
  Kernels,
  | 'pack'
  | 'assign'
  | 'assignEstimated'
  | 'sqDistances'
  | 'weightedSum'
  | 'accumulate'
  | 'moveCentroids'
  | 'sqShifts'
  | 'iterate'
> {
  const {
    bytes,
    width,
    round,
    floats,
    f64,
    i32,
    strides,
    weightAt,
    weightedStripes,
    sqDistance,
    sqNorm,
    addSample,
    wordsOf,
  } = arithmetic;

  /** Where in the packed centroids the value of row f (0: the norm) of centroid j stands. */
  const packedIndex = (j: number, f: number, d: number): number =>
    d <= COLUMNS_MAX_D ? j * (1 + d) + f : (j - (j % width)) * (1 + d) + f * width + (j % width);

  function assign(x: number, n: number, d: number, stride: number, packed: number, k: number, labels: number): void {
    const [row, column] = strides(d, stride);
    const v = floats();
    for (let i = 0; i < n; i++) {
      const start = x / bytes + i * row;
      let best = Infinity;
      let label = 0;
      for (let j = 0; j < k; j++) {
        let score = v[packed / bytes + packedIndex(j, 0, d)]!;
        for (let f = 0; f < d; f++)
          score = round(score + round(v[start + f * column]! * v[packed / bytes + packedIndex(j, 1 + f, d)]!));
        if (score < best) {
          best = score;
          label = j;
        }
      }
      i32()[labels / 4 + i] = label;
    }
  }

  return {
    pack(centroids, k, d, packed) {
      const v = floats();
      const lanes = d <= COLUMNS_MAX_D ? k : Math.ceil(k / width) * width;
      for (let j = 0; j < lanes; j++) {
        const c = centroids / bytes + j * centroidStride(d);
        v[packed / bytes + packedIndex(j, 0, d)] = j < k ? sqNorm(c, d) : Infinity;
        for (let f = 0; f < d; f++) v[packed / bytes + packedIndex(j, 1 + f, d)] = j < k ? -2 * v[c + f]! : 0;
      }
    },

    assign,

    /** Looks at every centroid. */
    assignEstimated(plan, from, count) {
      const [x, d, stride, labels, k, , packed] = wordsOf(plan);
      assign(x + from * strides(d, stride)[0] * bytes, count, d, stride, packed, k, labels + from * 4);
      return count * k;
    },

    sqDistances(x, n, d, stride, centroids, labels, distances) {
      const [row, column] = strides(d, stride);
      for (let i = 0; i < n; i++) {
        const c = centroids / bytes + i32()[labels / 4 + i]! * centroidStride(d);
        floats()[distances / bytes + i] = sqDistance(x / bytes + i * row, column, c, d);
      }
    },

    weightedSum: weightedStripes,

    accumulate(x, n, d, stride, labels, previous, sums, weights) {
      const [row, column] = strides(d, stride);
      const v = i32();
      let changed = 0;
      for (let i = 0; i < n; i++) {
        const to = v[labels / 4 + i]!;
        const from = v[previous / 4 + i]!;
        if (to === from) continue;
        changed++;
        v[previous / 4 + i] = to;
        const start = x / bytes + i * row;
        addSample(start, column, d, weightAt(weights, i), sums / 8, to);
        if (from >= 0) addSample(start, column, d, -weightAt(weights, i), sums / 8, from);
      }
      return changed;
    },

    moveCentroids(sums, k, d, old, centroids, counts) {
      const v = floats();
      const s = f64();
      const low = sumsWidth(d);
      for (let j = 0; j < k; j++) {
        const entry = sums / 8 + (j + 1) * sumsEntryLength(d);
        const offset = j * centroidStride(d);
        const count = s[entry + 2 * low]! + s[entry + 2 * low + 1]!;
        for (let f = 0; f < d; f++)
          v[centroids / bytes + offset + f] =
            count > 0 ? quotient(s[entry + f]!, s[entry + low + f]!, count) : v[old / bytes + offset + f]!;
        s[counts / 8 + j] = count;
      }
    },

    sqShifts(before, after, k, d, out) {
      const v = floats();
      for (let j = 0; j < k; j++) {
        let sum = 0;
        for (let f = 0; f < d; f++) {
          const at = j * centroidStride(d) + f;
          const shift = v[after / bytes + at]! - v[before / bytes + at]!;
          sum += shift * shift;
        }
        f64()[out / 8 + j] = sum;
      }
    },

    /** Leaves it to the caller, who has the other kernels for it. */
    iterate: () => 0,
  };
}

/** (high + low) / count: a quotient of the rounded sum, then one more for what it left (Dekker 1971). */
function quotient(high: number, low: number, count: number): number {
  const sum = high + low;
  const lowPart = sum - high;
  const lost = high - (sum - lowPart) + (low - lowPart);
  const q = sum / count;
  const product = q * count;
  const qHigh = upperHalf(q);
  const qLow = q - qHigh;
  const countHigh = upperHalf(count);
  const countLow = count - countHigh;
  const error = qHigh * countHigh - product + qHigh * countLow + qLow * countHigh + qLow * countLow;
  return q + (sum - product - error + lost) / count;
}

/** The upper 26 bits of a float64 (Veltkamp's splitting). */
function upperHalf(value: number): number {
  const scaled = value * 134217729;
  return scaled - (scaled - value);
}
