import { typeError } from '../errors.js';
import { kmeans, kmeansAsync } from '../kmeans.js';
import { checkK, resolveOptions } from '../options.js';
import { kmeansFromJSON } from '../result.js';
import type { AsyncOptions, Data, FloatArray, KMeansJSON, KMeansModel, KMeansOptions, Nearest } from '../types.js';

export interface KMeansModelOptions extends KMeansOptions {
  /** Clusters, an integer ≥ 1. */
  k: number;
}

/** k-means as a model that is fitted and then asked: scikit-learn's way. After `fit` the fields of the result stand on it. */
export class KMeans {
  readonly k: number;
  readonly options: Readonly<KMeansOptions>;

  // What the last fit found, as in KMeansResult; undefined before. A model made from JSON has no labels.
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

  #fitted: (KMeansModel & { labels?: Int32Array }) | undefined;

  /** @throws ERR_K, ERR_OPTION */
  constructor(given: KMeansModelOptions) {
    const { k, ...options } = Object(given) as KMeansModelOptions;
    checkK(k);
    resolveOptions(options);
    this.k = k;
    this.options = options;
  }

  /** Clusters the data; throws what `kmeans` throws, and then keeps what was fitted before. */
  fit(data: Data): this {
    return this.#keep(kmeans(data, this.k, this.options));
  }

  /** The same by worker threads, with the same bits. */
  async fitAsync(data: Data, options?: AsyncOptions): Promise<this> {
    return this.#keep(await kmeansAsync(data, this.k, { ...this.options, ...options }));
  }

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

  /** @throws ERR_DATA_TYPE for an object that `toJSON` did not make */
  static fromJSON(json: object): KMeans {
    const fitted = kmeansFromJSON(json);
    const model = new KMeans({
      k: fitted.k,
      metric: (json as KMeansJSON).metric,
      precision: (json as KMeansJSON).precision,
    });
    return model.#keep(fitted);
  }

  #keep(fitted: KMeansModel & { labels?: Int32Array }): this {
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
