import { kmeans, kmeansAsync } from '../kmeans.js';
import { checkK, resolveOptions } from '../options.js';
import { kmeansFromJSON } from '../result.js';
import type { AsyncOptions, BatchSource, Data, KMeansJSON, KMeansOptions } from '../types.js';
import { FittedModel } from './model.js';
import { fitStream } from './stream.js';

export interface KMeansModelOptions extends KMeansOptions {
  /** Clusters, an integer ≥ 1. */
  k: number;
}

/** k-means as a model that is fitted and then asked: scikit-learn's way. After `fit` the fields of the result stand on it. */
export class KMeans extends FittedModel {
  readonly options: Readonly<KMeansOptions>;

  /** @throws ERR_K, ERR_OPTION */
  constructor(given: KMeansModelOptions) {
    const { k, ...options } = Object(given) as KMeansModelOptions;
    checkK(k);
    resolveOptions(options);
    super(k);
    this.options = options;
  }

  /** Clusters the data; throws what `kmeans` throws, and then keeps what was fitted before. */
  fit(data: Data): this {
    return this.keep(kmeans(data, this.k, this.options));
  }

  /** The same by worker threads, with the same bits. */
  async fitAsync(data: Data, options?: AsyncOptions): Promise<this> {
    return this.keep(await kmeansAsync(data, this.k, { ...this.options, ...options }));
  }

  /**
   * Clusters samples that need not fit into memory, by Lloyd's algorithm, a pass over the stream for every iteration and two
   * before: the same bits as `fit` of all samples from the same first centroids. Weights come with the batches. Where
   * `init` is no centroids, a uniform sample of the stream (Vitter 1985, algorithm R) of max(4096, 32 k) is clustered first,
   * and its centroids are where the passes begin. Worker threads label one batch while the next is read. There are no `labels`
   * afterwards: `predict` gives them, batch by batch.
   *
   * @param source opens an async iterable of batches in any data form, m × d each; called for every pass
   * @throws (rejects) as `fit`, ERR_DATA_TYPE for what is no source or gives other samples than before, and the signal's
   *   reason
   */
  async fitStream(source: BatchSource, options?: AsyncOptions): Promise<this> {
    return this.keep(await fitStream(source, this.k, this.options, options));
  }

  /** @throws ERR_DATA_TYPE for an object that `toJSON` did not make */
  static fromJSON(json: object): KMeans {
    const fitted = kmeansFromJSON(json);
    const { metric, precision } = json as KMeansJSON;
    return new KMeans({ k: fitted.k, metric, precision }).keep(fitted);
  }
}
