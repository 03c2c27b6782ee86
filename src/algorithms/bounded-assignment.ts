import { BOUNDS_CHUNK, type BoundsBuffers, boundsLayout, boundsStride } from '../backend/layout.js';
import { centroidStride, panelWidth } from '../backend/shapes.js';
import { forPasses } from '../data/samples.js';
import { panelsOfCentroids } from './centroid-groups.js';
import type { Assignment } from './lloyd.js';
import { callRows, type Run } from './run.js';

/**
 * The labels of plain assignment, at less work: bounds on the distances to the own centroid and to groups of others tell
 * which samples cannot have changed and which groups need no look (Hamerly 2010 with one group; Ding et al. 2015 with more).
 */
export class BoundedAssignment implements Assignment {
  /** Samples that had to look at centroids other than their own in the last assignment. */
  active = 0;
  private readonly groups: number;
  private readonly groupPanels: number;
  private readonly panels: number;
  private readonly buffers: BoundsBuffers;
  private iteration = 0;

  /** @param groups wanted; whole panels of centroids make a group, so there may be fewer */
  constructor(
    private readonly run: Run,
    groups: number,
  ) {
    const { samples, k } = run;
    this.panels = Math.ceil(k / panelWidth(samples.precision));
    this.groupPanels = Math.ceil(this.panels / groups);
    this.groups = Math.ceil(this.panels / this.groupPanels);
    const { n, d, precision, workspace } = samples;
    this.buffers = workspace.take(boundsLayout({ n, d, k, precision, groups: this.groups }), n);
  }

  restart(): void {
    this.iteration = 0;
  }

  /** The first assignment of a run is plain: bounds made before the centroids' first move, the longest, would not hold. */
  assign(): void {
    const { run } = this;
    this.iteration++;
    if (this.iteration === 1) {
      run.assign();
      this.active = run.samples.n;
      return;
    }
    const first = this.iteration === 2;
    if (first) this.form();
    else this.writeShifts();
    this.pack();
    this.writePlan();
    const { kernels, n, d } = run.samples;
    this.active = 0;
    forPasses(
      n,
      (i, count) => {
        this.active += kernels.advance(this.buffers.plan, i, count, first ? 1 : 0);
      },
      first ? Math.min(callRows(run.k, d), BOUNDS_CHUNK) : BOUNDS_CHUNK,
    );
  }

  /** Forms the groups from where the centroids stand now. */
  private form(): void {
    const { run, buffers, groupPanels } = this;
    const { samples, k } = run;
    const { workspace, precision, d, n } = samples;
    const width = panelWidth(precision);
    const stride = centroidStride(d);
    const order = panelsOfCentroids(run.centroidsAt(run.buffers.centroids), k, d, stride, width);
    workspace.int32(buffers.order, order.length).set(order);
    const groupOf = workspace.int32(buffers.groupOf, k);
    order.forEach((j, at) => {
      if (j >= 0) groupOf[j] = Math.floor(at / (width * groupPanels));
    });
    // Whole vectors of labels are read: those behind the last must name a centroid.
    workspace.int32(run.buffers.labels + n * 4, 8).fill(0);
  }

  private pack(): void {
    const { run, buffers } = this;
    run.samples.kernels.packOrdered(run.buffers.centroids, buffers.order, this.panels, run.samples.d, buffers.packed);
  }

  /** How far each centroid and the farthest of each group moved, rounded up. */
  private writeShifts(): void {
    const { run, buffers, groups } = this;
    const { samples, k } = run;
    const { workspace, precision } = samples;
    const up = 1 + (precision === 'float32' ? 2 ** -22 : 2 ** -50);
    const sqShifts = workspace.float64(run.buffers.sqShifts, k);
    const shifts = workspace.floats(precision, buffers.shifts, k);
    const groupShifts = workspace.floats(precision, buffers.groupShifts, groups).fill(0);
    const groupOf = workspace.int32(buffers.groupOf, k);
    for (let j = 0; j < k; j++) {
      shifts[j] = Math.sqrt(sqShifts[j]!) * up;
      groupShifts[groupOf[j]!] = Math.max(groupShifts[groupOf[j]!]!, shifts[j]!);
    }
  }

  /**
   * The addresses, and how far rounding can reach. A score is ‖c‖² plus d products of which each rounds itself and the sum: it
   * is off by (d + 2) · ε · (‖c‖² + 2 ‖x‖ ‖c‖) at the most, ‖x‖ is within `upper` of ‖c‖, and two scores are compared; a few
   * ε more cover the arithmetic of the bounds themselves.
   */
  private writePlan(): void {
    const { run, buffers, groups, groupPanels, panels } = this;
    const { samples, k } = run;
    const { workspace, precision, n, d } = samples;
    const centroids = run.centroidsAt(run.buffers.centroids);
    const stride = centroidStride(d);
    let sqNorm = 0;
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let f = j * stride; f < j * stride + d; f++) sum += centroids[f]! * centroids[f]!;
      sqNorm = Math.max(sqNorm, sum);
    }
    const epsilon = precision === 'float32' ? 2 ** -24 : 2 ** -53;
    const reach = 2 * (d + 16) * epsilon * 1.01;
    workspace
      .int32(buffers.plan, 16)
      .set([
        ...[samples.x, d, samples.stride, buffers.packed, panels, groups, groupPanels, buffers.groupOf],
        ...[run.buffers.centroids, run.buffers.labels, buffers.upper, buffers.lower, boundsStride(n)],
        ...[buffers.shifts, buffers.groupShifts, buffers.scratch],
      ]);
    workspace
      .float64(buffers.plan + 64, 3)
      .set([reach * 3 * sqNorm, reach * 2 * Math.sqrt(sqNorm), (d + 16) * epsilon]);
  }
}
