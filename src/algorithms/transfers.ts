import { inParts, type Work } from '../backend/pass.js';
import { COLUMNS_MAX_D, centroidStride, sumsEntryLength, sumsWidth } from '../backend/shapes.js';
import type { Run } from './run.js';

/** Sweeps over the samples after which a stage of quick transfers gives up, as R has it. */
const QUICK_SWEEPS = 50;

/** Samples between two places to pause. */
const PAUSE = 2048;

/** Features that are added up between two looks at the limit. */
const BLOCK = 16;

/**
 * The transfers of Hartigan and Wong. A sample of weight w at distance δ from the mean of a cluster of weight W adds
 * w · δ² · W / (W + w) to the inertia when it joins, and takes w · δ² · W / (W − w) from it when it leaves; costs here are
 * without the leading w. Everything is float64 over a copy of the samples, whatever the precision of the run.
 */
export class Transfers {
  /** n: the clusters of the samples. */
  readonly labels: Int32Array;
  /** n: where each would go next. */
  private readonly second: Int32Array;
  /** n: what leaving saves. */
  private readonly savings: Float64Array;
  /** n: when each was last looked at, in steps; one sample at one stage is a step. */
  private readonly seen: Float64Array;
  private readonly x: Float64Array;
  private readonly weights: Float64Array;
  private readonly centroids: Float64Array;
  /** k: weight, its inverse, samples with weight, step of the last change. */
  private readonly counts: Float64Array;
  private readonly inverse: Float64Array;
  private readonly members: Int32Array;
  private readonly changedAt: Float64Array;
  /** A transfer has to save more than rounding can feign: so much in terms of √cost. */
  private tolerance = 0;
  private step = 0;
  /** The step before the last pass began. */
  private passStart = -Infinity;
  /** Optimal steps since the last transfer. */
  private quiet = 0;
  /** What joining the cluster that `cheapest` found costs. */
  private joining = 0;

  private constructor(
    private readonly run: Run,
    [x, weights, savings, seen]: readonly Float64Array[],
  ) {
    const { n, d } = run.samples;
    const { k } = run;
    this.x = x!;
    this.weights = weights!;
    this.savings = savings!;
    this.seen = seen!;
    this.labels = new Int32Array(n);
    this.second = new Int32Array(n);
    this.centroids = new Float64Array(k * d);
    this.counts = new Float64Array(k);
    this.inverse = new Float64Array(k);
    this.members = new Int32Array(k);
    this.changedAt = new Float64Array(k);
  }

  /** For all runs, with a copy of the samples. */
  static *create(run: Run): Work<Transfers> {
    const { n, d, workspace } = run.samples;
    // Zeros for so many samples take their time too.
    const room: Float64Array[] = [];
    for (const width of [d, 1, 1, 1]) {
      room.push(new Float64Array(n * width));
      if (workspace.deferred) yield;
    }
    const transfers = new Transfers(run, room);
    yield* transfers.prepare();
    return transfers;
  }

  private *prepare(): Work {
    const { x } = this;
    const { workspace, precision, x: from, stride, n, d, weightValues } = this.run.samples;
    if (weightValues) this.weights.set(weightValues);
    else this.weights.fill(1);
    if (workspace.deferred) yield;
    const inColumns = d <= COLUMNS_MAX_D;
    const values = workspace.floats(precision, from, inColumns ? d * stride : n * d);
    const origin = new Float64Array(d);
    let greatest = 0;
    yield* inParts(workspace, n * d, (at, end) => {
      if (!inColumns) x.set(values.subarray(at, end), at);
      else for (let v = at; v < end; v++) x[v] = values[(v % d) * stride + Math.floor(v / d)]!;
    });
    yield* inParts(workspace, n, (i, end) => {
      for (; i < end; i++) greatest = Math.max(greatest, sqDistance(x, i * d, origin, 0, d, Infinity));
    });
    this.tolerance = 2 ** -44 * Math.sqrt(greatest);
  }

  /** Begins anew from the labels of the run. */
  *restart(): Work {
    const { labels, second, members, weights } = this;
    labels.set(this.run.labels());
    members.fill(0);
    yield* inParts(this.run.samples.workspace, labels.length, (from, to) => {
      for (let i = from; i < to; i++) {
        const label = labels[i]!;
        if (weights[i]! > 0) members[label]!++;
        second[i] = label === 0 ? 1 : 0;
      }
    });
    this.seen.fill(-1);
    this.changedAt.fill(0);
    this.step = 0;
    this.passStart = -Infinity;
    this.quiet = 0;
  }

  /** A pass of optimal transfers, then quick ones; returns whether no transfer is left that lowers the inertia. */
  *pass(): Work<boolean> {
    const { k } = this.run;
    if (k === 1) return true;
    this.readMeans();
    if (yield* this.transferOptimally()) return true;
    // With two clusters the quick transfers are all there are.
    return (yield* this.transferQuickly()) && k === 2;
  }

  /** Takes means and weights from the exact sums of the run, so that rounding does not pile up. */
  private readMeans(): void {
    const { run, centroids, counts, inverse } = this;
    const { k, buffers } = run;
    const { d, workspace } = run.samples;
    const entry = sumsEntryLength(d);
    const width = sumsWidth(d);
    const sums = workspace.float64(buffers.sums, (k + 1) * entry);
    const kept = run.centroidsAt(buffers.centroids);
    for (let j = 0; j < k; j++) {
      const at = (j + 1) * entry;
      const count = sums[at + 2 * width]! + sums[at + 2 * width + 1]!;
      counts[j] = count;
      inverse[j] = inverseOf(count);
      for (let f = 0; f < d; f++)
        centroids[j * d + f] =
          count > 0 ? (sums[at + f]! + sums[at + width + f]!) / count : kept[j * centroidStride(d) + f]!;
    }
  }

  /**
   * Looks once at every sample, and moves it to the cluster where it costs least. Of two clusters that have not changed since
   * the sample was looked at in the last pass nothing new can be learnt; those that have are the live set. Returns whether
   * n samples in a row stayed, which ends the run.
   */
  private *transferOptimally(): Work<boolean> {
    const { labels, second, savings, seen, changedAt } = this;
    const { deferred } = this.run.samples.workspace;
    const n = labels.length;
    const lastPass = this.passStart;
    this.passStart = this.step;
    for (let i = 0; i < n; i++) {
      if (deferred && i % PAUSE === 0) yield;
      const step = ++this.step;
      const from = labels[i]!;
      this.quiet++;
      if (!this.mustStay(i, from)) {
        if (changedAt[from]! > seen[i]!) savings[i] = this.leaving(i, from);
        const to = this.cheapest(i, from, lastPass + i + 1);
        seen[i] = step;
        second[i] = to;
        if (this.lowers(savings[i]!, this.joining)) this.transfer(i, from, to);
      }
      if (this.quiet === n) return true;
    }
    return false;
  }

  /**
   * Moves samples between their cluster and the one they would go to next, round after round, until n in a row stayed.
   * Returns whether it came to that.
   */
  private *transferQuickly(): Work<boolean> {
    const { x, labels, second, savings, seen, changedAt, centroids, inverse, weights } = this;
    const { n, d, workspace } = this.run.samples;
    const end = this.step + QUICK_SWEEPS * n;
    let quiet = 0;
    for (let i = 0; quiet < n; i = i + 1 < n ? i + 1 : 0) {
      if (this.step === end) return false;
      if (workspace.deferred && i % PAUSE === 0) yield;
      const step = ++this.step;
      quiet++;
      const from = labels[i]!;
      const to = second[i]!;
      const left = changedAt[from]! > seen[i]!;
      if ((!left && changedAt[to]! <= seen[i]!) || this.mustStay(i, from)) continue;
      if (left) savings[i] = this.leaving(i, from);
      seen[i] = step;
      const factor = 1 + weights[i]! * inverse[to]!;
      this.joining = sqDistance(x, i * d, centroids, to * d, d, savings[i]! * factor) / factor;
      if (!this.lowers(savings[i]!, this.joining)) continue;
      this.transfer(i, from, to);
      quiet = 0;
    }
    return true;
  }

  /** Whether a cluster would be left without weight. */
  private mustStay(i: number, from: number): boolean {
    const w = this.weights[i]!;
    return this.counts[from]! <= w || (w > 0 && this.members[from] === 1);
  }

  private lowers(saved: number, added: number): boolean {
    return added < saved && Math.sqrt(saved) - Math.sqrt(added) > this.tolerance;
  }

  private leaving(i: number, from: number): number {
    const { x, centroids, counts, weights } = this;
    const { d } = this.run.samples;
    const count = counts[from]!;
    return sqDistance(x, i * d, centroids, from * d, d, Infinity) * (count / (count - weights[i]!));
  }

  /** The cluster other than its own that sample i joins at the least cost; that cost goes to `joining`. */
  private cheapest(i: number, from: number, lastLook: number): number {
    const { x, centroids, inverse, changedAt } = this;
    const { k } = this.run;
    const { d } = this.run.samples;
    const w = this.weights[i]!;
    const second = this.second[i]!;
    const all = changedAt[from]! > lastLook;
    let best = second;
    let least = sqDistance(x, i * d, centroids, best * d, d, Infinity) / (1 + w * inverse[best]!);
    for (let j = 0; j < k; j++) {
      if (j === from || j === second || !(all || changedAt[j]! > lastLook)) continue;
      const factor = 1 + w * inverse[j]!;
      const limit = least * factor;
      const distance = sqDistance(x, i * d, centroids, j * d, d, limit);
      if (!(distance < limit)) continue;
      best = j;
      least = distance / factor;
    }
    this.joining = least;
    return best;
  }

  /** Leaving the new cluster would save what joining it cost. */
  private transfer(i: number, from: number, to: number): void {
    const { x, centroids, counts, inverse, members, changedAt } = this;
    const { d } = this.run.samples;
    const w = this.weights[i]!;
    this.quiet = 0;
    this.labels[i] = to;
    this.second[i] = from;
    this.savings[i] = this.joining;
    if (w === 0) return;

    const outward = w / (counts[from]! - w);
    const inward = w / (counts[to]! + w);
    for (let f = 0; f < d; f++) {
      const value = x[i * d + f]!;
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
    changedAt[from] = this.step;
    changedAt[to] = this.step;
  }
}

/** Joining a cluster without weight costs nothing; a sample without weight is as far from it as from any other. */
const inverseOf = (count: number): number => Math.min(1 / count, Number.MAX_VALUE);

/** Σ (x − c)², or some number ≥ limit where it is no less than that. */
function sqDistance(x: Float64Array, at: number, c: Float64Array, from: number, d: number, limit: number): number {
  let sum = 0;
  for (let f = 0; f < d && sum < limit; ) {
    for (const end = Math.min(f + BLOCK, d); f < end; f++) {
      const difference = x[at + f]! - c[from + f]!;
      sum += difference * difference;
    }
  }
  return sum;
}
