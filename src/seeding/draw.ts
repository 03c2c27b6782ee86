import type { Samples } from '../data/samples.js';
import type { Random } from '../types.js';

/** A sample, drawn in proportion to the weights. */
export function drawByWeight(samples: Samples, random: Random): number {
  const { weightValues: weights, n } = samples;
  if (!weights) return Math.floor(random() * n);
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i]!;
  return drawInProportion(weights, random() * total);
}

/** The first index at which the running sum exceeds a target; the last that adds to it where rounding leaves none. */
export function drawInProportion(weights: ArrayLike<number>, target: number): number {
  let sum = 0;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i]! <= 0) continue;
    sum += weights[i]!;
    last = i;
    if (sum > target) break;
  }
  return last;
}

/** Writes the running sums of values `from` … `to` − 1, those before being there; returns the last. */
export function accumulate(values: ArrayLike<number>, cumulative: Float64Array, from = 0, to = values.length): number {
  let sum = from > 0 ? cumulative[from - 1]! : 0;
  for (let i = from; i < to; i++) {
    sum += values[i]!;
    cumulative[i] = sum;
  }
  return sum;
}

/** Index of the first running sum above a target, or else the last index: by bisection. */
export function firstAbove(cumulative: Float64Array, target: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle]! > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
