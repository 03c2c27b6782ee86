import type { Kernels } from '../backend.js';
import { centroidStride } from '../shapes.js';
import type { Arithmetic } from './arithmetic.js';

/** Seeding, measuring every sample and candidate. */
export function seedingKernels(
  arithmetic: Arithmetic,
): Pick<Kernels, 'seedThresholds' | 'packCandidates' | 'quantiseBlocks' | 'candidateGains' | 'takeSeed'> {
  const { bytes, floats, f64, i32, strides, weightAt, sqDistance, weightedStripes, wordsOf, precision } = arithmetic;

  /** What the kernels of seeding need of their plan, see assembly/seed.ts. */
  function seedPlan(plan: number) {
    const [x, d, stride, weights, closest, nearest, improved, candidates, trials, gains] = wordsOf(plan);
    return { x, d, stride, weights, closest, nearest, improved, candidates, trials, gains };
  }

  return {
    seedThresholds(seeds, count, d, candidates, trials, thresholds) {
      const row = centroidStride(d);
      const [epsilon, tiny] = precision === 'float32' ? [2 ** -24, 2 ** -149] : [2 ** -53, 2 ** -1074];
      const quarter = 0.25 * Math.max(1 - (4 * d + 64) * epsilon, 0);
      for (let s = 0; s < count; s++) {
        let least = Infinity;
        for (let t = 0; t < trials; t++)
          least = Math.min(least, sqDistance(seeds / bytes + s * row, 1, candidates / bytes + t * row, d));
        floats()[thresholds / bytes + s] = least * quarter - 16 * d * tiny;
      }
    },

    // There are no estimates.
    packCandidates() {},
    quantiseBlocks() {},

    /** Measures every sample and candidate: what the thresholds and estimates rule out has no gain. */
    candidateGains(plan, from, count) {
      const { x, d, stride, weights, closest, improved, candidates, trials, gains } = seedPlan(plan);
      const [row, column] = strides(d, stride);
      const sums = new Float64Array(trials);
      let place = improved / 4 + from;
      for (let i = from; i < from + count; i++) {
        const own = floats()[closest / bytes + i]!;
        let hits = 0;
        for (let t = 0; t < trials; t++) {
          const square = sqDistance(x / bytes + i * row, column, candidates / bytes + t * centroidStride(d), d);
          if (!(square < own)) continue;
          sums[t] = sums[t]! + weightAt(weights, i) * (own - square);
          hits |= 256 << t;
        }
        if (hits) i32()[place++] = hits + i - from;
      }
      if (place < improved / 4 + from + count) i32()[place] = 0;
      const v = f64();
      const at = gains / 8 + (from >> 8) * trials;
      for (let t = 0; t < trials; t++) v[at + t] = v[at + t]! + sums[t]!;
    },

    takeSeed(plan, from, count, trial, seed) {
      const { x, d, stride, weights, closest, nearest, improved, candidates } = seedPlan(plan);
      const [row, column] = strides(d, stride);
      const candidate = candidates / bytes + trial * centroidStride(d);
      for (let at = from; at < from + count && i32()[improved / 4 + at]; at++) {
        const entry = i32()[improved / 4 + at]!;
        if (!((entry >> (8 + trial)) & 1)) continue;
        const i = from + (entry & 255);
        floats()[closest / bytes + i] = sqDistance(x / bytes + i * row, column, candidate, d);
        i32()[nearest / 4 + i] = seed;
      }
      return weightedStripes(closest + from * bytes, count, weights && weights + from * 8);
    },
  };
}
