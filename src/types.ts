/** Numbers in the precision that a clustering ran in. */
export type FloatArray = Float32Array | Float64Array;

export type Precision = 'float32' | 'float64';

/** The typed arrays that hold data; BigInt arrays are not among them. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** An ndarray as scijs/ndarray and @stdlib/ndarray lay it out; strides and offset count elements. */
export interface NdArrayLike {
  readonly data: NumericArray | readonly number[];
  readonly shape: readonly number[];
  readonly stride?: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
}

/** A table, column by column; every column has n values. */
export interface Columns {
  readonly columns: readonly (NumericArray | readonly number[])[];
}

/** Samples in any of the forms that the library reads; none is ever changed. */
export type Data =
  | readonly number[]
  | readonly (readonly number[])[]
  | readonly NumericArray[]
  | NumericArray
  | NdArrayLike
  | Columns;

/** Draws a number in [0, 1). */
export type Random = () => number;

/** Samples with their weights. */
export interface WeightedBatch {
  readonly data: Data;
  /** One number ≥ 0 for each sample of the batch. */
  readonly sampleWeight?: ArrayLike<number>;
}

/** A part of a stream of samples. */
export type Batch = Data | WeightedBatch;

/** Consecutive parts of all samples, all with the same features. */
export type Batches = AsyncIterable<Batch> | Iterable<Batch>;

/** Opens a stream of samples at its beginning; called once for every pass, and must give the same samples every time. */
export type BatchSource = () => Batches | Promise<Batches>;

export type InitFunction = (data: Data, k: number, random: Random) => Data;

export type InitName = 'k-means++' | 'k-means||' | 'afk-mc2' | 'growing' | 'random';

export interface Progress {
  /** Restart under way, from 0, and how many there will be. */
  run: number;
  runs: number;
  /** Iterations done in this run, from 1, and the most there can be. */
  iteration: number;
  maxIter: number;
  /** Σ w · squared distance of the samples to the centroids they were assigned to in this iteration. */
  inertia: number;
  /** Summed squared shift of the centroids in this iteration. */
  shift: number;
  /** Samples whose label changed in this iteration. */
  changed: number;
  elapsedMs: number;
}

export interface KMeansOptions {
  /** Features of a sample, where the data is one flat typed array. */
  nFeatures?: number;
  /** How the first centroids are chosen, or the first centroids themselves (k × d). Default `'k-means++'`. */
  init?: InitName | Data | InitFunction;
  /** Restarts, of which the one of lowest inertia is kept. Default `'auto'`: 10 for `'random'`, else 1. */
  nInit?: number | 'auto';
  /** Iterations per run at the most. Default 300. */
  maxIter?: number;
  /** A run ends when the summed squared shift ≤ tol × mean feature variance; 0: when no label changes. Default 1e-4. */
  tol?: number;
  /** Seed of every random draw, an integer from 0 to 2⁵³ − 1. Default 0. */
  seed?: number;
  /** n weights ≥ 0. Default: every sample weighs 1. */
  sampleWeight?: ArrayLike<number>;
  /** `'cosine'` is spherical k-means: samples and centroids are scaled to length 1. Default `'euclidean'`. */
  metric?: 'euclidean' | 'cosine';
  /**
   * `'lloyd'`, `'hamerly'`, `'yinyang'` and `'filtering'` (up to four features) give the same bits and differ in speed;
   * `'hartigan-wong'` goes on to an optimum where moving any single sample to another cluster would raise the inertia.
   * `'exponion'` is taken for `'filtering'`. Default `'auto'`: one of the four.
   */
  algorithm?: 'auto' | 'lloyd' | 'hamerly' | 'yinyang' | 'filtering' | 'exponion' | 'hartigan-wong';
  /** Where a centroid goes that lost all its samples. Default `'relocate'`: to the sample farthest from its own. */
  emptyCluster?: 'relocate' | 'keep' | 'error';
  /** Default `'auto'`: float32 for Float32Array and 8- and 16-bit integers, else float64. */
  precision?: 'auto' | Precision;
  /**
   * Compare samples with centroids by fused multiply-add where the engine has it (relaxed SIMD): faster on some machines, but
   * ties and near ties may go another way, so no longer the same bits on every machine. Default false.
   */
  relaxedSimd?: boolean;
  /** Called after every iteration. An exception it throws ends the run and reaches the caller. */
  onProgress?: (progress: Progress) => void;
}

/** What calls that use worker threads take beside. */
export interface AsyncOptions {
  /** Worker threads. Default `'auto'`: as many as there are cores and work is for; little work stays on the calling thread. */
  threads?: number | 'auto';
  /** Rejects with its reason, within 50 ms and with nothing left running, when it is aborted. */
  signal?: AbortSignal;
}

export interface KMeansAsyncOptions extends KMeansOptions, AsyncOptions {}

/** Nearest centroid of each of n samples: its index, and the distance (not squared) to it. */
export interface Nearest {
  labels: Int32Array;
  distances: FloatArray;
}

/** k centroids, and all that can be done with them without the samples they come from. */
export interface KMeansModel {
  /** k rows of d, views of one flat array. */
  centroids: readonly FloatArray[];
  /** k: samples, or summed weights, of each cluster. */
  counts: Float64Array;
  /** Σ w · squared distance to the nearest centroid. */
  inertia: number;
  /** Iterations of the run that was kept. */
  iterations: number;
  converged: boolean;
  k: number;
  nSamples: number;
  nFeatures: number;
  seed: number;
  /** The algorithm that ran. */
  algorithm: string;
  /** What compared samples with centroids: `'wasm-simd'`, `'wasm-relaxed-simd'`, these with `'-shared'` where workers did, or `'js'`. */
  backend: string;
  /** Threads that took part. */
  threads: number;
  /** Labels of new samples. */
  predict(data: Data): Int32Array;
  /** The same, by worker threads. */
  predictAsync(data: Data, options?: AsyncOptions): Promise<Int32Array>;
  nearest(data: Data): Nearest;
  /** m × k distances (not squared) of m samples, row by row. */
  transform(data: Data): FloatArray;
  /** A plain object for `JSON.stringify`; `kmeansFromJSON` gives the model back. */
  toJSON(): KMeansJSON;
}

export interface KMeansResult extends KMeansModel {
  /** n: index of the nearest centroid; ties go to the lowest. */
  labels: Int32Array;
}

/** A model as plain data. */
export interface KMeansJSON {
  type: 'kmeans-simd';
  version: 1;
  precision: Precision;
  metric: 'euclidean' | 'cosine';
  k: number;
  nSamples: number;
  nFeatures: number;
  centroids: number[][];
  counts: number[];
  inertia: number;
  iterations: number;
  converged: boolean;
  seed: number;
  algorithm: string;
  backend: string;
  threads: number;
  /** What is subtracted from samples before they are compared … */
  shift: number[];
  /** … with these: the centroids less the shift, before rounding. */
  shiftedCentroids: number[][];
}

/** The state of a run in one Lloyd iteration. */
export interface KMeansStep {
  /** From 1. */
  iteration: number;
  /** Where the centroids stood in this iteration: k rows of d. */
  centroids: readonly FloatArray[];
  /** n: the nearest of `centroids`. */
  labels: Int32Array;
  /** k: samples, or summed weights, of each. */
  counts: Float64Array;
  /** Σ w · squared distance of the samples to the nearest of `centroids`. */
  inertia: number;
  /** Where they move: the means of their samples, k rows of d. */
  nextCentroids: readonly FloatArray[];
  /** Summed squared distance of that move. */
  shift: number;
  /** Samples whose label differs from that of the iteration before. */
  changed: number;
  /** Whether the run ends with this iteration because nothing moves any more (or by less than tol). */
  converged: boolean;
}
