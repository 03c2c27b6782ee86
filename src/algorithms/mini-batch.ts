import { now } from '../backend/pass.js';
import { centroidStride } from '../backend/shapes.js';
import { randomSamples } from '../seeding/random.js';
import type { KMeansOptions, Random } from '../types.js';
import type { DrawnRun } from './drawn-run.js';
import type { Run } from './run.js';

/** Samples for each cluster after which starved clusters are looked for again. */
const REASSIGN_AFTER = 10;

export interface MiniBatchLimits extends Pick<KMeansOptions, 'onProgress'> {
  /** How often all samples may be drawn. */
  maxIter: number;
  /** A run ends when the summed squared shift is no more than this, in mean variances of the features; 0: never. */
  tol: number;
  /** … or when so many steps brought no lower smoothed inertia. */
  maxNoImprovement: number;
}

/**
 * Mini-batch k-means (Sculley 2010) as scikit-learn has it: every centroid is the mean of all samples that were its own when
 * they came, so that it moves the less the more it has seen.
 */
export class MiniBatch {
  steps = 0;
  sinceReassign = 0;

  /** @param counts k: what every centroid has seen, samples or weights */
  constructor(
    readonly counts: Float64Array,
    private readonly reassignmentRatio: number,
  ) {}

  /** Steps on samples drawn from n, until they better nothing any more; returns whether it ended by that. */
  iterate(
    drawn: DrawnRun,
    n: number,
    meanVariance: number,
    { maxIter, tol, maxNoImprovement, onProgress }: MiniBatchLimits,
    random: Random,
  ): boolean {
    const { run } = drawn;
    const rows = run.samples.n;
    const most = Math.floor((maxIter * n) / rows);
    const smoothed = new SmoothedInertia(Math.min((2 * rows) / (n + 1), 1));
    const begun = performance.now();
    while (this.steps < most) {
      now(drawn.draw(random));
      const { inertia, shift } = this.step(run, random);
      const elapsedMs = performance.now() - begun;
      const [iteration, changed] = [this.steps, Number.NaN];
      onProgress?.({ run: 0, runs: 1, iteration, maxIter: most, inertia, shift, changed, elapsedMs });
      const stale = smoothed.add(inertia);
      if (iteration > 1 && tol > 0 && shift <= tol * meanVariance) return true;
      if (stale >= maxNoImprovement) return true;
    }
    return false;
  }

  /**
   * Moves the centroids of a run towards its samples; returns the inertia before and the summed squared shift. Where a
   * cluster has seen less than `reassignmentRatio` of what the richest has, its centroid moves to a sample at random.
   */
  step(run: Run, random: Random): { inertia: number; shift: number } {
    const { counts } = this;
    this.steps++;
    this.sinceReassign += run.samples.n;
    const due = counts.includes(0) || this.sinceReassign >= REASSIGN_AFTER * run.k;
    if (due) this.sinceReassign = 0;

    now(run.restart());
    now(run.assign());
    const inertia = now(run.inertia());
    now(run.accumulate());
    run.moveCentroids();
    blend(run, counts);
    if (due) this.reassign(run, random);
    run.normaliseNext();
    const shift = run.shift();
    run.swap();
    return { inertia, shift };
  }

  /** Half of the samples become centroids at the most; what was reassigned counts as the poorest that was not. */
  private reassign(run: Run, random: Random): void {
    const { counts } = this;
    const { samples, buffers } = run;
    const least = this.reassignmentRatio * counts.reduce((a, b) => Math.max(a, b));
    const starved = Array.from(counts.keys())
      .filter((j) => counts[j]! < least)
      .sort((a, b) => counts[a]! - counts[b]!)
      .slice(0, samples.n >> 1);
    if (starved.length === 0) return;
    const next = run.centroidsAt(buffers.nextCentroids);
    now(randomSamples(samples, starved.length, random)).forEach((i, s) => {
      next.set(samples.read(i), starved[s]! * centroidStride(samples.d));
    });
    for (const j of starved) counts[j] = Infinity;
    const poorest = counts.reduce((a, b) => Math.min(a, b));
    for (const j of starved) counts[j] = poorest;
  }
}

/** Makes the means of a batch the means of all that the clusters have seen. */
function blend(run: Run, counts: Float64Array): void {
  const { samples, buffers } = run;
  const stride = centroidStride(samples.d);
  const before = run.centroidsAt(buffers.centroids);
  const next = run.centroidsAt(buffers.nextCentroids);
  run.counts().forEach((seen, j) => {
    if (seen <= 0) return;
    const kept = counts[j]! / (counts[j]! + seen);
    counts[j] = counts[j]! + seen;
    for (let i = j * stride; i < (j + 1) * stride; i++) next[i] = next[i]! + (before[i]! - next[i]!) * kept;
  });
}

/** The inertia of batches, smoothed, and how long it has not fallen. */
class SmoothedInertia {
  private smoothed: number | undefined;
  private least = Infinity;
  private stale = -1;

  /** @param share weight of a new batch: that of twice its part of all samples */
  constructor(private readonly share: number) {}

  /** Takes the inertia of a further batch; returns after how many batches there was no improvement. */
  add(inertia: number): number {
    // The first tells of the first centroids alone.
    if (this.stale < 0) {
      this.stale = 0;
      return 0;
    }
    this.smoothed = this.smoothed === undefined ? inertia : this.smoothed + (inertia - this.smoothed) * this.share;
    this.stale = this.smoothed < this.least ? 0 : this.stale + 1;
    this.least = Math.min(this.least, this.smoothed);
    return this.stale;
  }
}
