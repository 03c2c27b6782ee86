import type { Iteration } from './algorithms/lloyd.js';
import type { Run } from './algorithms/run.js';
import { isRelaxed } from './backend/backend.js';
import type { Work } from './backend/pass.js';
import { floatArray } from './backend/shapes.js';
import { background } from './background.js';
import {
  allDistances,
  type Codebook,
  findNearest,
  labellingBytes,
  labelSamples,
  predictLabels,
  sourceFor,
} from './codebook.js';
import { typeError } from './errors.js';
import type { ResolvedOptions } from './options.js';
import type { AsyncOptions, Data, FloatArray, KMeansJSON, KMeansModel, KMeansResult, Nearest } from './types.js';

/** What a run leaves behind, beside its centroids. */
export type Outcome = {
  -readonly [Name in
    | 'counts'
    | 'inertia'
    | 'iterations'
    | 'converged'
    | 'nSamples'
    | 'seed'
    | 'algorithm'
    | 'backend'
    | 'threads']: KMeansModel[Name];
};

/** What a finished run leaves, copied. */
export function* outcomeOf(
  run: Run,
  { iteration, converged }: Iteration,
  { seed }: Pick<ResolvedOptions, 'seed'>,
  algorithm: string,
): Work<Outcome> {
  return {
    counts: run.counts().slice(),
    inertia: yield* run.inertia(),
    iterations: iteration,
    converged,
    nSamples: run.samples.n,
    seed,
    algorithm,
    backend: run.backend.name,
    threads: run.threads,
  };
}

/** Centroids and what the run that found them has to say. The arrays are the caller's; comparisons use a copy of their own. */
class Model implements KMeansModel {
  readonly centroids: readonly FloatArray[];
  readonly counts: Float64Array;
  readonly inertia: number;
  readonly iterations: number;
  readonly converged: boolean;
  readonly k: number;
  readonly nSamples: number;
  readonly nFeatures: number;
  readonly seed: number;
  readonly algorithm: string;
  readonly backend: string;
  readonly threads: number;
  readonly #codebook: Codebook;

  constructor(codebook: Codebook, outcome: Outcome) {
    this.#codebook = codebook;
    this.centroids = centroidRows(codebook);
    this.counts = outcome.counts;
    this.inertia = outcome.inertia;
    this.iterations = outcome.iterations;
    this.converged = outcome.converged;
    this.k = codebook.k;
    this.nSamples = outcome.nSamples;
    this.nFeatures = codebook.d;
    this.seed = outcome.seed;
    this.algorithm = outcome.algorithm;
    this.backend = outcome.backend;
    this.threads = outcome.threads;
  }

  predict(data: Data): Int32Array {
    return predictLabels(this.#codebook, data);
  }

  async predictAsync(data: Data, options?: AsyncOptions): Promise<Int32Array> {
    const codebook = this.#codebook;
    const source = sourceFor(codebook, data);
    const { k, d, relaxedSimd } = codebook;
    return background(
      options,
      source.nSamples,
      { steps: k * d + 24, relaxedSimd },
      (workspace) => labelSamples(workspace, codebook, source),
      (rows, threads, inParts) => labellingBytes(codebook, rows, threads, inParts),
    );
  }

  nearest(data: Data): Nearest {
    return findNearest(this.#codebook, data);
  }

  transform(data: Data): FloatArray {
    return allDistances(this.#codebook, data);
  }

  toJSON(): KMeansJSON {
    const { precision, metric, k, d, shift, shiftedCentroids } = this.#codebook;
    return {
      type: 'kmeans-simd',
      version: 1,
      precision,
      metric,
      k,
      nSamples: this.nSamples,
      nFeatures: d,
      centroids: this.centroids.map((row) => Array.from(row)),
      counts: Array.from(this.counts),
      inertia: this.inertia,
      iterations: this.iterations,
      converged: this.converged,
      seed: this.seed,
      algorithm: this.algorithm,
      backend: this.backend,
      threads: this.threads,
      shift: Array.from(shift),
      shiftedCentroids: rowsOf(shiftedCentroids, k, d).map((row) => Array.from(row)),
    };
  }
}

class Result extends Model implements KMeansResult {
  static {
    Object.defineProperty(Result, 'name', { value: 'KMeansResult' });
  }

  readonly labels: Int32Array;

  constructor(labels: Int32Array, codebook: Codebook, outcome: Outcome) {
    super(codebook, outcome);
    this.labels = labels;
  }
}

/** The same without labels. */
export function createModel(codebook: Codebook, outcome: Outcome): KMeansModel {
  return new Model(codebook, outcome);
}

export function createResult(labels: Int32Array, codebook: Codebook, outcome: Outcome): KMeansResult {
  return new Result(labels, codebook, outcome);
}

/**
 * The model that `toJSON` described: same centroids, same predictions, bit for bit. It has no labels.
 *
 * @throws ERR_DATA_TYPE for anything else
 */
export function kmeansFromJSON(json: object): KMeansModel {
  const codebook = codebookFromJSON(json);
  return new Model(codebook, { ...(json as KMeansJSON), counts: Float64Array.from((json as KMeansJSON).counts) });
}

/** What such a model compares samples with. */
export function codebookFromJSON(json: object): Codebook {
  const model = json as Partial<KMeansJSON> | null;
  const { k = 0, nFeatures: d = 0, precision, metric } = model ?? {};
  const known =
    model?.type === 'kmeans-simd' &&
    model.version === 1 &&
    (precision === 'float32' || precision === 'float64') &&
    (metric === 'euclidean' || metric === 'cosine');
  const values = model?.shiftedCentroids?.flat() ?? [];
  if (
    !known ||
    model.shift?.length !== d ||
    model.counts?.length !== k ||
    values.length !== k * d ||
    k * d === 0 ||
    ![...values, ...model.shift].every(Number.isFinite)
  )
    throw typeError('ERR_DATA_TYPE', 'this object is no model of kmeans-simd version 1, as result.toJSON() writes it');
  const shiftedCentroids = floatArray(precision, k * d);
  shiftedCentroids.set(values);
  const relaxedSimd = isRelaxed(model.backend);
  const shift = Float64Array.from(model.shift);
  return { k, d, precision, metric, relaxedSimd, shift, shiftedCentroids };
}

/** k rows of d in the coordinates of the data, views of one array. */
export function centroidRows({ k, d, precision, shift, shiftedCentroids }: Codebook): FloatArray[] {
  const values = floatArray(precision, k * d);
  for (let i = 0; i < values.length; i++) values[i] = shiftedCentroids[i]! + shift[i % d]!;
  return rowsOf(values, k, d);
}

function rowsOf(values: FloatArray, k: number, d: number): FloatArray[] {
  const rows: FloatArray[] = [];
  for (let j = 0; j < k; j++) rows.push(values.subarray(j * d, (j + 1) * d));
  return rows;
}
