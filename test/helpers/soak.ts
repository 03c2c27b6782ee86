import { Worker } from 'node:worker_threads';
import { worthSharing } from '../../src/data/resident.js';
import {
  dispose,
  elbow,
  elbowAsync,
  init,
  KMeans,
  type KMeansAsyncOptions,
  type KMeansResult,
  kmeans,
  kmeansAsync,
  type Matrix,
  makeBlobs,
  matrix,
  silhouetteScore,
  silhouetteScoreAsync,
} from '../../src/index.js';
import { createRandom } from '../../src/random.js';
import type { FloatArray } from '../../src/types.js';

// Many calls at the same time, of which some are aborted, some fail and some lose their workers; whatever ends must end right.

/** How the calls ended. */
export interface Tally {
  finished: number;
  aborted: number;
  thrown: number;
  workersKilled: number;
  workersLost: number;
  refused: number;
  disposals: number;
}

export interface Soak {
  tally: Tally;
  /** What was not as it should be, one sentence each. */
  failures: string[];
  /** Bytes after a collection: at the end of every round. */
  heap: number[];
  resident: number[];
}

interface SoakOptions {
  seconds: number;
  seed: number;
  /** Samples of a call at the most. */
  most: number;
  /** Milliseconds after which a promise that does not settle counts as hanging. */
  patience: number;
}

const ALGORITHMS = ['auto', 'lloyd', 'hamerly', 'yinyang', 'filtering', 'hartigan-wong'] as const;
const SEEDINGS = ['k-means++', 'k-means||', 'afk-mc2', 'growing', 'random'] as const;
/** Calls of a round, at the same time. */
const AT_ONCE = 4;
/** Rounds between two looks at the memory. */
const LOOK_AFTER = 10;

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Rounds of random calls until the time is up. Needs `--expose-gc` for figures of memory. */
export async function soak(options: SoakOptions): Promise<Soak> {
  const { seconds, seed, patience } = options;
  const random = createRandom(seed);
  const tally = { finished: 0, aborted: 0, thrown: 0, workersKilled: 0, workersLost: 0, refused: 0, disposals: 0 };
  const result: Soak = { tally, failures: [], heap: [], resident: [] };
  const workers = new Set<Worker>();
  init({
    createWorker(source) {
      const worker = new Worker(source, { eval: true });
      workers.add(worker);
      worker.once('exit', () => workers.delete(worker));
      return worker;
    },
  });
  const onRejection = (error: unknown) => result.failures.push(`unhandled rejection: ${error}`);
  process.on('unhandledRejection', onRejection);
  const { bytes } = worthSharing;
  worthSharing.bytes = 0;
  const until = performance.now() + seconds * 1000;
  try {
    for (let round = 0; performance.now() < until && result.failures.length < 10; round++) {
      const calls = Array.from({ length: AT_ONCE }, () => runCall(draw(random, options), result, patience));
      await wait(random() * 60);
      if (random() < 0.08) {
        dispose();
        tally.disposals++;
      }
      const doomed = [...workers][Math.floor(random() * workers.size)];
      let death: unknown;
      if (doomed && random() < 0.06) {
        death = doomed.terminate();
        tally.workersKilled++;
      }
      await Promise.all(calls);
      // What comes next would still be given to it.
      await death;
      if (round % LOOK_AFTER === LOOK_AFTER - 1) await look(result);
    }
    await expectUsable(result);
    dispose();
    const end = performance.now() + patience;
    while (workers.size > 0 && performance.now() < end) await wait(5);
    if (workers.size > 0) result.failures.push(`${workers.size} workers are left`);
    await look(result);
  } finally {
    process.off('unhandledRejection', onRejection);
    worthSharing.bytes = bytes;
    init();
  }
  return result;
}

async function look({ heap, resident }: Soak): Promise<void> {
  await wait(0);
  globalThis.gc?.();
  await wait(0);
  globalThis.gc?.();
  heap.push(process.memoryUsage().heapUsed);
  resident.push(process.memoryUsage.rss());
}

async function expectUsable({ failures }: Soak): Promise<void> {
  const { data } = makeBlobs({ nSamples: 3000, nFeatures: 3, centers: 4, seed: 2 });
  const { labels, threads } = await kmeansAsync(data, 4, { threads: 2 });
  if (threads !== 2) failures.push('the workers are not usable');
  if (String(labels) !== String(kmeans(data, 4).labels)) failures.push('the workers give other labels');
}

/** A call and how it may end. */
interface Call {
  name: string;
  start(signal: AbortSignal): Promise<unknown>;
  /** What the call that waits gives. */
  expected(): unknown;
  abortAfter: number | undefined;
  /** What its onProgress throws. */
  mine: Error | undefined;
  /** The code of what is wrong with its input. */
  code: string | undefined;
  /** Whether its samples are what they were. */
  isIntact(): boolean;
}

async function runCall(call: Call, { tally, failures }: Soak, patience: number): Promise<void> {
  const controller = new AbortController();
  const reason = new Error('aborted by the soak');
  const { abortAfter } = call;
  const abortTimer = abortAfter === undefined ? undefined : setTimeout(() => controller.abort(reason), abortAfter);
  let patienceTimer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_, reject) => {
    patienceTimer = setTimeout(() => reject(new Error(`does not end within ${patience} ms`)), patience);
  });
  try {
    const found = await Promise.race([call.start(controller.signal), hangs]);
    if (call.code) failures.push(`${call.name}: was not refused with ${call.code}`);
    else if (bits(found) !== bits(call.expected())) failures.push(`${call.name}: differs from the call that waits`);
    else tally.finished++;
  } catch (error) {
    const { code } = error as { code?: string };
    if (error === reason) tally.aborted++;
    else if (error === call.mine) tally.thrown++;
    else if (code === 'ERR_WORKER' && tally.workersKilled > 0) tally.workersLost++;
    else if (code !== undefined && code === call.code) tally.refused++;
    else failures.push(`${call.name}: ${error}`);
  } finally {
    if (!call.isIntact()) failures.push(`${call.name}: changed its samples`);
    clearTimeout(abortTimer);
    clearTimeout(patienceTimer);
  }
}

/** All that has to be the same, as text. */
function bits(found: unknown): string {
  if (typeof found !== 'object' || found === null || !('counts' in found)) return JSON.stringify(found);
  const { labels, centroids, counts, inertia, iterations, converged } = found as KMeansResult;
  return JSON.stringify([
    labels && [...labels],
    centroids.map((row) => [...row]),
    [...counts],
    inertia,
    iterations,
    converged,
  ]);
}

function draw(random: () => number, { most }: SoakOptions): Call {
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  const oneOf = <T>(all: readonly T[]): T => all[whole(0, all.length - 1)]!;
  const nFeatures = oneOf([1, 2, 3, 4, 5, 8, 17, 33]);
  const nSamples = Math.max(10, Math.floor((most * random() ** 3) / nFeatures));
  const k = whole(1, Math.min(nSamples, oneOf([4, 12, 60])));
  const precision = oneOf(['float32', 'float64'] as const);
  const centers = Math.min(k, 12);
  const values = makeBlobs({ nSamples, nFeatures, centers, spread: 2, seed: whole(0, 1e6), precision }).data
    .data as FloatArray;
  if (random() < 0.1) for (let i = 0; i < values.length; i++) values[i] = Math.round(values[i]!);
  const algorithm = oneOf(ALGORITHMS);
  const metric = algorithm !== 'hartigan-wong' && random() < 0.2 ? 'cosine' : 'euclidean';
  const sampleWeight = random() < 0.2 ? Float64Array.from({ length: nSamples }, () => whole(1, 3)) : undefined;
  const mine = random() < 0.1 ? new Error('mine') : undefined;
  const failAt = whole(1, 3);
  const onProgress = ({ iteration }: { iteration: number }) => {
    if (iteration === failAt) throw mine;
  };
  const code = random() < 0.05 ? 'ERR_NON_FINITE' : undefined;
  if (code) values[whole(0, values.length - 1)] = oneOf([Number.NaN, Infinity]);
  const options = {
    nFeatures,
    init: oneOf(SEEDINGS),
    seed: whole(0, 99),
    nInit: 1,
    algorithm,
    metric,
    sampleWeight,
    maxIter: 30,
  } as const;
  const threads = oneOf([1, 2, 3, 'auto'] as const);
  const abortAfter = random() < 0.3 ? random() ** 2 * 200 : undefined;
  const kind = oneOf(['fit', 'fit', 'fit', 'fit', 'fitAsync', 'predict', 'elbow', 'silhouette', 'stream'] as const);
  const isMatrix = random() < 0.4;
  const name = `${kind}${isMatrix ? ' of a matrix' : ''} ${nSamples} × ${nFeatures}, k ${k}, ${JSON.stringify({ ...options, sampleWeight: sampleWeight && 'some', threads, precision })}`;
  const data = isMatrix ? matrix(nSamples, nFeatures, precision) : values;
  if (random() < 0.5) for (let i = 0; i < values.length; i++) values[i] = values[i]! + 10;
  if (data !== values) (data as Matrix).data.set(values);
  const isIntact = () => data === values || Buffer.compare(bytesOf((data as Matrix).data), bytesOf(values)) === 0;
  const { start, expected } = callOf(kind, data, values, k, options, { threads, ...(mine && { onProgress }) });
  return { name, start, expected, abortAfter, mine, code, isIntact };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: FloatArray) => Buffer.from(buffer, byteOffset, byteLength);

/** A call, and the one that waits. */
function callOf(
  kind: string,
  data: FloatArray | Matrix,
  values: FloatArray,
  k: number,
  options: KMeansAsyncOptions & { nFeatures: number },
  more: KMeansAsyncOptions,
): Pick<Call, 'start' | 'expected'> {
  const { nFeatures } = options;
  const { threads, ...own } = more;
  switch (kind) {
    case 'fitAsync':
      return {
        start: (signal) => new KMeans({ ...options, ...own, k }).fitAsync(data, { signal, threads }),
        expected: () => kmeans(values, k, options),
      };
    case 'predict': {
      const [head] = [values.slice(0, Math.max(k, 10) * nFeatures)];
      const fitted = () => kmeans(head, k, { ...options, sampleWeight: undefined });
      return {
        start: async (signal) => [...(await fitted().predictAsync(data, { threads, signal }))],
        expected: () => [...fitted().predict(values)],
      };
    }
    case 'elbow':
      return {
        start: (signal) => elbowAsync(data, { ...options, ...more, kMin: 1, kMax: 4, signal }),
        expected: () => elbow(values, { ...options, kMin: 1, kMax: 4 }),
      };
    case 'silhouette': {
      const labels = Int32Array.from({ length: values.length / nFeatures }, (_, i) => i % 3);
      const judged = { nFeatures, sampleSize: 500 };
      return {
        start: (signal) => silhouetteScoreAsync(data, labels, { ...judged, signal }),
        expected: () => silhouetteScore(values, labels, judged),
      };
    }
    case 'stream': {
      const streamed = { ...options, ...own, sampleWeight: undefined, k, nFeatures, algorithm: 'lloyd' } as const;
      const init = [...Array(k).keys()].map((j) => Array.from(values.subarray(j * nFeatures, (j + 1) * nFeatures)));
      return {
        start: async (signal) =>
          bare(await new KMeans({ ...streamed, init }).fitStream(() => [data], { signal, threads })),
        expected: () => bare(new KMeans({ ...streamed, onProgress: undefined, init }).fit(values)),
      };
    }
    default:
      return {
        start: (signal) => kmeansAsync(data, k, { ...options, ...more, signal }),
        expected: () => kmeans(values, k, options),
      };
  }
}

const bare = ({ centroids, counts, inertia, iterations, converged }: KMeans) => ({
  ...{ centroids, counts, inertia, iterations, converged },
  labels: undefined,
});
