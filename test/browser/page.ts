import * as library from '../../src/index.js';
import { ask, cases, clusterAll, clusterAllAsync, clusterMatrix, type Found, samplesOf, small } from './cases.js';
import { abort, othersWhile } from './meanwhile.js';

// Runs in the page: does what the page of this name is for, posts what came of it, and goes on to the next one.

const { dispose, init, kmeans } = library;

const pages = {
  /** Memory can be shared. */
  async isolated() {
    const one = cases[0]!;
    return {
      isolated: crossOriginIsolated,
      relaxed: kmeans(samplesOf(library, one), one.k, { ...one.options, relaxedSimd: true }).backend,
      onThisThread: await clusterAll(library),
      byWorkers: await clusterAllAsync(library),
      byMessages: await withoutWaiting(() => clusterAllAsync(library)),
      inWorker: await answerOf<Found[]>(new Worker('in-worker.js', { type: 'module' })),
      asked: await ask(library, 2),
      inMatrix: await clusterMatrix(library),
      others: await othersWhile(2),
      abort: await abort(2),
    };
  },

  /** Without the two headers that isolate it. */
  async open() {
    return {
      isolated: crossOriginIsolated,
      byWorkers: await clusterAllAsync(library),
      asked: await ask(library, 2),
      inMatrix: await clusterMatrix(library),
      others: await othersWhile(2),
      abort: await abort(2),
    };
  },

  /** By its policy scripts come from the site, and nothing else does. */
  async strict() {
    return {
      isolated: crossOriginIsolated,
      onThisThread: await clusterAll(library),
      inSlices: await clusterAllAsync(library, small),
      forced: codeOf(() => {
        init({ backend: 'wasm' });
        kmeans([1, 2, 8, 9], 2);
      }),
    };
  },

  /** Its policy allows WebAssembly, and workers that come from the site. */
  async 'no-blobs'() {
    const inSlices = await clusterAllAsync(library);
    init({ createWorker: () => new Worker('worker.js') });
    return { isolated: crossOriginIsolated, inSlices, byWorkers: await clusterAllAsync(library) };
  },
};

export type Answers = { [name in keyof typeof pages]: Awaited<ReturnType<(typeof pages)[name]>> };

/** As in engines that cannot wait for shared memory without blocking: workers send messages there. */
async function withoutWaiting<T>(work: () => Promise<T>): Promise<T> {
  const atomics = Atomics as { waitAsync?: unknown };
  const { waitAsync } = atomics;
  dispose();
  atomics.waitAsync = undefined;
  try {
    return await work();
  } finally {
    dispose();
    atomics.waitAsync = waitAsync;
  }
}

function answerOf<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}

function codeOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

const name = location.pathname.split('/')[1] as keyof Answers;
const answer = await pages[name]().catch((error) => ({ error: `${error}\n${error?.stack}` }));
const response = await fetch('answer', {
  method: 'POST',
  body: JSON.stringify(answer),
});
location.replace(await response.text());
