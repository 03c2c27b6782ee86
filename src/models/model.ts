import { typeError } from '../errors.js';
import type { AsyncOptions, Data, FloatArray, KMeansJSON, KMeansModel, Nearest } from '../types.js';

export type Fitted = KMeansModel & { labels?: Int32Array };

/** What all models are once they are fitted: the fields of a result, and what can be asked of its centroids. */
export abstract class FittedModel {
  // What the last fit found, as in KMeansResult; undefined before. A model made from JSON or fitted to a stream has no labels.
  labels!: Int32Array;
  centroids!: readonly FloatArray[];
  counts!: Float64Array;
  inertia!: number;
  iterations!: number;
  converged!: boolean;
  nSamples!: number;
  nFeatures!: number;
  seed!: number;
  algorithm!: string;
  backend!: string;
  threads!: number;

  #fitted: Fitted | undefined;

  constructor(
    /** Clusters. */
    readonly k: number,
  ) {}

  /** Clusters the data. */
  abstract fit(data: Data): this;

  fitPredict(data: Data): Int32Array {
    return this.fit(data).labels;
  }

  /** Index of the nearest centroid of each sample. Throws ERR_NOT_FITTED before a fit, ERR_FEATURES for other features. */
  predict(data: Data): Int32Array {
    return this.#model('predict').predict(data);
  }

  /** The same by worker threads. */
  async predictAsync(data: Data, options?: AsyncOptions): Promise<Int32Array> {
    return this.#model('predictAsync').predictAsync(data, options);
  }

  nearest(data: Data): Nearest {
    return this.#model('nearest').nearest(data);
  }

  /** m × k distances (not squared) of m samples, row by row. */
  transform(data: Data): FloatArray {
    return this.#model('transform').transform(data);
  }

  /** −Σ squared distance of the samples to their nearest centroid: the greater the better. */
  score(data: Data): number {
    const { distances } = this.#model('score').nearest(data);
    let sum = 0;
    for (const distance of distances) sum += distance * distance;
    return -sum;
  }

  toJSON(): KMeansJSON {
    return this.#model('toJSON').toJSON();
  }

  /** Puts the fields of a fit on the model. */
  protected keep(fitted: Fitted): this {
    this.#fitted = fitted;
    const { centroids, counts, inertia, iterations, converged, nSamples, nFeatures, seed } = fitted;
    const { algorithm, backend, threads, labels } = fitted;
    return Object.assign(this, {
      ...{ centroids, counts, inertia, iterations, converged, nSamples, nFeatures, seed },
      ...{ algorithm, backend, threads, labels },
    });
  }

  #model(call: string): KMeansModel {
    if (!this.#fitted)
      throw typeError('ERR_NOT_FITTED', `${call} was called on a model that is not fitted; call fit(data) first`);
    return this.#fitted;
  }
}
