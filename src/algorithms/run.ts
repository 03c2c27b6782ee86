import type { Backend } from '../backend/backend.js';
import { CHUNK, type RunBuffers } from '../backend/layout.js';
import { bytesOf, centroidStride, floatArray, sumsEntryLength, sumsWidth } from '../backend/shapes.js';
import type { FeatureStatistics } from '../data/centre.js';
import { powerOfTwoAbove } from '../data/power-of-two.js';
import { callRows, forPasses, type Samples } from '../data/samples.js';
import type { FloatArray } from '../types.js';

/** The state of one run, k centroids among n samples, and the steps that algorithms are made of. */
export class Run {
  constructor(
    /** May be replaced by others, as many or fewer. */
    public samples: Samples,
    readonly k: number,
    /** Whether centroids are scaled to length 1. */
    readonly spherical: boolean,
    readonly buffers: RunBuffers,
    statistics: FeatureStatistics,
    maxWeight: number,
    /** Whose kernels compare samples with centroids; all else is the samples' own backend's. */
    readonly backend: Backend = samples.workspace.backend,
  ) {
    this.writeGrids(statistics.magnitude, maxWeight);
  }

  /** Begins anew from the centroids that stand in `buffers.centroids`. */
  restart(): void {
    this.forgetLabels();
    this.sums().fill(0);
  }

  /** The samples belong to no sum any more: `accumulate` will add all of them. */
  forgetLabels(): void {
    this.samples.workspace.int32(this.buffers.previous, this.samples.n).fill(-1);
  }

  /** The k entries of the sums. */
  sums(): Float64Array {
    const entry = sumsEntryLength(this.samples.d);
    return this.samples.workspace.float64(this.buffers.sums + entry * 8, this.k * entry);
  }

  /** Labels every sample with its nearest centroid. */
  assign(): void {
    const { samples, k, buffers } = this;
    const { kernels, d, stride, precision } = samples;
    const { assign } = this.backend.kernels[precision];
    kernels.pack(buffers.centroids, k, d, buffers.packed);
    forPasses(
      samples.n,
      (i, count) => assign(samples.at(i), count, d, stride, buffers.packed, k, buffers.labels + i * 4, buffers.best),
      callRows(k, d),
    );
  }

  /** Brings the sums up to the labels; returns how many labels changed. */
  accumulate(): number {
    let changed = 0;
    forPasses(this.samples.n, (i, count) => {
      changed += this.accumulateRange(i, count);
    });
    return changed;
  }

  /** The same for samples `i` … `i + count − 1` alone. */
  accumulateRange(i: number, count: number): number {
    const { samples, buffers } = this;
    return samples.kernels.accumulate(
      samples.at(i),
      count,
      samples.d,
      samples.stride,
      buffers.labels + i * 4,
      buffers.previous + i * 4,
      buffers.sums,
      samples.weightAt(i),
    );
  }

  /** Puts the mean of every cluster into `nextCentroids`; one without weight keeps its centroid. Counts follow. */
  moveCentroids(): void {
    const { samples, k, buffers } = this;
    const { kernels, d } = samples;
    kernels.moveCentroids(buffers.sums, k, d, buffers.centroids, buffers.nextCentroids, buffers.counts);
  }

  /** Brings the counts up to the sums, while the centroids stay. */
  countSamples(): void {
    const { samples, k, buffers } = this;
    const width = sumsWidth(samples.d);
    const entry = sumsEntryLength(samples.d);
    const sums = samples.workspace.float64(buffers.sums, (k + 1) * entry);
    const counts = this.counts();
    for (let j = 0; j < k; j++) counts[j] = sums[(j + 1) * entry + 2 * width]! + sums[(j + 1) * entry + 2 * width + 1]!;
  }

  /** Scales `nextCentroids` to length 1 where the metric asks for it. */
  normaliseNext(): void {
    if (this.spherical) this.normalise(this.buffers.nextCentroids);
  }

  /** Scales the centroids at an address to length 1. */
  normalise(centroids: number): void {
    const { samples, k } = this;
    const v = this.centroidsAt(centroids);
    const stride = centroidStride(samples.d);
    for (let j = 0; j < k; j++) {
      const row = v.subarray(j * stride, j * stride + samples.d);
      let sum = 0;
      for (const value of row) sum += value * value;
      const norm = Math.sqrt(sum);
      if (norm > 0) for (let f = 0; f < row.length; f++) row[f] = row[f]! / norm;
    }
  }

  /** Summed squared distance from `centroids` to `nextCentroids`. */
  shift(): number {
    const { samples, k, buffers } = this;
    samples.kernels.sqShifts(buffers.centroids, buffers.nextCentroids, k, samples.d, buffers.sqShifts);
    return samples.workspace.float64(buffers.sqShifts, k).reduce((sum, value) => sum + value, 0);
  }

  /** Makes the next centroids the current ones. */
  swap(): void {
    const { centroids, nextCentroids } = this.buffers;
    this.buffers.centroids = nextCentroids;
    this.buffers.nextCentroids = centroids;
  }

  /** Fills `distances` with the squared distance of every sample to its labelled centroid. */
  measure(): void {
    const { samples, buffers } = this;
    const { kernels, d, stride } = samples;
    const bytes = bytesOf(samples.precision);
    forPasses(samples.n, (i, count) =>
      kernels.sqDistances(
        samples.at(i),
        count,
        d,
        stride,
        buffers.centroids,
        buffers.labels + i * 4,
        buffers.distances + i * bytes,
      ),
    );
  }

  /** Adds Σ w · squared distance of the samples to their centroids to a sum: per chunk in order, then the chunks in order. */
  inertia(sum = 0): number {
    const { samples, buffers } = this;
    const bytes = bytesOf(samples.precision);
    this.measure();
    forPasses(
      samples.n,
      (i, count) => {
        sum += samples.kernels.weightedSum(buffers.distances + i * bytes, count, samples.weightAt(i));
      },
      CHUNK,
    );
    return sum;
  }

  labels(): Int32Array {
    return this.samples.workspace.int32(this.buffers.labels, this.samples.n);
  }

  counts(): Float64Array {
    return this.samples.workspace.float64(this.buffers.counts, this.k);
  }

  distances(): FloatArray {
    return this.samples.workspace.floats(this.samples.precision, this.buffers.distances, this.samples.n);
  }

  /** k rows of centroidStride(d) at an address. */
  centroidsAt(pointer: number): FloatArray {
    const { workspace, precision, d } = this.samples;
    return workspace.floats(precision, pointer, this.k * centroidStride(d));
  }

  /** Writes k rows of d into `centroids`, zeros behind them. */
  setCentroids(values: ArrayLike<number>): void {
    const { d } = this.samples;
    const stride = centroidStride(d);
    for (const pointer of [this.buffers.centroids, this.buffers.nextCentroids]) {
      const target = this.centroidsAt(pointer).fill(0);
      for (let j = 0; j < this.k; j++) for (let f = 0; f < d; f++) target[j * stride + f] = values[j * d + f]!;
    }
  }

  /** A copy of the centroids at an address, k rows of d without gaps. */
  copyCentroids(pointer = this.buffers.centroids): FloatArray {
    const { d } = this.samples;
    const stride = centroidStride(d);
    const source = this.centroidsAt(pointer);
    const copy = floatArray(this.samples.precision, this.k * d);
    for (let j = 0; j < this.k; j++) copy.set(source.subarray(j * stride, j * stride + d), j * d);
    return copy;
  }

  /**
   * The constants C and C₂ of the exact sums: 1.5 · 2⁵² times the grids, the coarse one such that sums of n values up to the
   * greatest are exact, the fine one as far below it again.
   */
  writeGrids(magnitude: Float64Array, maxWeight: number, n = this.samples.n): void {
    const { samples, buffers } = this;
    const { d } = samples;
    const grids = samples.workspace.float64(buffers.sums, sumsEntryLength(d)).fill(0);
    const width = sumsWidth(d);
    const room = 2 * powerOfTwoAbove(n + 1);
    const set = (greatest: number, at: number, low: number) => {
      if (greatest === 0) return;
      const coarse = 1.5 * powerOfTwoAbove(greatest) * room;
      grids[at] = coarse;
      grids[at + low] = coarse * room * 2 ** -52;
    };
    for (let f = 0; f < d; f++) set(magnitude[f]! * maxWeight, f, width);
    set(maxWeight, 2 * width, 1);
  }
}
