import { isShort, lloydAtOnce } from './algorithms/at-once.js';
import { type AnyAlgorithmName, algorithmFor, prepareAlgorithm } from './algorithms/choose.js';
import type { Iteration, Limits } from './algorithms/lloyd.js';
import { Run } from './algorithms/run.js';
import { isRelaxed } from './backend/backend.js';
import { runLayout } from './backend/layout.js';
import type { Work } from './backend/pass.js';
import { bytesOf, floatArray } from './backend/shapes.js';
import type { Workspace } from './backend/workspace.js';
import type { Codebook } from './codebook.js';
import { type FeatureStatistics, finiteSums, measureFeatures, statisticsLayout, subtractShift } from './data/centre.js';
import { copySamples, placeWeights } from './data/copy-samples.js';
import { normalise, Samples } from './data/samples.js';
import type { Source } from './data/source.js';
import { checkWeights } from './data/weights.js';
import { checkRoom } from './footprint.js';
import { checkK, precisionFor, type ResolvedOptions } from './options.js';
import { startingCentroids } from './seeding/given.js';
import { type Seeding, seedRun } from './seeding/seed.js';
import type { Data, FloatArray, InitName, Precision, Random } from './types.js';

/** Samples in place, and what they are to be clustered by. */
export interface Task {
  readonly data: Data;
  readonly samples: Samples;
  readonly statistics: FeatureStatistics;
  readonly maxWeight: number;
  readonly options: ResolvedOptions;
  readonly k: number;
  /** As of `startingCentroids`. */
  readonly start: ((random: Random) => Float64Array) | undefined;
}

/** The same with another k, for first centroids that are not given. */
export const withK = (task: Task, k: number): Task => ({
  ...task,
  k,
  start: startingCentroids(task.options.init, task.data, k, task.samples.d),
});

/** A clustering whose samples are in place: runs can start. */
export class Fit {
  private constructor(
    readonly run: Run,
    readonly shift: Float64Array,
    readonly options: ResolvedOptions,
    readonly algorithm: AnyAlgorithmName,
    private readonly limits: Limits,
    private readonly startRun: () => Work<Iteration, Iteration>,
    private readonly seeding: Seeding,
  ) {}

  static *prepare(workspace: Workspace, data: Data, source: Source, k: number, options: ResolvedOptions): Work<Fit> {
    return yield* Fit.of(yield* Fit.place(workspace, data, source, k, options), workspace);
  }

  /** Copies and centres the samples of a source; everything that can be wrong with the input is found here. */
  static *place(workspace: Workspace, data: Data, source: Source, k: number, options: ResolvedOptions): Work<Task> {
    const { nSamples: n, nFeatures: d } = source;
    checkK(k, n);
    if (!workspace.parts) checkRoom(source, k, options);
    const precision = precisionFor(options, source.precision);
    const { weights, heaviest: maxWeight } = yield* checkWeights(workspace, options.sampleWeight, n);
    const start = startingCentroids(options.init, data, k, d);
    const placed = yield* placeSamples(workspace, source, precision, options.metric, weights);
    return { ...placed, data, maxWeight, options, k, start };
  }

  /** Takes what runs need, in a workspace over the memory of the samples. */
  static *of({ samples: placed, statistics, maxWeight, options, k, start }: Task, workspace: Workspace): Work<Fit> {
    const samples = placed.in(workspace);
    const { n, d, precision } = samples;
    const run = runOver(samples, k, options, statistics, maxWeight);
    const { shift, meanVariance } = statistics;
    const { maxIter, tol, emptyCluster } = options;
    const seeding = seedingBy(start, options, shift, precision);
    const algorithm = algorithmFor(options.algorithm, { n, d, k, precision }, !!workspace.parts);
    const limits = { maxIter, shiftTolerance: tol * meanVariance, emptyCluster };
    const startRun = yield* prepareAlgorithm(algorithm, run, limits, options.algorithm === 'auto');
    return new Fit(run, shift, options, algorithm, limits, startRun, seeding);
  }

  /**
   * One run from fresh first centroids, an iteration at a time; at once if it is short and nobody watches.
   *
   * @param seeded is called when no more numbers will be drawn
   */
  *iterate(random: Random, watched: boolean, seeded?: () => void): Work<Iteration, Iteration> {
    const { run, limits } = this;
    yield* seedRun(run, this.seeding, random);
    seeded?.();
    return (!watched && this.isShort() ? lloydAtOnce(run, limits) : undefined) ?? (yield* this.startRun());
  }

  private isShort(): boolean {
    const { n, d, workspace } = this.run.samples;
    const { k, spherical } = this.run;
    return this.algorithm === 'lloyd' && isShort(n, d, k) && !spherical && !workspace.deferred;
  }

  /** The current centroids, for comparisons with new samples. */
  codebook(): Codebook {
    return codebookOf(this.run, this.shift);
  }
}

/** A run over samples in place, with room for so many: `rows`, if they are to be replaced by more. */
export function runOver(
  samples: Samples,
  k: number,
  { metric, relaxedSimd }: Pick<ResolvedOptions, 'metric' | 'relaxedSimd'>,
  statistics: FeatureStatistics,
  maxWeight: number,
  rows = samples.rows,
): Run {
  const { workspace, n, d, precision } = samples;
  const buffers = workspace.take(runLayout({ n: rows, d, k, precision, threads: workspace.threads }), n || rows);
  const backend = workspace.backendFor(relaxedSimd);
  return new Run(samples, k, metric === 'cosine', buffers, statistics, maxWeight, backend);
}

/** How first centroids are placed among samples that were shifted: as the caller's `start` makes them, or by a method. */
export function seedingBy(
  start: Task['start'],
  { init }: Pick<ResolvedOptions, 'init'>,
  shift: Float64Array,
  precision: Precision,
): Seeding {
  return start
    ? { kind: 'given', centroids: (random) => shifted(start(random), shift, precision) }
    : { kind: init as InitName };
}

/** The centroids of a run over samples that were shifted. */
export function codebookOf(run: Run, shift: Float64Array): Codebook {
  const { samples, k, spherical, backend } = run;
  return {
    k,
    d: samples.d,
    precision: samples.precision,
    metric: spherical ? 'cosine' : 'euclidean',
    relaxedSimd: isRelaxed(backend.name),
    shift,
    shiftedCentroids: run.copyCentroids(),
  };
}

/** Centroids as samples are: rounded to the precision first, then shifted. */
export function shifted(centroids: Float64Array, shift: Float64Array, precision: Precision): FloatArray {
  const values = floatArray(precision, centroids.length);
  values.set(centroids);
  for (let i = 0; i < values.length; i++) values[i] = values[i]! - shift[i % shift.length]!;
  return values;
}

/** Copies samples into memory, measures and centres them: by their mean, or by a shift that is given. */
export function* placeSamples(
  workspace: Workspace,
  source: Source,
  precision: Precision,
  metric: 'euclidean' | 'cosine',
  weights: Float64Array | undefined,
  given?: Float64Array,
  rowsBefore = 0,
): Work<{ samples: Samples; statistics: FeatureStatistics }> {
  const { nSamples: n, nFeatures: d, resident } = source;
  const { parts } = workspace;
  const { shift: scratch } = workspace.take({ shift: d * bytesOf(precision) }, n);
  const weightsAt = yield* placeWeights(workspace, weights, n);
  const copy = () => copySamples(workspace, source, precision, weightsAt, parts);

  // A matrix in this workspace is clustered where it is, and moved there.
  const inPlace = resident?.isIn(workspace);
  let samples = inPlace ? new Samples(workspace, precision, n, d, resident!.pointer, d, weightsAt) : yield* copy();
  const mark = workspace.mark();
  const room = workspace.take(statisticsLayout(samples.rows, d), n);
  if (metric === 'cosine') {
    yield* finiteSums(samples, room, rowsBefore);
    yield* normalise(samples);
  }
  const statistics = yield* measureFeatures(samples, room, given ?? metric === 'euclidean', rowsBefore);
  workspace.backTo(mark);
  const { shift } = statistics;
  if (shift.some((value) => value !== 0) && !(inPlace && (yield* resident!.move(shift)))) {
    if (inPlace) samples = yield* copy();
    yield* subtractShift(samples, shift, scratch);
  }
  return { samples, statistics };
}
