import {
  BOUNDS_CHUNK,
  BOUNDS_PANEL,
  BOUNDS_PLAN_BYTES,
  type BoundsBuffers,
  boundsLayout,
  boundsScratchBytes,
  estimatedLayout,
} from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { centroidStride, panelWidth, quantisedRowBytes } from '../backend/shapes.js';
import { type Measure, measureCentroids, packEstimates, quantiseSamples } from '../data/quantise.js';
import { callRows } from '../data/samples.js';
import { panelsInOrder, panelsOfCentroids } from './centroid-groups.js';
import { CentroidPaths } from './centroid-paths.js';
import { EstimatedAssignment } from './estimated-assignment.js';
import type { Assignment } from './lloyd.js';
import { Patience } from './patience.js';
import type { Run } from './run.js';

export interface BoundsOptions {
  /**
   * Groups wanted; whole panels of centroids make a group, so there may be fewer. With estimates and as many as centroids, each
   * is a group of its own.
   */
  groups: number;
  /** Whether samples are kept as i16 too, for estimates at half the cost that bounds are made of and that settle most labels. */
  quantised: boolean;
  /** Whether bounds wait until few labels change. */
  patient: boolean;
}

/** What `advance` returns beside the labels that changed where looks were so many that plain assignment is cheaper. */
const BUSY = 2 ** 32;

/**
 * Share of looks above which that is so, by nanoseconds of a sample: plain assignment takes 2 more than to see that a label is safe, and
 * 0.067 for every product; a sample that has to look 6, and 0.07.
 */
const enoughLooks = (products: number): number => (2 + 0.067 * products) / (6 + 0.07 * products);

/** The same of looks at several groups, of which plain assignment has to look at all; by estimates both are quicker. */
const ENOUGH_OF_GROUPS = { scores: 0.4, estimates: 0.55 } as const;

/**
 * Whether it may pay that estimates of bytes assign first, where there are several groups: a look at one takes no longer. And where a
 * cluster has so few samples that each of them holds its centroid near, labels settle at once, and bounds hold from the beginning: of
 * m samples, one is nearer to its own centroid by 3 ‖x‖² / m than to others, where squared distances vary by ‖x‖² / √d.
 */
const bytesPay = (n: number, d: number, k: number): boolean => n > 1.2 * k * Math.sqrt(d);

/** Age at which the joint paths first begin anew; the next time at twice the age. */
const SHORTENED = 4;

/** How much longer than at first the longest centroid may become before bounds are made anew: rounding is reckoned for such. */
const GROWTH = 1.25;

/**
 * The labels of plain assignment, at less work: bounds on the distances to the own centroid and to groups of others tell
 * which samples cannot have changed and which groups need no look (Hamerly 2010 with one group; Ding et al. 2015 with more).
 */
export class BoundedAssignment implements Assignment {
  private readonly groups: number;
  /** Whether every centroid is a group. */
  private readonly alone: boolean;
  private readonly groupPanels: number;
  private readonly panels: number;
  private readonly buffers: BoundsBuffers;
  private readonly paths: CentroidPaths;
  private readonly patience: Patience;
  /** Assigns while bounds wait, where it can and pays. */
  private readonly estimated: EstimatedAssignment | undefined;
  /** What rounding the samples to i16 took, where they have been rounded. */
  private lost: number | undefined;
  /** Assignments since the groups were formed; 0: there are no bounds. */
  private age = 0;
  /** Share of looks above which bounds do not pay. */
  private readonly enough: number;
  /** No centroid has been longer since the groups were formed. */
  private norm = 0;

  constructor(
    private readonly run: Run,
    private readonly options: BoundsOptions,
  ) {
    const { samples, k } = run;
    const { rows: n, d, precision, workspace } = samples;
    const panels = Math.ceil(k / BOUNDS_PANEL);
    const { quantised } = options;
    this.alone = quantised && options.groups >= k;
    const groupPanels = this.alone ? 1 : Math.ceil(panels / options.groups);
    const kernelPanels = BOUNDS_PANEL / panelWidth(precision);
    this.panels = panels * kernelPanels;
    this.groupPanels = groupPanels * kernelPanels;
    this.groups = this.alone ? k : Math.ceil(panels / groupPanels);
    this.enough = this.groups === 1 ? enoughLooks(k * d) : ENOUGH_OF_GROUPS[quantised ? 'estimates' : 'scores'];
    const { threads, backend } = workspace;
    const estimateBytes =
      quantised && this.groups > 1 && backend.estimateBytes === 1 && !samples.parts && bytesPay(samples.n, d, k)
        ? 1
        : 0;
    const shape = { n, d, k, precision, threads, estimateBytes };
    this.buffers = workspace.take(boundsLayout({ ...shape, groups: this.groups, quantised }), n);
    this.paths = new CentroidPaths(run, this.buffers, this.groups);
    if (!estimateBytes) {
      this.patience = quantised ? Patience.none(samples.n) : Patience.plain(samples.n, options.patient, this.enough);
      return;
    }
    this.patience = Patience.estimated(samples.n);
    const { lower, safeUntil } = this.buffers;
    const room = { ...workspace.take(estimatedLayout(shape), n), quantised: lower, sqNorms: safeUntil };
    this.estimated = new EstimatedAssignment(run, room);
  }

  restart(): void {
    this.age = 0;
    this.patience.restart();
  }

  /** Of a thread. */
  private get scratchBytes(): number {
    const { samples, k } = this.run;
    return boundsScratchBytes({ groups: this.groups, d: samples.d, k });
  }

  *assign(changed: number): Work<number> {
    const { run, options, estimated, patience } = this;
    const { k, samples } = run;
    if (patience.waits(changed) && this.age === 0) {
      if (!estimated) return yield* run.assignAndAccumulate();
      if (patience.goesOn(yield* estimated.prepare())) return yield* estimated.assign();
    }
    const measure = measureCentroids(run.centroidsAt(run.buffers.centroids), k, samples.d);
    if (measure.norm > this.norm) this.age = 0;
    // Bounds made before the centroids' first move, the longest, would not hold: groups are formed once more after it.
    const first = this.age === 0 || (this.age === 1 && options.quantised && changed === samples.n);
    if (this.age === 0) {
      if (options.quantised && this.lost === undefined) yield* this.quantise();
      this.form(measure);
    }
    if (!first) {
      if (this.age >= SHORTENED && (this.age & (this.age - 1)) === 0) yield* this.shortenPaths();
      this.paths.lengthen();
    }
    this.age++;
    this.pack();
    this.writePlan(measure);
    const { plan } = this.buffers;
    // Calls that find most labels safe take little.
    const most = callRows(k, samples.d);
    const chunks = Math.max(4 * most - ((4 * most) % BOUNDS_CHUNK), BOUNDS_CHUNK);
    const rows = first ? samples.rangeRows(most, 8) : samples.rangeRows(chunks, BOUNDS_CHUNK);
    const sum = yield* run.sumUp(
      (kernels, i, count, thread) => kernels.advance(plan + thread * BOUNDS_PLAN_BYTES, i, count, first ? 1 : 0),
      rows,
      run.backend,
      k * samples.d,
    );
    // Where bounds settle little, plain assignment is cheaper, unless looks alone are by estimates.
    if (this.age > 1 && patience.mayReturn && 2 * Math.floor(sum / BUSY) > samples.n / rows) {
      this.age = 0;
      patience.returnAfter(sum % BUSY);
    }
    return sum % BUSY;
  }

  /** Has joint paths begin where the centroids stand. */
  private *shortenPaths(): Work {
    const { plan } = this.buffers;
    yield* this.run.samples.send((kernels, i, count, thread) =>
      kernels.shorten(plan + thread * BOUNDS_PLAN_BYTES, i, count),
    );
    this.paths.clearJoint();
  }

  /** Rounds the samples; what centroids leave alone of their rows is zero. */
  private *quantise(): Work {
    const { samples, k } = this.run;
    const { buffers, scratchBytes } = this;
    samples.workspace.int32(buffers.quantisedRows, (k * quantisedRowBytes(samples.d)) / 4).fill(0);
    this.lost = yield* quantiseSamples(samples, { ...buffers, scratchBytes });
  }

  /** Forms the groups from where the centroids stand now, where their paths begin. */
  private form({ norm }: Measure): void {
    const { run, buffers, groupPanels, alone } = this;
    this.norm = GROWTH * norm;
    this.estimated?.forget();
    this.paths.clear();
    const { samples, k } = run;
    const { workspace, precision, d } = samples;
    const width = panelWidth(precision);
    const order =
      this.groups === 1
        ? panelsInOrder(k, BOUNDS_PANEL)
        : panelsOfCentroids(run.centroidsAt(run.buffers.centroids), k, centroidStride(d), BOUNDS_PANEL);
    workspace.int32(buffers.order, order.length).set(order);
    const groupOf = workspace.int32(buffers.groupOf, k);
    order.forEach((j, at) => {
      if (j >= 0) groupOf[j] = alone ? at : Math.floor(at / (width * groupPanels));
    });
  }

  private pack(): void {
    const { run, buffers } = this;
    run.samples.kernels.packOrdered(run.buffers.centroids, buffers.order, this.panels, run.samples.d, buffers.packed);
  }

  /**
   * The addresses, and how far rounding can reach. A score is ‖c‖² plus d products of which each rounds itself and the sum: it
   * is off by (d + 2) · ε · (‖c‖² + 2 ‖x‖ ‖c‖) at the most, ‖x‖ is within `upper` of ‖c‖, and two scores are compared; a few
   * ε more cover the arithmetic of the bounds themselves.
   */
  private writePlan(measure: Measure): void {
    const { run, buffers, groups, groupPanels, panels, norm } = this;
    const { samples } = run;
    const { workspace, precision, d } = samples;
    const epsilon = precision === 'float32' ? 2 ** -24 : 2 ** -53;
    // What squares lose where they underflow.
    const lost = (d + 16) * (precision === 'float32' ? 2 ** -148 : 2 ** -1073);
    const reach = 2 * (d + 16) * epsilon * 1.01;
    workspace
      .int32(buffers.plan, 16)
      .set([
        ...[samples.x, d, samples.stride, buffers.packed, panels, groups, groupPanels, buffers.groupOf],
        ...[run.buffers.centroids, run.buffers.labels, buffers.upper, buffers.lower],
        ...[buffers.safeUntil, buffers.paths, buffers.groupPaths, buffers.scratch],
      ]);
    workspace
      .int32(buffers.plan + 136, 4)
      .set([buffers.jointPaths, run.buffers.previous, run.sums.at(0), samples.weights]);
    workspace
      .float64(buffers.plan + 64, 3)
      .set([reach * 3 * norm * norm + lost, reach * 2 * norm + 4 * Math.sqrt(lost), (d + 16) * epsilon]);
    workspace.float64(buffers.plan + 152, 2).set([this.enough, this.paths.longest()]);
    this.writeEstimates(measure, reach, lost);
    // Every thread has a plan of its own, for the sake of the scratch.
    const plans = workspace.int32(buffers.plan, (workspace.threads * BOUNDS_PLAN_BYTES) / 4);
    for (let thread = 1; thread < workspace.threads; thread++) {
      const at = (thread * BOUNDS_PLAN_BYTES) / 4;
      plans.copyWithin(at, 0, BOUNDS_PLAN_BYTES / 4);
      plans[at + 15] = buffers.scratch + thread * this.scratchBytes;
      plans[at + 36] = run.sums.at(thread);
    }
  }

  /**
   * Where quantised values are, the factor of their dot products, and how far two scores of a sample are off at the most. Without
   * estimates ‖x‖² is taken from a distance and a score, and off with them: by (d + 16) ε (6 ‖c‖² + 4 ‖x‖²) in all.
   */
  private writeEstimates(measure: Measure, reach: number, lost: number): void {
    const { run, buffers, panels } = this;
    const { workspace, precision } = run.samples;
    const { quantised, inverse, quantisedPanels, sqNorms, quantisedRows, plan } = buffers;
    const addresses = workspace.int32(plan + 88, 8).fill(0);
    if (!this.options.quantised) {
      addresses[3] = sqNorms;
      workspace.float64(plan + 120, 2).set([reach * 3 * this.norm ** 2 + lost, reach * 2]);
      return;
    }
    const places = panels * panelWidth(precision);
    const at = { centroids: run.buffers.centroids, order: buffers.order, panels: quantisedPanels, rows: quantisedRows };
    const { factor, error, length } = packEstimates(run.samples, at, places, measure, this.lost!);
    const { norm } = measure;
    workspace.float64(plan + 104, 1)[0] = factor;
    addresses.set([quantised, inverse, quantisedPanels, sqNorms]);
    addresses.set([quantisedRows, Number(this.alone)], 6);
    // Samples shorter than 1e-30 count as zeros.
    workspace.float64(plan + 120, 2).set([reach * norm * norm + 4e-30 * norm, 2 * error + reach * 2 * norm * length]);
  }
}
