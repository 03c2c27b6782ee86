import type { KMeansOptions, KMeansResult, NumericArray, Precision } from '../../src/types.js';

// What pages and Node cluster alike, each with its own copy of the library, which makes the samples too.

export type Library = typeof import('../../src/index.js');

interface Shape {
  nSamples: number;
  nFeatures: number;
  k: number;
  options?: KMeansOptions;
}

/** The first three have passes so large that they are handed over to other threads. */
const shapes: Readonly<Record<string, Shape>> = {
  'Hamerly, 16 features': { nSamples: 9000, nFeatures: 16, k: 16, options: { algorithm: 'hamerly', maxIter: 8 } },
  'Yinyang, 32 features': { nSamples: 3000, nFeatures: 32, k: 32, options: { algorithm: 'yinyang', maxIter: 8 } },
  'filtering, 2 features': { nSamples: 25_000, nFeatures: 2, k: 48, options: { algorithm: 'filtering', maxIter: 8 } },
  'plain assignment': { nSamples: 3000, nFeatures: 7, k: 9, options: { algorithm: 'lloyd', init: 'random', nInit: 2 } },
  'Hartigan and Wong': { nSamples: 1000, nFeatures: 3, k: 6, options: { algorithm: 'hartigan-wong' } },
  'cosine, k-means||': { nSamples: 2500, nFeatures: 9, k: 12, options: { metric: 'cosine', init: 'k-means||' } },
};

const precisions: readonly Precision[] = ['float32', 'float64'];

export interface Case extends Shape {
  name: string;
  precision: Precision;
}

export const cases: readonly Case[] = Object.entries(shapes).flatMap(([name, shape]) =>
  precisions.map((precision) => ({ ...shape, precision, name: `${name}, ${precision}` })),
);

/** Those that plain JavaScript clusters in no time. */
export const small = cases.filter(({ nSamples }) => nSamples < 3000);

/** The samples of a case: the clusters overlap, so that it takes some iterations. */
export function samplesOf({ makeBlobs }: Library, { nSamples, nFeatures, k, precision }: Case) {
  return makeBlobs({ nSamples, nFeatures, centers: k, spread: 4, seed: nFeatures, precision }).data;
}

/** What a clustering found, with digests of all bits, and who found it. */
export interface Found {
  name: string;
  labels: string;
  centroids: string;
  inertia: number;
  iterations: number;
  backend: string;
  threads: number;
}

/** Every case by `kmeans`, one after the other. */
export function clusterAll(library: Library): Promise<Found[]> {
  return findAll(cases, (one) => library.kmeans(samplesOf(library, one), one.k, one.options));
}

/** Every case, or some, by `kmeansAsync` with two threads. */
export function clusterAllAsync(library: Library, some = cases): Promise<Found[]> {
  return findAll(some, (one) => library.kmeansAsync(samplesOf(library, one), one.k, { ...one.options, threads: 2 }));
}

async function findAll(
  some: readonly Case[],
  cluster: (one: Case) => KMeansResult | Promise<KMeansResult>,
): Promise<Found[]> {
  const results: Found[] = [];
  for (const one of some) results.push(await foundOf(one.name, await cluster(one)));
  return results;
}

async function foundOf(name: string, result: KMeansResult): Promise<Found> {
  const { labels, centroids, inertia, iterations, backend, threads } = result;
  const digests = { labels: await digest([labels]), centroids: await digest(centroids) };
  return { name, ...digests, inertia, iterations, backend, threads };
}

/** Samples that lie in memory which workers can share, where there is such. */
const matrixShape = { nSamples: 1_100_000, nFeatures: 16, k: 8 };

/** What calls found in a matrix, and whether its values were the same before and after. */
export interface FoundInMatrix {
  found: Found[];
  unchanged: boolean;
}

/** A large matrix by `kmeans` and by `kmeansAsync`. */
export async function clusterMatrix(library: Library): Promise<FoundInMatrix> {
  const { nSamples, nFeatures, k } = matrixShape;
  const samples = library.matrix(nSamples, nFeatures, 'float32');
  const { data } = library.makeBlobs({ nSamples: 1000, nFeatures, centers: k, seed: 5, precision: 'float32' }).data;
  // Away from the origin, so that the values are moved meanwhile.
  const shifted = data.map((value) => value + 100);
  for (let at = 0; at < samples.data.length; at += data.length) samples.data.set(shifted, at);
  const before = await digest([samples.data.slice()]);
  const options = { init: 'random', nInit: 1, maxIter: 2, tol: 0 } as const;
  const found = [
    await foundOf('at once', library.kmeans(samples, k, options)),
    await foundOf('by workers', await library.kmeansAsync(samples, k, { ...options, threads: 2 })),
  ];
  const unchanged = before === (await digest([samples.data.slice()]));
  samples.dispose();
  return { found, unchanged };
}

/** What a model and a clustering are asked for, and what comes of a stream. */
export interface Asked {
  predictions: string;
  silhouette: number;
  streamed: string;
  streamThreads: number;
}

/** Predictions, silhouettes and the centroids of a stream, at once or by two threads. */
export async function ask(library: Library, threads?: 2): Promise<Asked> {
  const one = cases[0]!;
  const samples = samplesOf(library, one);
  const model = library.kmeans(samples, one.k, { maxIter: 3 });
  const others = samplesOf(library, { ...one, nSamples: 30_000 });
  const options = { sampleSize: 4000 };
  const predictions = threads ? await model.predictAsync(others, { threads }) : model.predict(others);
  const silhouette = threads
    ? await library.silhouetteScoreAsync(samples, model.labels, { ...options, threads })
    : library.silhouetteScore(samples, model.labels, options);
  const streaming = new library.KMeans({ k: one.k, init: model.centroids, maxIter: 5 });
  const stream = threads ? await streaming.fitStream(() => [samples], { threads }) : streaming.fit(samples);
  return {
    predictions: await digest([predictions]),
    silhouette,
    streamed: await digest([...stream.centroids, Float64Array.of(stream.inertia)]),
    streamThreads: stream.threads,
  };
}

async function digest(arrays: readonly NumericArray[]): Promise<string> {
  const bytes = await new Blob(arrays as readonly unknown[] as BlobPart[]).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
