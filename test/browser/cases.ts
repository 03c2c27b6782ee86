import type { KMeansOptions, KMeansResult, NumericArray, Precision } from '../../src/types.js';

// What pages and Node cluster alike, each with its own copy of the library, which makes the samples too.

export type Library = typeof import('../../src/index.js');

interface Shape {
  nSamples: number;
  nFeatures: number;
  k: number;
  options?: KMeansOptions;
}

/** The first three have passes so large that they are worth other threads. */
const shapes: Readonly<Record<string, Shape>> = {
  'Hamerly, 16 features': { nSamples: 17_000, nFeatures: 16, k: 16, options: { algorithm: 'hamerly', maxIter: 8 } },
  'Yinyang, 32 features': { nSamples: 4500, nFeatures: 32, k: 32, options: { algorithm: 'yinyang', maxIter: 8 } },
  'filtering, 2 features': { nSamples: 38_000, nFeatures: 2, k: 48, options: { algorithm: 'filtering', maxIter: 8 } },
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

export const isLarge = ({ nSamples }: Shape): boolean => nSamples >= 4500;

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
  for (const one of some) {
    const { labels, centroids, inertia, iterations, backend, threads } = await cluster(one);
    const digests = { labels: await digest([labels]), centroids: await digest(centroids) };
    results.push({ name: one.name, ...digests, inertia, iterations, backend, threads });
  }
  return results;
}

async function digest(arrays: readonly NumericArray[]): Promise<string> {
  const bytes = await new Blob(arrays as readonly unknown[] as BlobPart[]).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
