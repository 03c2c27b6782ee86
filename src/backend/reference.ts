import type { FloatArray, Precision } from '../types.js';
import type { Backend, Kernels, LinearMemory } from './backend.js';
import { SILHOUETTE_HEADER, SILHOUETTE_ROWS } from './layout.js';
import {
  bytesOf,
  COLUMNS_MAX_D,
  centroidStride,
  panelWidth,
  quantisedRowBytes,
  sumsEntryLength,
  sumsWidth,
} from './shapes.js';

/** The kernels in plain TypeScript: the oracle of the tests, and the fallback where WebAssembly or its SIMD is missing. */
export function createReferenceBackend(): Backend {
  const memory = new PlainMemory();
  const backend: Backend = {
    name: 'js',
    memory,
    kernels: { float32: referenceKernels(memory, 'float32'), float64: referenceKernels(memory, 'float64') },
    relaxed: () => backend,
  };
  return backend;
}

type Words = [number, number, number, number, number, number, number, number, number, number, number];

class PlainMemory implements LinearMemory {
  buffer = new ArrayBuffer(65536);
  /** Made anew with the buffer, so that the kernels need not make views in every call. */
  views = viewsOf(this.buffer);

  ensure(bytes: number): void {
    if (bytes <= this.buffer.byteLength) return;
    const grown = new ArrayBuffer(Math.ceil(bytes / 65536) * 65536);
    new Uint8Array(grown).set(new Uint8Array(this.buffer));
    this.buffer = grown;
    this.views = viewsOf(grown);
  }
}

const viewsOf = (buffer: ArrayBuffer) => ({
  float32: new Float32Array(buffer),
  float64: new Float64Array(buffer),
  int32: new Int32Array(buffer),
  uint16: new Uint16Array(buffer),
});

function referenceKernels(memory: PlainMemory, precision: Precision): Kernels {
  const bytes = bytesOf(precision);
  const width = panelWidth(precision);
  const round: (value: number) => number = precision === 'float32' ? Math.fround : (value) => value;
  const floats = (): FloatArray => memory.views[precision];
  const f64 = () => memory.views.float64;
  const i32 = () => memory.views.int32;
  const u16 = () => memory.views.uint16;
  /** Elements from sample to sample, from feature to feature. */
  const strides = (d: number, stride: number): [number, number] => (d <= COLUMNS_MAX_D ? [1, stride] : [stride, 1]);
  const weightAt = (weights: number, i: number): number => (weights ? f64()[weights / 8 + i]! : 1);

  /** Σ (x − c)² in four stripes f mod 4, merged as (s₀ + s₂) + (s₁ + s₃). */
  function sqDistance(x: number, column: number, c: number, d: number): number {
    const v = floats();
    const stripes = [0, 0, 0, 0];
    for (let f = 0; f < d; f++) {
      const difference = round(v[x + f * column]! - v[c + f]!);
      stripes[f & 3] = round(stripes[f & 3]! + round(difference * difference));
    }
    return round(round(stripes[0]! + stripes[2]!) + round(stripes[1]! + stripes[3]!));
  }

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

  function sqNorm(c: number, d: number): number {
    const v = floats();
    let sum = 0;
    for (let f = 0; f < d; f++) sum += v[c + f]! * v[c + f]!;
    return round(sum);
  }

  /** Where in the packed centroids the value of row f (0: the norm) of centroid j stands. */
  const packedIndex = (j: number, f: number, d: number): number =>
    d <= COLUMNS_MAX_D ? j * (1 + d) + f : (j - (j % width)) * (1 + d) + f * width + (j % width);

  /** Adds a value to a high and a low sum `low` apart; C and C₂ stand at the same distance. */
  function addExactly(value: number, grids: number, entry: number, low: number): void {
    const v = f64();
    const hi = value + v[grids]! - v[grids]!;
    const lo = value - hi + v[grids + low]! - v[grids + low]!;
    v[entry] = v[entry]! + hi;
    v[entry + low] = v[entry + low]! + lo;
  }

  /** Adds n values to a cell in stripes i mod 4, where samples lie in rows a block of 64 at a time. */
  function addStripes(n: number, d: number, cell: number, valueAt: (i: number) => number): void {
    const block = d <= COLUMNS_MAX_D ? n : 64;
    for (let from = 0; from < n; from += block) {
      const stripes = [0, 0, 0, 0];
      for (let i = from; i < Math.min(from + block, n); i++) stripes[i & 3]! += valueAt(i);
      f64()[cell]! += stripes[0]! + stripes[2]! + (stripes[1]! + stripes[3]!);
    }
  }

  function addSample(x: number, column: number, d: number, w: number, sums: number, cluster: number): void {
    addToEntry(x, column, d, w, sums, sums + (cluster + 1) * sumsEntryLength(d));
  }

  function addToEntry(x: number, column: number, d: number, w: number, grids: number, entry: number): void {
    const low = sumsWidth(d);
    for (let f = 0; f < d; f++) addExactly(w * floats()[x + f * column]!, grids + f, entry + f, low);
    addExactly(w, grids + 2 * low, entry + 2 * low, 1);
  }

  /** What kernels of the filtering algorithm need of their plan, see assembly/tree-plan.ts. */
  function treePlan(plan: number) {
    const [rows, rowBytes, d, , labels, weights, nodes, nodeSums, sums, list, listEnd] = wordsOf(plan);
    const [sampleLabels, source, sourceStride, cuts, levels, cells] = wordsOf(plan + 60);
    const own = { rows, rowBytes, d, labels, weights, nodes, nodeSums, sums, list, k: (listEnd - list) / 4 };
    return { ...own, sampleLabels, source, sourceStride, cuts, levels, cells: cells / 2 };
  }

  /** The first words of a plan. */
  const wordsOf = (plan: number): Words =>
    Array.from(i32().subarray(plan / 4, plan / 4 + 11), (word) => word >>> 0) as never;

  /** What the kernels of seeding need of their plan, see assembly/seed.ts. */
  function seedPlan(plan: number) {
    const [x, d, stride, weights, closest, nearest, improved, candidates, trials, gains] = wordsOf(plan);
    return { x, d, stride, weights, closest, nearest, improved, candidates, trials, gains };
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

    pack(centroids, k, d, packed) {
      const v = floats();
      const lanes = d <= COLUMNS_MAX_D ? k : Math.ceil(k / width) * width;
      for (let j = 0; j < lanes; j++) {
        const c = centroids / bytes + j * centroidStride(d);
        v[packed / bytes + packedIndex(j, 0, d)] = j < k ? sqNorm(c, d) : Infinity;
        for (let f = 0; f < d; f++) v[packed / bytes + packedIndex(j, 1 + f, d)] = j < k ? -2 * v[c + f]! : 0;
      }
    },

    assign(x, n, d, stride, packed, k, labels) {
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
    },

    sqDistances(x, n, d, stride, centroids, labels, distances) {
      const [row, column] = strides(d, stride);
      for (let i = 0; i < n; i++) {
        const c = centroids / bytes + i32()[labels / 4 + i]! * centroidStride(d);
        floats()[distances / bytes + i] = sqDistance(x / bytes + i * row, column, c, d);
      }
    },

    weightedSum(values, n, weights) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += floats()[values / bytes + i]! * weightAt(weights, i);
      return sum;
    },

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

    quantise(x, n, d, stride, quantised, inverse, sqNorms) {
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
        for (let f = 0; f < 2 * pairs; f++) {
          const value = f < d ? Math.fround(Math.fround(row[f]!) * Math.fround(scale)) : 0;
          out[i * 2 * pairs + f] = roundToEven(value);
        }
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
        let sum = 0;
        let residual = 0;
        for (let f = 0; f < 2 * pairs; f++) {
          const value = j < 0 || f >= d ? 0 : v[c + f]!;
          const rounded = roundToEven(value * scale);
          out.setInt16(p + 64 + (f >> 1) * 32 + (f & 1) * 2, rounded, true);
          if (rows && j >= 0) out.setInt16(row + 16 + f * 2, rounded, true);
          sum += value * value;
          residual += (value - rounded / scale) * (value - rounded / scale);
        }
        out.setFloat32(p, j, true);
        out.setFloat32(p + 32, j < 0 ? Infinity : sum, true);
        if (rows && j >= 0) out.setFloat32(row, sum, true);
        greatest = Math.max(greatest, residual);
      }
      return greatest;
    },

    /** Looks at every centroid and leaves the bounds alone: the labels are what counts. */
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
      return count;
    },

    countCells(plan, from, n, counts) {
      const { source, cuts, levels, cells } = treePlan(plan);
      const v = floats();
      i32().fill(0, counts / 4, counts / 4 + 2 ** levels);
      for (let i = from; i < from + n; i++) {
        let cut = 1;
        for (let level = 0; level < levels; level++) {
          const at = cuts + cut * 16;
          cut = 2 * cut + Number(v[(source + i32()[at / 4]!) / bytes + i]! >= v[(at + 8) / bytes]!);
        }
        u16()[cells + i] = cut - 2 ** levels;
        i32()[counts / 4 + cut - 2 ** levels]!++;
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
            let score = v[record + 1]!;
            for (let f = 0; f < d; f++) score = round(score + round(v[row / bytes + f]! * v[record + 2 + f]!));
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

    /** `candidateGains` needs no estimates here. */
    quantiseForSeeds() {},

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
      const stripes = [0, 0, 0, 0];
      for (let at = from; at < from + count && i32()[improved / 4 + at]; at++) {
        const entry = i32()[improved / 4 + at]!;
        if (!((entry >> (8 + trial)) & 1)) continue;
        const i = from + (entry & 255);
        floats()[closest / bytes + i] = sqDistance(x / bytes + i * row, column, candidate, d);
        i32()[nearest / 4 + i] = seed;
      }
      for (let a = 0; a < count; a++)
        stripes[a & 3] = stripes[a & 3]! + floats()[closest / bytes + from + a]! * weightAt(weights, from + a);
      return stripes[0]! + stripes[2]! + (stripes[1]! + stripes[3]!);
    },
  };
}

/** Rounds halves to even, as the f32x4.nearest of WebAssembly does. */
function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
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
