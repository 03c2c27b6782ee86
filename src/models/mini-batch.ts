import { DrawnRun, drawStart } from '../algorithms/drawn-run.js';
import { MiniBatch } from '../algorithms/mini-batch.js';
import type { Run } from '../algorithms/run.js';
import { now } from '../backend/pass.js';
import { floatArray } from '../backend/shapes.js';
import { type Workspace, withWorkspace } from '../backend/workspace.js';
import { type Codebook, checkFeatures } from '../codebook.js';
import { emptyStream, readBatch, readBlocks } from '../data/batches.js';
import type { FeatureStatistics } from '../data/centre.js';
import { withResident } from '../data/resident.js';
import { readSource, type Source } from '../data/source.js';
import { checkWeights, heaviestOf } from '../data/weights.js';
import { codebookOf, placeSamples, runOver, seedingBy } from '../fit.js';
import { checkK } from '../options.js';
import { createRandom } from '../random.js';
import { codebookFromJSON, createModel, createResult, type Outcome } from '../result.js';
import { startingCentroids } from '../seeding/given.js';
import type { Batch, Batches, BatchSource, Data, KMeansJSON, Random } from '../types.js';
import { type MiniBatchKMeansOptions, type MiniBatchResolved, resolveMiniBatch } from './mini-batch-options.js';
import { FittedModel } from './model.js';
import { checkStreamOptions, type StreamOptions } from './stream.js';

/** A model as plain data, with what `partialFit` needs to go on. */
export interface MiniBatchKMeansJSON extends KMeansJSON {
  miniBatch: { nSteps: number; sinceReassign: number; batchSize: number; reassignmentRatio: number };
}

/** Where the steps stand. */
interface State {
  codebook: Codebook;
  steps: MiniBatch;
  nSamples: number;
}

/** Far enough apart for generators of their own. */
const SEED_STEP = 2654435761;

/**
 * k-means by small steps (Sculley 2010), each towards the means of a few samples, as scikit-learn's MiniBatchKMeans has it:
 * far less work than `KMeans` for a slightly higher inertia, and for samples that come one batch after the other.
 */
export class MiniBatchKMeans extends FittedModel {
  readonly options: Readonly<Omit<MiniBatchKMeansOptions, 'k'>>;
  /** Steps that led to the centroids. */
  nSteps!: number;

  readonly #resolved: MiniBatchResolved;
  #state: State | undefined;

  /** @throws ERR_K, ERR_OPTION */
  constructor(given: MiniBatchKMeansOptions) {
    const { k, ...options } = Object(given) as MiniBatchKMeansOptions;
    checkK(k);
    const resolved = resolveMiniBatch(k, options);
    super(k);
    this.options = options;
    this.#resolved = resolved;
  }

  /**
   * Clusters the data from fresh first centroids, by steps on `batchSize` samples drawn at random, until the smoothed inertia
   * of the batches has not fallen for `maxNoImprovement` steps, or `maxIter` · n samples were drawn.
   *
   * @throws as `kmeans`; what was fitted before stays then
   */
  fit(data: Data): this {
    const { nFeatures, sampleWeight, seed, batchSize, reassignmentRatio } = this.#resolved;
    const source = readSource(data, nFeatures);
    const { nSamples: n } = source;
    checkK(this.k, n);
    return withResident(source.resident, this.#resolved, (workspace) => {
      const { weights } = now(checkWeights(workspace, sampleWeight, n));
      const random = createRandom(seed);
      const { all, statistics } = this.#place(workspace, source, weights);
      this.#seed(all, statistics, data, random);
      const rows = Math.min(batchSize, n);
      const drawn = new DrawnRun(all, rows);
      drawn.run.setCentroids(all.copyCentroids());
      const steps = new MiniBatch(new Float64Array(this.k), reassignmentRatio);
      const converged = steps.iterate(drawn, n, statistics.meanVariance, this.#resolved, random);
      all.setCentroids(drawn.run.copyCentroids());
      now(all.assign());
      const iterations = Math.ceil((steps.steps * rows) / n);
      const state = { codebook: codebookOf(all, statistics.shift), steps, nSamples: n };
      return this.#finish(state, all, { inertia: now(all.inertia()), iterations, converged }, all.labels().slice());
    });
  }

  /**
   * One step on all samples of a batch, from what was fitted before; the first time the first centroids come from the batch,
   * which must have k samples then. `labels` and `inertia` are those of the batch, for the centroids after the step.
   *
   * @param batch m × d in any data form, or { data, sampleWeight }
   * @throws as `kmeans`, and ERR_FEATURES for other features than before
   */
  partialFit(batch: Batch): this {
    const { source, weights, data } = readBatch(batch, this.#state?.codebook.d ?? this.#resolved.nFeatures);
    return withWorkspace(undefined, (workspace) => {
      const { state, all } = this.#take(workspace, this.#state, data, source, weights);
      now(all.assign());
      const labels = all.labels().slice();
      return this.#finish(state, all, { inertia: now(all.inertia()), iterations: 1, converged: false }, labels);
    });
  }

  /**
   * One pass over a stream from fresh first centroids: a step for every `batchSize` samples, whatever its batches are; the
   * first one is for `initSize` where that is more. There are no `labels` afterwards, and `inertia` is the sum of what each
   * sample added when it came.
   *
   * @param stream an async iterable of batches, or a function that opens one; its weights come as { data, sampleWeight }
   * @throws (rejects) as `partialFit`, ERR_EMPTY_DATA for an empty stream, and the signal's reason
   */
  async fitStream(stream: Batches | BatchSource, options: StreamOptions = {}): Promise<this> {
    const { nFeatures, precision, sampleWeight, batchSize, initSize } = this.#resolved;
    const signal = checkStreamOptions(options, sampleWeight);
    const batches = typeof stream === 'function' ? await stream() : stream;
    let state: State | undefined;
    let inertia = 0;
    let last: Run | undefined;
    const rowsFor = () => (state ? batchSize : Math.max(batchSize, initSize));
    for await (const block of readBlocks(batches, rowsFor, { nFeatures, precision, signal })) {
      // A function that chooses the first centroids looks at it.
      const values = floatArray(block.precision, state ? 0 : block.nSamples * block.nFeatures);
      if (!state) block.write(values, 0, block.nSamples);
      const data = { data: values, shape: [block.nSamples, block.nFeatures] };
      withWorkspace(undefined, (workspace) => {
        const taken = this.#take(workspace, state, data, block, block.weights, block.rowsBefore);
        state = taken.state;
        inertia += taken.inertia;
        last = taken.all;
      });
    }
    if (!state) throw emptyStream();
    return this.#finish(state, last!, { inertia, iterations: 1, converged: false });
  }

  override toJSON(): MiniBatchKMeansJSON {
    const model = super.toJSON();
    const { steps, sinceReassign } = this.#state!.steps;
    const { batchSize, reassignmentRatio } = this.#resolved;
    return { ...model, miniBatch: { nSteps: steps, sinceReassign, batchSize, reassignmentRatio } };
  }

  /**
   * The model that `toJSON` described; `partialFit` goes on as it would have there. What `KMeans` was fitted to may go on too.
   *
   * @throws ERR_DATA_TYPE for an object that `toJSON` did not make
   */
  static fromJSON(json: object): MiniBatchKMeans {
    const codebook = codebookFromJSON(json);
    const { k, metric, precision, seed, counts, nSamples, miniBatch, ...outcome } = json as MiniBatchKMeansJSON;
    const { nSteps = 0, sinceReassign = 0, ...own } = miniBatch ?? {};
    const model = new MiniBatchKMeans({ k, metric, precision, seed, ...own });
    const steps = new MiniBatch(Float64Array.from(counts), model.#resolved.reassignmentRatio);
    Object.assign(steps, { steps: nSteps, sinceReassign });
    model.#state = { codebook, steps, nSamples };
    model.nSteps = nSteps;
    return model.keep(createModel(codebook, { ...outcome, counts: Float64Array.from(counts), nSamples, seed }));
  }

  /** One step on all samples of a source. */
  #take(
    workspace: Workspace,
    before: State | undefined,
    data: Data,
    source: Source,
    weights: Float64Array | undefined,
    rowsBefore = 0,
  ): { state: State; all: Run; inertia: number } {
    if (before) checkFeatures(before.codebook, source);
    else checkK(this.k, source.nSamples);
    const { all, statistics } = this.#place(workspace, source, weights, before, rowsBefore);
    const steps = before?.steps ?? new MiniBatch(new Float64Array(this.k), this.#resolved.reassignmentRatio);
    // Every step has random numbers of its own, so that a model from JSON needs not know how many were drawn.
    const random = createRandom((this.#resolved.seed + SEED_STEP * steps.steps) % 2 ** 53);
    if (before) all.setCentroids(before.codebook.shiftedCentroids);
    else this.#seed(all, statistics, data, random);
    const { inertia } = steps.step(all, random);
    const nSamples = source.nSamples + (before?.nSamples ?? 0);
    return { state: { codebook: codebookOf(all, statistics.shift), steps, nSamples }, all, inertia };
  }

  #place(
    workspace: Workspace,
    source: Source,
    weights: Float64Array | undefined,
    before?: State,
    rowsBefore?: number,
  ): { all: Run; statistics: FeatureStatistics } {
    const { metric, precision: wanted } = this.#resolved;
    const precision = before?.codebook.precision ?? (wanted === 'auto' ? source.precision : wanted);
    const shift = before?.codebook.shift;
    const { samples, statistics } = now(placeSamples(workspace, source, precision, metric, weights, shift, rowsBefore));
    const all = runOver(samples, this.k, this.#resolved, statistics, weights ? heaviestOf(weights) : 1);
    return { all, statistics };
  }

  /** Puts the first centroids in place. */
  #seed(all: Run, statistics: FeatureStatistics, data: Data, random: Random): void {
    const { init, initSize, nInit } = this.#resolved;
    const { d, precision } = all.samples;
    const start = startingCentroids(init, data, this.k, d);
    const seeding = seedingBy(start, this.#resolved, statistics.shift, precision);
    all.setCentroids(drawStart(all, seeding, { size: initSize, nInit }, random));
  }

  #finish(
    state: State,
    { backend }: Run,
    found: Pick<Outcome, 'inertia' | 'iterations' | 'converged'>,
    labels?: Int32Array,
  ): this {
    const { codebook, steps, nSamples } = state;
    this.#state = state;
    this.nSteps = steps.steps;
    const outcome: Outcome = {
      ...{ ...found, counts: steps.counts.slice(), nSamples, seed: this.#resolved.seed },
      ...{ algorithm: 'mini-batch', backend: backend.name, threads: 1 },
    };
    return this.keep(labels ? createResult(labels, codebook, outcome) : createModel(codebook, outcome));
  }
}
