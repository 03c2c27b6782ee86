import type { Backend, Kernels } from '../backend/backend.js';
import { THREAD } from '../backend/errand.js';
import { BEST_BYTES, CHUNK, CHUNK_BYTES, distancesLayout, type RunBuffers } from '../backend/layout.js';
import { inParts, now, type RangeCall, type Work } from '../backend/pass.js';
import { bytesOf, centroidStride, floatArray, sumsWidth } from '../backend/shapes.js';
import { callRows, type Samples } from '../data/samples.js';
import type { FloatArray } from '../types.js';
import { ExactSums } from './exact-sums.js';

/** What a label that may change takes, in multiply-adds. */
const ACCUMULATE_WORK = 4;

/** The state of one run, k centroids among n samples, and the steps that algorithms are made of. */
export class Run {
  /** d: no |value| of the samples is greater. */
  readonly magnitude: Float64Array;
  readonly sums: ExactSums;
  /** Writes the labels before they are read, where an algorithm keeps them elsewhere. */
  writeLabels: (() => Work) | undefined;
  /** Address of the distances of all samples, where somebody took room for them. */
  distancesAt = 0;

  constructor(
    /** May be replaced by others, as many or fewer. */
    public samples: Samples,
    readonly k: number,
    /** Whether centroids are scaled to length 1. */
    readonly spherical: boolean,
    readonly buffers: RunBuffers,
    { magnitude }: { magnitude: Float64Array },
    maxWeight: number,
    /** Whose kernels compare samples with centroids; all else is the samples' own backend's. */
    readonly backend: Backend = samples.workspace.backend,
  ) {
    this.magnitude = magnitude;
    this.sums = new ExactSums(samples.workspace, buffers.sums, k, samples.d);
    this.sums.writeGrids(magnitude, maxWeight, samples.n);
  }

  /** Begins anew from the centroids that stand in `buffers.centroids`. */
  *restart(): Work {
    // The samples belong to no sum any more: `accumulate` will add all of them.
    yield* this.samples.fill(this.buffers.previous, Int32Array.of(-1));
    this.sums.clearAll();
  }

  /** Labels every sample with its nearest centroid, … */
  *assign(): Work {
    yield* this.samples.send(this.assignment(), this.callRows(), this.backend, this.k * this.samples.d);
  }

  /** … and, in the same pass, brings the sums up to the labels; returns how many labels changed. */
  *assignAndAccumulate(): Work<number> {
    const assign = this.assignment();
    return yield* this.sumUp(
      (kernels, i, count, thread) => {
        assign(kernels, i, count, thread);
        return this.accumulateRange(i, count, kernels, thread);
      },
      this.callRows(),
      this.backend,
      this.k * this.samples.d + ACCUMULATE_WORK,
    );
  }

  /**
   * Labels samples that belong to no sum, adds them to the sums and takes their inertia, in one pass: `assign`, `accumulate` and
   * `inertia` with the same bits. There has to be room for their distances.
   */
  *labelOnce(): Work {
    const { samples, k, buffers, backend } = this;
    const assign = this.assignment();
    yield* this.sumUp(
      (kernels, i, count, thread) => {
        assign(kernels, i, count, thread);
        this.accumulateRange(i, count, kernels, thread);
        const to = this.distancesAt + i * bytesOf(samples.precision);
        this.measureRange(kernels, i, count, to);
        return kernels.weightedSum(to, count, samples.weightAt(i));
      },
      CHUNK,
      backend,
      k * samples.d,
      buffers.values,
    );
  }

  private assignment(): RangeCall {
    const { samples, k, buffers } = this;
    const { d, stride } = samples;
    const { packed, labels, best } = buffers;
    samples.kernels.pack(buffers.centroids, k, d, packed);
    return (kernels, i, count, thread) =>
      kernels.assign(samples.at(i), count, d, stride, packed, k, labels + i * 4, best + thread * BEST_BYTES);
  }

  private callRows(): number {
    return this.samples.rangeRows(callRows(this.k, this.samples.d), 8);
  }

  /** Brings the sums up to the labels; returns how many labels changed. */
  accumulate(): Work<number> {
    return this.sumUp((kernels, i, count, thread) => this.accumulateRange(i, count, kernels, thread));
  }

  /** Makes a pass that moves samples between sums and returns how many labels changed, or the sum of its values where these have an address. */
  *sumUp(call: RangeCall, rows?: number, backend?: Backend, work?: number, values = 0): Work<number> {
    const { length, entry } = this.sums;
    const sum = yield* this.samples.pass(call, rows, values, backend, work, {
      sums: [this.sums.at(THREAD) + entry * 8, length - entry],
    });
    if (values || sum > 0) this.sums.gather();
    return sum;
  }

  /** The same for samples `i` … `i + count − 1` alone, into the sums of one thread. */
  accumulateRange(i: number, count: number, kernels: Kernels = this.samples.kernels, thread = 0): number {
    const { samples } = this;
    const { d, stride } = samples;
    const labels = this.buffers.labels + i * 4;
    const previous = this.buffers.previous + i * 4;
    const sums = this.sums.at(thread);
    return kernels.accumulate(samples.at(i), count, d, stride, labels, previous, sums, samples.weightAt(i));
  }

  /** Moves a sample between the sums of two clusters, whatever its label. */
  moveSample(values: readonly number[], weight: number, from: number, to: number): void {
    const { kernels, workspace, precision, d } = this.samples;
    const { start, plan, best, sums } = this.buffers;
    workspace.floats(precision, start, d).set(values);
    workspace.float64(plan, 1)[0] = weight;
    workspace.int32(best, 2).set([to, from]);
    kernels.accumulate(start, 1, d, 1, best, best + 4, sums, plan);
  }

  /** Puts the mean of every cluster into `nextCentroids`; one without weight keeps its centroid. Counts follow. */
  moveCentroids(): void {
    const { samples, k, buffers } = this;
    const { kernels, d } = samples;
    kernels.moveCentroids(buffers.sums, k, d, buffers.centroids, buffers.nextCentroids, buffers.counts);
  }

  /** Brings the counts up to the sums, while the centroids stay. */
  countSamples(): void {
    const { samples, k } = this;
    const { entry } = this.sums;
    const sums = this.sums.of();
    const at = 2 * sumsWidth(samples.d);
    const counts = this.counts();
    for (let j = 0; j < k; j++) counts[j] = sums[(j + 1) * entry + at]! + sums[(j + 1) * entry + at + 1]!;
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
    let shift = 0;
    for (const square of samples.workspace.float64(buffers.sqShifts, k)) shift += square;
    return shift;
  }

  /** Makes the next centroids the current ones. */
  swap(): void {
    const { centroids, nextCentroids } = this.buffers;
    this.buffers.centroids = nextCentroids;
    this.buffers.nextCentroids = centroids;
  }

  /** Room for the distances of all samples, until the workspace goes back to a mark. */
  takeDistances(): void {
    const { workspace, rows, precision, n } = this.samples;
    this.distancesAt = workspace.take(distancesLayout({ n: rows, precision }), n).distances;
  }

  /** Fills that with the squared distance of every sample to its labelled centroid. */
  *measure(): Work {
    if (this.writeLabels) yield* this.writeLabels();
    const bytes = bytesOf(this.samples.precision);
    const { distancesAt } = this;
    yield* this.samples.send((kernels, i, count) => this.measureRange(kernels, i, count, distancesAt + i * bytes));
  }

  private measureRange(kernels: Kernels, i: number, count: number, to: number): void {
    const { samples, buffers } = this;
    const { centroids, labels } = buffers;
    kernels.sqDistances(samples.at(i), count, samples.d, samples.stride, centroids, labels + i * 4, to);
  }

  /** Σ w · squared distance of the samples to their centroids: chunk by chunk, then the chunks in order. */
  *inertia(): Work<number> {
    if (this.writeLabels) yield* this.writeLabels();
    const { samples, buffers } = this;
    return yield* samples.pass(
      (kernels, i, count, thread) => {
        const distances = buffers.chunk + thread * CHUNK_BYTES;
        this.measureRange(kernels, i, count, distances);
        return kernels.weightedSum(distances, count, samples.weightAt(i));
      },
      CHUNK,
      buffers.values,
    );
  }

  /** What each chunk of samples added to the inertia that was last taken. */
  chunkInertias(): Work<FloatArray> {
    return this.samples.fetch('float64', this.buffers.values, 1, CHUNK);
  }

  /** By how many threads its passes are made at the most. */
  get threads(): number {
    const { parts, workspace } = this.samples;
    return (parts ?? workspace).threads;
  }

  /** In a deferred workspace only after `measure`, where an algorithm keeps labels elsewhere. */
  labels(): Int32Array {
    if (this.writeLabels) now(this.writeLabels());
    return this.samples.workspace.int32(this.buffers.labels, this.samples.n);
  }

  /** A copy of the labels, wherever they are. */
  *copyLabels(): Work<Int32Array> {
    if (this.writeLabels) yield* this.writeLabels();
    const labels = yield* this.samples.fetch('int32', this.buffers.labels);
    if (this.samples.parts) return labels;
    // In V8 twice as fast as slice() where there are few; where there are many, fresh memory takes its time. Among works side by
    // side, which have few, nothing may come between a comparison with the best and this.
    const { deferred, isLane } = this.samples.workspace;
    const copy = new Int32Array(labels.length);
    yield* inParts({ deferred: deferred && !isLane }, labels.length, (from, to) =>
      copy.set(labels.subarray(from, to), from),
    );
    return copy;
  }

  counts(): Float64Array {
    return this.samples.workspace.float64(this.buffers.counts, this.k);
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
}
