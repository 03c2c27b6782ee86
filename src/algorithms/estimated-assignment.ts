import { ESTIMATED_PLAN_BYTES, type EstimatedBuffers, estimatedScratchBytes } from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { packCandidates, type RoundedCandidates, roundSamples } from '../data/quantise.js';
import { callRows } from '../data/samples.js';
import type { Run } from './run.js';

/** Samples that tell how many centroids estimates leave. */
const PROBED = 64;

/** Centroids left to a sample from which on nothing is gained. */
const MOST_LEFT = 16;

/**
 * What scores of the centroids that are left to a sample take, by what dot products of bytes save: a sixth of what a product of a
 * score takes, for all centroids; a score takes as long as 70 products besides its own.
 */
const shareSpent = (left: number, k: number, d: number): number =>
  left > MOST_LEFT ? Infinity : ((left - 1) * (d + 70) * 6) / (k * d);

/** The labels of plain assignment by estimates from bytes, without memory of the last: see assembly/assign-estimated.ts. */
export class EstimatedAssignment {
  private rounded = false;

  constructor(
    private readonly run: Run,
    private readonly room: EstimatedBuffers,
  ) {}

  /** To be called when the room of the rounded samples is used for something else. */
  forget(): void {
    this.rounded = false;
  }

  /**
   * Takes the centroids as they stand; returns how much of its gain over estimates from i16 `assign` would lose again, by how many
   * centroids are left to the first samples: it pays below 1.
   */
  *prepare(): Work<number> {
    const { run, room } = this;
    const { samples, k } = run;
    const { kernels, d, n } = samples;
    const { centroids, packed } = run.buffers;
    kernels.pack(centroids, k, d, packed);
    this.writePlans(packCandidates(samples, centroids, k, room));
    if (!this.rounded) yield* roundSamples(samples, room.plan, room.zeros);
    this.rounded = true;
    const probed = Math.min(PROBED, n);
    return shareSpent(kernels.assignEstimated(room.plan, 0, probed) / probed, k, d);
  }

  /** Labels all samples and brings the sums up to the labels; returns how many labels changed. */
  assign(): Work<number> {
    const { run, room } = this;
    const { samples, k } = run;
    return run.sumUp(
      (kernels, i, count, thread) => {
        kernels.assignEstimated(room.plan + thread * ESTIMATED_PLAN_BYTES, i, count);
        return run.accumulateRange(i, count, kernels, thread);
      },
      samples.rangeRows(callRows(k, samples.d), 8),
      samples.workspace.backend,
      k * samples.d,
    );
  }

  /** See assembly/assign-plan.ts. */
  private writePlans({ factor, ofCandidate, relative }: RoundedCandidates): void {
    const { run, room } = this;
    const { samples, k } = run;
    const { workspace, x, d, stride } = samples;
    const { labels, centroids, packed } = run.buffers;
    for (let thread = 0; thread < workspace.threads; thread++) {
      const plan = room.plan + thread * ESTIMATED_PLAN_BYTES;
      const words = workspace.int32(plan, 18);
      words.set([x, d, stride, labels, k, centroids, packed, room.zeros]);
      words.set([room.scratch + thread * estimatedScratchBytes(k), 0, room.quantised, room.scales, room.sqNorms], 11);
      words[17] = room.panels;
      workspace.floats('float32', plan + 72, 4).set([factor, 0, ofCandidate, relative]);
    }
  }
}
