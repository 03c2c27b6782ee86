import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { kmeans } from '../../src/index.js';
import { createRandom } from '../../src/random.js';
import type { Precision } from '../../src/types.js';
import type { Shape } from '../data.js';

export interface Job {
  rows: number[][];
  start: number[][];
  /** Iterations at the most. */
  maxIter: number;
}

type Centroids = readonly ArrayLike<number>[];

export interface Peer {
  name: string;
  /** What the table says where it does not do what the others do. */
  note?: string;
  /** Cannot be told where to start: it does other work than the rest, and stays out of the mean. */
  ownStart?: boolean;
  /** Knows no limit on iterations: it is compared with ours at convergence. */
  uncapped?: boolean;
  /** Why a shape cannot be tried. */
  refuses?(shape: Shape): string | undefined;
  /** Loads the package; what it gives clusters once. */
  load(): Promise<(job: Job) => Centroids | Promise<Centroids>>;
}

/** CommonJS packages without types. */
const require = createRequire(resolve('package.json'));

const copy = (rows: readonly number[][]): number[][] => rows.map((row) => [...row]);

const ourPeer = (name: string, precision?: Precision): Peer => ({
  name,
  load:
    async () =>
    ({ rows, start, maxIter }) =>
      kmeans(rows, start.length, { init: start, tol: 0, maxIter, precision }).centroids,
});

/** From `number[][]`, so with conversion, in float64, … */
export const ours = ourPeer('kmeans-simd');

/** … and rounded to float32. */
export const oursInFloat32 = ourPeer('kmeans-simd, float32', 'float32');

export const own: readonly Peer[] = [ours, oursInFloat32];

/** Every peer in the way it runs best, with the same start and the same number of iterations where it can be told. */
export const peers: readonly Peer[] = [
  {
    // Stops when no centroid moves by more than the tolerance: with 0, when none moves at all.
    name: 'ml-kmeans',
    load: async () => {
      const { kmeans } = await import('ml-kmeans');
      return ({ rows, start, maxIter }) =>
        kmeans(rows, start.length, { initialization: start, tolerance: 0, maxIterations: maxIter }).centroids;
    },
  },
  {
    // Stops when no coordinate of any centroid changes, or after maxit passes; overwrites the array of the start.
    name: 'skmeans',
    load: async () => {
      const skmeans = require('skmeans') as Skmeans;
      return ({ rows, start, maxIter }) => skmeans(rows, start.length, [...start], maxIter).centroids;
    },
  },
  {
    // Stops when no label changes, after 300 iterations at the most, which cannot be told: here it is told by its inner step.
    name: 'DruidJS',
    note: 'its assignment is WebAssembly',
    load: async () => {
      const { KMeans } = await import('@saehrimnir/druidjs');
      const prototype = KMeans.prototype as unknown as { _iteration(centroids: Float64Array[]): DruidStep };
      const iterate = prototype._iteration;
      return ({ rows, start, maxIter }) => {
        let iterations = 0;
        prototype._iteration = function (centroids) {
          const step = iterate.call(this, centroids);
          iterations++;
          return { ...step, clusters_changed: step.clusters_changed && iterations < maxIter };
        };
        const initial_centroids = start.map((row) => Float64Array.from(row));
        return new KMeans(rows, { K: start.length, initial_centroids } as object).centroids;
      };
    },
  },
  {
    // Its own test of convergence is true as soon as one coordinate stands still: switched off. Writes into the start's rows.
    name: 'kmeans-js',
    load: async () => {
      const KMeans = require('kmeans-js') as KMeansJs;
      return ({ rows, start, maxIter }) => {
        const initialize = () => copy(start);
        const model = new KMeans({ K: start.length, maxIterations: maxIter, enableConvergenceTest: false, initialize });
        model.autoCluster(rows);
        return model.centroids;
      };
    },
  },
  {
    // Stops when no centroid changes.
    name: 'node-kmeans',
    note: 'random start of its own; no limit on iterations: both run to the end',
    ownStart: true,
    uncapped: true,
    load: async () => {
      const { clusterize } = require('node-kmeans') as NodeKmeans;
      return ({ rows, start }) =>
        new Promise((done, fail) => {
          Math.random = createRandom(1);
          clusterize(rows, { k: start.length }, (error, groups) =>
            error ? fail(error) : done(groups.map(({ centroid }) => centroid)),
          );
        });
    },
  },
  {
    // Stops when no centroid moves by more than the threshold. Its arrays begin with as many holes as they have values.
    name: 'kmeans-wasm',
    note: 'random start of its own',
    ownStart: true,
    load: async () => {
      const glue = (await import('kmeans-wasm/kmeans_wasm_bg.js' as string)) as KmeansWasm;
      const file = readFileSync(require.resolve('kmeans-wasm/kmeans_wasm_bg.wasm'));
      const imports = { './kmeans_wasm_bg.js': glue as unknown as WebAssembly.ModuleImports };
      const { instance } = await WebAssembly.instantiate(file, imports);
      glue.__wbg_set_wasm(instance.exports);
      return ({ rows, start, maxIter }) => {
        Math.random = createRandom(1);
        const { centroids } = glue.kmeans(rows, start.length, maxIter, 0);
        // `filter` skips holes.
        return centroids.filter(() => true).map((row) => row.filter(() => true));
      };
    },
  },
  {
    // Knows no convergence: runs as many iterations as it is told. Its start is set through the method that draws it.
    name: 'scikitjs',
    note: 'on the plain JavaScript backend of TensorFlow.js, float32',
    refuses: ({ n, d, k }) =>
      n * d * k > 2 ** 28
        ? `makes a tensor of n × k × d values, ${((4 * n * d * k) / 2 ** 30).toFixed(1)} GiB`
        : undefined,
    load: async () => {
      const [tf, scikit] = requireScikit();
      scikit.setBackend(tf);
      return ({ rows, start, maxIter }) => {
        const model = new scikit.KMeans({ nClusters: start.length, maxIter });
        model.initCentroids = () => {
          model.clusterCenters = tf.tensor2d(start);
        };
        tf.engine().startScope();
        const centroids = model.fit(rows).clusterCenters.arraySync();
        tf.engine().endScope();
        return centroids;
      };
    },
  },
];

/** Both weigh 270 MB, so they are no devDependencies. */
function requireScikit(): [TensorFlow, Scikit] {
  try {
    return [require('@tensorflow/tfjs') as TensorFlow, require('scikitjs') as Scikit];
  } catch {
    throw new Error('not installed: npm install --no-save scikitjs @tensorflow/tfjs@3');
  }
}

type Skmeans = (rows: number[][], k: number, start: number[][], maxit: number) => { centroids: number[][] };

interface DruidStep {
  cluster_centroids: Float64Array[];
  clusters_changed: boolean;
}

type KMeansJs = new (options: object) => { autoCluster(rows: number[][]): void; centroids: number[][] };

interface NodeKmeans {
  clusterize(
    rows: number[][],
    options: { k: number },
    callback: (error: Error | null, groups: { centroid: number[] }[]) => void,
  ): void;
}

interface KmeansWasm {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
  kmeans(rows: number[][], k: number, maxIter: number, threshold: number): { centroids: number[][] };
}

interface Tensor {
  arraySync(): number[][];
}

interface TensorFlow {
  tensor2d(rows: number[][]): Tensor;
  engine(): { startScope(): void; endScope(): void };
}

interface Scikit {
  setBackend(tf: TensorFlow): void;
  KMeans: new (options: {
    nClusters: number;
    maxIter: number;
  }) => {
    initCentroids(): void;
    clusterCenters: Tensor;
    fit(rows: number[][]): { clusterCenters: Tensor };
  };
}
