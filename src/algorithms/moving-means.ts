import { centroidStride, sumsWidth } from '../backend/shapes.js';
import type { Run } from './run.js';

/** The means of k clusters in float64, whatever the precision of the run, which follow single samples from one to another. */
export class MovingMeans {
  /** k × d. */
  readonly centroids: Float64Array;
  /** k: weight, its inverse, samples with weight. */
  readonly counts: Float64Array;
  readonly inverse: Float64Array;
  readonly members: Int32Array;

  constructor(private readonly run: Run) {
    const { k, samples } = run;
    this.centroids = new Float64Array(k * samples.d);
    this.counts = new Float64Array(k);
    this.inverse = new Float64Array(k);
    this.members = new Int32Array(k);
  }

  /** Takes means and weights from the exact sums and the counts of the run, so that rounding does not pile up. */
  read(): void {
    const { run, centroids, counts, inverse } = this;
    const { d } = run.samples;
    const width = sumsWidth(d);
    const sums = run.sums.of();
    const kept = run.centroidsAt(run.buffers.centroids);
    run.counts().forEach((count, j) => {
      const at = (j + 1) * run.sums.entry;
      counts[j] = count;
      inverse[j] = inverseOf(count);
      for (let f = 0; f < d; f++)
        centroids[j * d + f] =
          count > 0 ? (sums[at + f]! + sums[at + width + f]!) / count : kept[j * centroidStride(d) + f]!;
    });
  }

  /** Whether a sample of weight w has to stay in a cluster that would be left without weight. */
  mustKeep(w: number, from: number): boolean {
    return this.counts[from]! <= w || (w > 0 && this.members[from] === 1);
  }

  /** Brings a sample of weight w > 0, d values at a place in x, from one cluster to another. */
  move(x: Float64Array, at: number, w: number, from: number, to: number): void {
    const { centroids, counts, inverse, members } = this;
    const { d } = this.run.samples;
    const outward = w / (counts[from]! - w);
    const inward = w / (counts[to]! + w);
    for (let f = 0; f < d; f++) {
      const value = x[at + f]!;
      const old = centroids[from * d + f]!;
      const next = centroids[to * d + f]!;
      centroids[from * d + f] = old + (old - value) * outward;
      centroids[to * d + f] = next + (value - next) * inward;
    }
    counts[from]! -= w;
    counts[to]! += w;
    inverse[from] = inverseOf(counts[from]!);
    inverse[to] = inverseOf(counts[to]!);
    members[from]!--;
    members[to]!++;
  }
}

/** Joining a cluster without weight costs nothing; a sample without weight is as far from it as from any other. */
const inverseOf = (count: number): number => Math.min(1 / count, Number.MAX_VALUE);
