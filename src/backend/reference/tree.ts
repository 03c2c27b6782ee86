import type { Kernels } from '../backend.js';
import { sumsEntryLength } from '../shapes.js';
import type { Arithmetic } from './arithmetic.js';

/** The filtering algorithm, without cutting any box. */
export function treeKernels(
  arithmetic: Arithmetic,
): Pick<Kernels, 'countCells' | 'fillCells' | 'plantTree' | 'filter' | 'spreadLabels'> {
  const { bytes, round, floats, f64, i32, u16, weightAt, addSample, addToEntry, wordsOf } = arithmetic;

  /** What kernels of the filtering algorithm need of their plan, see assembly/tree/plan.ts. */
  function treePlan(plan: number) {
    const [rows, rowBytes, d, , labels, weights, nodes, nodeSums, sums, list, listEnd] = wordsOf(plan);
    const [sampleLabels, source, sourceStride, cuts, levels, cells] = wordsOf(plan + 60);
    const [grid, gridBits] = wordsOf(plan + 168);
    const own = { rows, rowBytes, d, labels, weights, nodes, nodeSums, sums, list, k: (listEnd - list) / 4 };
    return { ...own, sampleLabels, source, sourceStride, cuts, levels, cells: cells / 2, grid, gridBits };
  }

  return {
    countCells(plan, from, n, counts) {
      const { d, source, sourceStride, cuts, levels, cells, grid, gridBits } = treePlan(plan);
      const roots = 2 ** levels;
      const v = floats();
      i32().fill(0, counts / 4, counts / 4 + roots);
      for (let i = from; i < from + n; i++) {
        let cell = 0;
        for (let f = 0; f < d; f++) {
          const [begin, scale] = [v[(grid + f * 16) / bytes]!, v[(grid + f * 16 + 8) / bytes]!];
          const along = round(round(v[source / bytes + f * sourceStride + i]! - begin) * scale);
          cell = cell * 2 ** gridBits + (Math.trunc(Math.min(Math.max(along, 0), 2 ** gridBits - 1)) || 0);
        }
        let cut = u16()[grid / 2 + d * 8 + cell]!;
        while (cut < roots) {
          const at = cuts + cut * 16;
          cut = 2 * cut + Number(v[(source + i32()[at / 4]!) / bytes + i]! >= v[(at + 8) / bytes]!);
        }
        u16()[cells + i] = cut - roots;
        i32()[counts / 4 + cut - roots]!++;
      }
    },

    fillCells(plan, from, n, starts) {
      const { d, source, sourceStride, rows, rowBytes, cells } = treePlan(plan);
      for (let i = from; i < from + n; i++) {
        const row = rows + i32()[starts / 4 + u16()[cells + i]!]!++ * rowBytes;
        for (let f = 0; f < d; f++) floats()[row / bytes + f] = floats()[source / bytes + f * sourceStride + i]!;
        i32()[(row + rowBytes) / 4 - 1] = i;
      }
    },

    /** Roots stay as they are, the samples in the order in which they came. */
    plantTree(plan, root, count) {
      const { d, labels, weights, nodes, nodeSums, sums, sampleLabels, rows, rowBytes } = treePlan(plan);
      const words = i32();
      for (let node = root / 4; node < root / 4 + count * 24; node += 24) {
        words[node + 22] = 1;
        words[node + 23] = -1;
        const entry = nodeSums / 8 + ((node * 4 - nodes) / 96) * sumsEntryLength(d);
        f64().fill(0, entry, entry + sumsEntryLength(d));
        const start = words[node + 20]!;
        for (let at = start; at < start + words[node + 21]!; at++) {
          const row = rows + at * rowBytes;
          const i = words[(row + rowBytes) / 4 - 1]!;
          words[labels / 4 + at] = words[sampleLabels / 4 + i]!;
          addToEntry(row / bytes, 1, d, weightAt(weights, i), sums / 8, entry);
        }
      }
    },

    /** Looks at every sample and centroid. */
    filter(plan, root, count) {
      const { rows, rowBytes, d, labels, weights, sums, list, k } = treePlan(plan);
      const v = floats();
      const words = i32();
      let changed = 0;
      for (let node = root / 4; node < root / 4 + count * 24; node += 24) {
        const owner = words[node + 23]!;
        words[node + 23] = -1;
        const start = words[node + 20]!;
        for (let at = start; at < start + words[node + 21]!; at++) {
          const row = rows + at * rowBytes;
          let best = Infinity;
          let to = 0;
          for (let j = 0; j < k; j++) {
            const record = (words[list / 4 + j]! + 32) / bytes;
            let score = v[record]!;
            for (let f = 0; f < d; f++) score = round(score + round(v[row / bytes + f]! * v[record + 1 + f]!));
            if (score < best) {
              best = score;
              to = j;
            }
          }
          const from = owner >= 0 ? owner : words[labels / 4 + at]!;
          words[labels / 4 + at] = to;
          if (to === from) continue;
          changed++;
          const w = weightAt(weights, words[(row + rowBytes) / 4 - 1]!);
          addSample(row / bytes, 1, d, w, sums / 8, to);
          addSample(row / bytes, 1, d, -w, sums / 8, from);
        }
      }
      return changed;
    },

    spreadLabels(plan, root, count) {
      const { rows, rowBytes, labels, sampleLabels } = treePlan(plan);
      const words = i32();
      for (let node = root / 4; node < root / 4 + count * 24; node += 24) {
        const owner = words[node + 23]!;
        const start = words[node + 20]!;
        for (let at = start; at < start + words[node + 21]!; at++) {
          const i = words[(rows + (at + 1) * rowBytes) / 4 - 1]!;
          words[sampleLabels / 4 + i] = owner >= 0 ? owner : words[labels / 4 + at]!;
        }
      }
    },
  };
}
