import { CHUNK, SEED_PLAN_BYTES, SEED_SCRATCH_BYTES, type SeedBuffers, seedLayout } from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { bytesOf, COLUMNS_MAX_D, centroidStride, floatArray } from '../backend/shapes.js';
import { roundSamples } from '../data/quantise.js';
import type { Samples } from '../data/samples.js';
import type { FloatArray, Random } from '../types.js';
import { accumulate, drawByWeight, drawInProportion, firstAbove } from './draw.js';
import { quantiseCandidates } from './estimates.js';

/** What n samples and k seeds need: addresses of n distances, 2n times i32, and k centroids. */
export interface PotentialBuffers {
  /** Squared distance of each sample to its nearest seed. */
  closest: number;
  /** Which seed that is. */
  nearest: number;
  /** Samples that candidates are nearer to, and which, see assembly/seed-plan.ts. */
  improved: number;
  /** Where the seeds stand. */
  seeds: number;
}

/** From this many seeds on estimates pay for the quantising of the samples … */
const ESTIMATES_MIN_K = 16;
/** … if they have this many features. */
const ESTIMATES_MIN_D = 5;

export const usesEstimates = (k: number, d: number): boolean => k >= ESTIMATES_MIN_K && d >= ESTIMATES_MIN_D;

/**
 * Σ w · squared distance of the samples to their nearest seed, while seeds are added: sample by sample in chunks of 256, the
 * chunks in order. Its buffers stand in the workspace until they are given back.
 */
export class Potential {
  private readonly room: SeedBuffers;
  private readonly quantised: boolean;
  /** Running sums of the chunks: a draw looks for its chunk first. */
  private readonly cumulative: Float64Array;
  /** Of each chunk, as last taken. */
  private potentials!: FloatArray;
  private seeds = 0;
  private nextThresholds = 0;

  constructor(
    private readonly samples: Samples,
    k: number,
    private readonly trials: number,
    private readonly buffers: PotentialBuffers,
  ) {
    const { workspace, n, d, precision, rows } = samples;
    const { threads } = workspace;
    const estimateBytes = usesEstimates(k, d) ? workspace.backend.estimateBytes : 0;
    this.quantised = estimateBytes > 0;
    this.room = workspace.take(seedLayout({ n: rows, d, k, precision, threads, trials, estimateBytes }), n);
    this.cumulative = new Float64Array(Math.ceil(n / CHUNK));
    writeSeedPlan(samples, this.room, buffers, trials, this.quantised);
  }

  /** Makes a sample the first seed. */
  *start(first: number): Work {
    const { samples, buffers } = this;
    if (this.quantised) yield* roundSamples(samples, this.room.plan, this.room.candidates);
    const { precision } = samples;
    this.seeds = 0;
    this.nextThresholds = 0;
    yield* this.writeCandidates([first]);
    if (this.quantised) quantiseCandidates(samples, this.room, 1, true);
    yield* samples.fill(buffers.closest, floatArray(precision, 1).fill(Infinity));
    const all = new Int32Array(CHUNK);
    for (let i = 0; i < CHUNK; i++) all[i] = 256 + i;
    yield* samples.fill(buffers.improved, all);
    yield* this.take(0);
  }

  /** By how much the potential would be lower with each of `trials` samples as a further seed. */
  *gainsOf(candidates: readonly number[]): Work<Float64Array> {
    const { samples, room, trials, seeds } = this;
    yield* this.writeCandidates(candidates);
    if (samples.d > COLUMNS_MAX_D && seeds >= this.nextThresholds) this.writeThresholds();
    if (this.quantised) quantiseCandidates(samples, room, trials, seeds >= this.nextThresholds);
    yield* samples.fill(room.gains, new Float64Array(1), trials, CHUNK);
    yield* samples.send(
      (kernels, i, count, thread) => kernels.candidateGains(room.plan + thread * SEED_PLAN_BYTES, i, count),
      CHUNK,
      undefined,
      trials * (samples.d + 8),
    );
    const gains = yield* samples.fetch('float64', room.gains, trials, CHUNK);
    const sums = new Float64Array(trials);
    for (let at = 0; at < gains.length; at += trials) for (let t = 0; t < trials; t++) sums[t]! += gains[at + t]!;
    return sums;
  }

  /**
   * Writes up to which distances samples are safe from the candidates by the triangle inequality. Where estimates are there
   * too and hardly any sample is safe, thresholds are left out until there are more seeds by a quarter.
   */
  private writeThresholds(): void {
    const { samples, room, buffers, seeds } = this;
    const { kernels, workspace, n, d } = samples;
    kernels.seedThresholds(buffers.seeds, seeds, d, room.candidates, this.trials, room.thresholds);
    if (!this.quantised || samples.parts) return;
    const thresholds = this.floats(room.thresholds, seeds);
    const nearest = workspace.int32(buffers.nearest, n);
    const closest = this.closest();
    let balance = 0;
    for (let i = 0; i < n; i += 1 + (n >> 8)) balance += closest[i]! <= thresholds[nearest[i]!]! ? 3 : -1;
    if (balance <= 0) this.nextThresholds = seeds * 1.25;
  }

  /** Makes one of the candidates that `gainsOf` was last asked for a seed. */
  *take(trial: number): Work {
    const { samples, room, seeds } = this;
    const { d } = samples;
    const row = centroidStride(d);
    const candidate = this.floats(room.candidates + trial * row * bytesOf(samples.precision), row);
    this.floats(this.buffers.seeds, (seeds + 1) * row).set(candidate, seeds * row);
    yield* samples.pass(
      (kernels, i, count, thread) => kernels.takeSeed(room.plan + thread * SEED_PLAN_BYTES, i, count, trial, seeds),
      CHUNK,
      room.potentials,
      undefined,
      undefined,
      { silent: true },
    );
    this.seeds++;
    this.potentials = yield* samples.fetch('float64', room.potentials, 1, CHUNK);
    accumulate(this.potentials, this.cumulative);
  }

  /** Samples, drawn in proportion to what they add to the potential; any of positive weight where all lie on seeds. */
  *draw(count: number, random: Random): Work<number[]> {
    const { samples, cumulative, potentials, buffers } = this;
    const { precision, n, weightValues, workspace } = samples;
    const total = cumulative[cumulative.length - 1]!;
    if (total === 0) return Array.from({ length: count }, () => drawByWeight(samples, random));
    const targets = Array.from({ length: count }, () => random() * total);
    const chunks = targets.map((target) => {
      let chunk = firstAbove(cumulative, target);
      while (chunk > 0 && potentials[chunk] === 0) chunk--;
      return chunk;
    });
    const starts = chunks.map((chunk) => chunk * CHUNK);
    const closest = yield* samples.fetchSome(precision, buffers.closest, starts, CHUNK);
    if (workspace.deferred) yield;
    return starts.map((from, t) => {
      const weights = weightValues?.subarray(from, Math.min(from + CHUNK, n));
      const values = weights ? Float64Array.from(closest[t]!, (square, i) => square * weights[i]!) : closest[t]!;
      const chunk = chunks[t]!;
      return from + drawInProportion(values, targets[t]! - (chunk > 0 ? cumulative[chunk - 1]! : 0));
    });
  }

  /** n squared distances to the nearest seed. */
  closest(): FloatArray {
    return this.floats(this.buffers.closest, this.samples.n);
  }

  private *writeCandidates(candidates: readonly number[]): Work {
    const { samples, room } = this;
    const row = centroidStride(samples.d);
    const values = yield* samples.readAll(candidates);
    const rows = this.floats(room.candidates, candidates.length * row).fill(0);
    values.forEach((value, t) => {
      rows.set(value, t * row);
    });
  }

  private floats(pointer: number, length: number): FloatArray {
    return this.samples.workspace.floats(this.samples.precision, pointer, length);
  }
}

/** The addresses, see assembly/seed-plan.ts, for every thread. */
export function writeSeedPlan(
  samples: Samples,
  room: SeedBuffers,
  buffers: PotentialBuffers,
  trials: number,
  quantised: boolean,
): void {
  const { workspace, x, d, stride, weights } = samples;
  for (let thread = 0; thread < workspace.threads; thread++)
    workspace
      .int32(room.plan + thread * SEED_PLAN_BYTES, 18)
      .set([
        ...[x, d, stride, weights, buffers.closest, buffers.nearest, buffers.improved, room.candidates, trials],
        ...[room.gains, room.potentials, room.scratch + thread * SEED_SCRATCH_BYTES, room.thresholds],
        ...(quantised ? [room.quantised, room.scales, room.sqNorms, room.limits, room.panels] : [0, 0, 0, 0, 0]),
      ]);
}
