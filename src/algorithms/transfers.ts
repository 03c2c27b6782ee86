import { inParts, type Work } from '../backend/pass.js';
import { COLUMNS_MAX_D } from '../backend/shapes.js';
import { MovingMeans } from './moving-means.js';
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
  private readonly means: MovingMeans;
  /** k: step of the last change. */
  private readonly changedAt: Float64Array;
  /** How much rounding can feign, in terms of √cost. */
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
    const { n } = run.samples;
    this.x = x!;
    this.weights = weights!;
    this.savings = savings!;
    this.seen = seen!;
    this.labels = new Int32Array(n);
    this.second = new Int32Array(n);
    this.means = new MovingMeans(run);
    this.changedAt = new Float64Array(run.k);
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
    const { labels, second, weights } = this;
    const members = this.means.members.fill(0);
    labels.set(this.run.labels());
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
    this.means.read();
    if (yield* this.transferOptimally()) return true;
    // With two clusters the quick transfers are all there are.
    return (yield* this.transferQuickly()) && k === 2;
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
      if (!this.means.mustKeep(this.weights[i]!, from)) {
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
    const { x, labels, second, savings, seen, changedAt, weights } = this;
    const { centroids, inverse } = this.means;
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
      if ((!left && changedAt[to]! <= seen[i]!) || this.means.mustKeep(weights[i]!, from)) continue;
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

  /** Whether a transfer saves more than rounding can feign. */
  private lowers(saved: number, added: number): boolean {
    return added < saved && Math.sqrt(saved) - Math.sqrt(added) > this.tolerance;
  }

  /** What it saves that sample i leaves its cluster. */
  private leaving(i: number, from: number): number {
    const { x, weights } = this;
    const { centroids, counts } = this.means;
    const { d } = this.run.samples;
    const count = counts[from]!;
    return sqDistance(x, i * d, centroids, from * d, d, Infinity) * (count / (count - weights[i]!));
  }

  /** The cluster other than its own that sample i joins at the least cost; that cost goes to `joining`. */
  private cheapest(i: number, from: number, lastLook: number): number {
    const { x, changedAt } = this;
    const { centroids, inverse } = this.means;
    const { k, samples } = this.run;
    const { d } = samples;
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
    const { x, changedAt } = this;
    const w = this.weights[i]!;
    this.quiet = 0;
    this.labels[i] = to;
    this.second[i] = from;
    this.savings[i] = this.joining;
    if (w === 0) return;

    this.means.move(x, i * this.run.samples.d, w, from, to);
    changedAt[from] = this.step;
    changedAt[to] = this.step;
  }
}

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
