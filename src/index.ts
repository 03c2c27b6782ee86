export type { InitOptions } from './backend/load.js';
export type { WorkerThread } from './backend/threads.js';
export { type Elbow, type ElbowAsyncOptions, type ElbowOptions, elbow, elbowAsync } from './choose-k/elbow.js';
export { type Blobs, type BlobsOptions, makeBlobs } from './data/blobs.js';
export { type Matrix, matrix } from './data/matrix.js';
export { type Rows, readRows } from './data/read-rows.js';
export type { ErrorCode } from './errors.js';
export { dispose, init } from './init.js';
export { kmeans, kmeansAsync } from './kmeans.js';
export {
  type SilhouetteOptions,
  type SilhouetteScoreAsyncOptions,
  type SilhouetteScoreOptions,
  silhouetteSamples,
  silhouetteScore,
  silhouetteScoreAsync,
} from './metrics/silhouette.js';
export { KMeans, type KMeansModelOptions } from './models/k-means.js';
export { MiniBatchKMeans, type MiniBatchKMeansJSON } from './models/mini-batch.js';
export type { MiniBatchKMeansOptions } from './models/mini-batch-options.js';
export type { StreamOptions } from './models/stream.js';
export { kmeansFromJSON } from './result.js';
export { kmeansSteps } from './steps.js';
export type * from './types.js';
