// How late an abort is heard, in every phase of every asynchronous call: npm run bench:abort; one abort of every case,
// within 150 seconds: npm run bench:abort -- --short
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';
import {
  dispose,
  elbowAsync,
  KMeans,
  type KMeansAsyncOptions,
  kmeans,
  kmeansAsync,
  type Matrix,
  makeBlobs,
  matrix,
  silhouetteScoreAsync,
} from '../src/index.js';
import { digits, formatTable } from './table.js';

const { values: options } = parseArgs({
  options: {
    /** Only cases whose name has this in it. */
    only: { type: 'string', default: '' },
    /** One abort of every case, in its first moments. */
    short: { type: 'boolean', default: false },
    /** Aborts of a case. */
    times: { type: 'string' },
    /** Seconds that the calling thread is watched for. */
    watch: { type: 'string' },
    /** Names what kept the calling thread longest. */
    profile: { type: 'boolean', default: false },
  },
});

const times = Number(options.times ?? (options.short ? 1 : 8));
/** In milliseconds. */
const limit = Number(options.watch ?? (options.short ? 0.5 : 4)) * 1000;

type Call = (signal: AbortSignal) => Promise<unknown>;

const blobs = (nSamples: number, nFeatures: number) =>
  makeBlobs({ nSamples, nFeatures, centers: 50, spread: 3, seed: 1, precision: 'float32' }).data;
const flat = blobs(2_000_000, 2);
const wide = blobs(200_000, 64);
const weights = new Float64Array(2_000_000).fill(1.5);

let large: Matrix | undefined;
/** 512 MiB far from the origin, which are moved where they lie, and back. */
function matrixOfHalfAGiB(): Matrix {
  if (large) return large;
  large = matrix(2 ** 23, 16);
  const { data } = large;
  for (let i = 0; i < data.length; i++) data[i] = 100 + (wide.data[i % wide.data.length] as number);
  return large;
}

const cases: [name: string, call: Call, threads: number][] = [];
const APART = -2;
for (const threads of [1, 2, 0, APART]) {
  const asked = Math.abs(threads);
  const clustering =
    (data: object, k: number, more: KMeansAsyncOptions): Call =>
    (signal) =>
      kmeansAsync(data as never, k, { ...more, signal, ...(threads && { threads: asked }) });
  const add = (name: string, call: Call) =>
    cases.push([`${name}, ${asked || 'no'} threads${threads === APART ? ' apart' : ''}`, call, threads]);
  for (const [shape, data, k] of [
    ['2M × 2', flat, 100],
    ['200k × 64', wide, 200],
  ] as const) {
    for (const init of ['k-means++', 'k-means||', 'afk-mc2', 'growing', 'random'] as const)
      add(`${shape} ${init}`, clustering(data, k, { init, maxIter: 3, nInit: 1 }));
    for (const algorithm of ['lloyd', 'hamerly', 'yinyang', 'filtering', 'hartigan-wong'] as const)
      add(
        `${shape} ${algorithm}`,
        clustering(data, k, { algorithm, init: 'random', nInit: 1, maxIter: 12, onProgress() {} }),
      );
    add(`${shape} cosine`, clustering(data, k, { metric: 'cosine', init: 'random', nInit: 1, maxIter: 3 }));
    const far = Array.from({ length: k }, (_, j) =>
      Array.from({ length: data.shape[1]! }, () => (j < 5 ? j : 1e4 + j)),
    );
    add(`${shape} relocation`, clustering(data, k, { init: far, maxIter: 4 }));
    const columns = Array.from({ length: data.shape[1]! }, (_, f) =>
      Float64Array.from({ length: data.shape[0]! }, (_, i) => data.data[i * data.shape[1]! + f]!),
    );
    add(`${shape} columns`, clustering({ columns }, 8, { maxIter: 3, init: 'random', nInit: 1 }));
    const model = new KMeans({ k, maxIter: 2, init: 'random', nInit: 1 }).fit(data);
    add(`${shape} predictAsync`, (signal) => model.predictAsync(data, { signal, ...(threads && { threads: asked }) }));
    add(`${shape} elbowAsync`, (signal) =>
      elbowAsync(data, { kMax: 4, maxIter: 3, signal, ...(threads && { threads: asked }) }),
    );
  }
  for (const init of ['k-means++', 'k-means||', 'afk-mc2', 'growing', 'random'] as const)
    add(`2M × 2 weights ${init}`, clustering(flat, 100, { init, nInit: 1, maxIter: 3, sampleWeight: weights }));
  if (threads >= 0) {
    if ('512 MiB in place'.includes(options.only)) matrixOfHalfAGiB();
    add('512 MiB in place', (signal) =>
      clustering(matrixOfHalfAGiB(), 8, { init: 'random', nInit: 1, maxIter: 3 })(signal),
    );
    for (const [shape, data] of [
      ['2M × 2', flat],
      ['200k × 64', wide],
    ] as const)
      add(`${shape} fitStream`, (signal) =>
        new KMeans({ k: 200, maxIter: 3 }).fitStream(() => [data], { signal, ...(threads && { threads }) }),
      );
  }
  if (threads) continue;
  const rows = Array.from({ length: 200_000 }, (_, i) => Array.from(wide.data.subarray(i * 64, i * 64 + 64)));
  add('200k × 64 rows', clustering(rows, 8, { maxIter: 3, init: 'random', nInit: 1 }));
  const labels = kmeans(wide, 5, { maxIter: 2 }).labels;
  add('200k × 64 silhouetteScoreAsync', (signal) => silhouetteScoreAsync(wide, labels, { signal }));
  const many = Int32Array.from({ length: 2_000_000 }, (_, i) => i % 7);
  add('2M × 2 silhouetteScoreAsync', (signal) => silhouetteScoreAsync(flat, many, { signal }));
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs a call to its end, or aborts it then; longest time in which nothing else had a turn, when, and how long the call took. */
async function watch(call: Call, limit: number) {
  let longest = 0;
  let at = 0;
  let last = performance.now();
  let going = true;
  const look = () => {
    const now = performance.now();
    if (now - last > longest) {
      longest = now - last;
      at = Number(process.hrtime.bigint() / 1000n);
    }
    last = now;
    if (going) setImmediate(look);
  };
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), limit);
  const begun = performance.now();
  look();
  await call(controller.signal).catch((error) => {
    if (!controller.signal.aborted) throw error;
  });
  going = false;
  look();
  clearTimeout(timer);
  return { longest, at, total: performance.now() - begun };
}

/** How long after the moment for which an abort was due the promise rejected; undefined where it was through by then. */
async function latency(call: Call, delay: number): Promise<number | undefined> {
  const controller = new AbortController();
  const due = performance.now() + delay;
  const timer = setTimeout(() => controller.abort('enough'), delay);
  const reason = await call(controller.signal).catch((error) => error);
  clearTimeout(timer);
  return reason === 'enough' ? performance.now() - due : undefined;
}

/** The functions that ran in the longest time in which nothing else had a turn. */
async function culprits(call: Call, limit: number): Promise<string> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 1000 });
  await session.post('Profiler.start');
  const { longest, at } = await watch(call, limit);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const parents = new Map<number, Profiler.ProfileNode>();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node);
  const deltas = profile.timeDeltas ?? [];
  const times = new Map<string, number>();
  let time = profile.startTime;
  (profile.samples ?? []).forEach((id, i) => {
    time += deltas[i]!;
    if (time > at || time < at - longest * 1000) return;
    const names: string[] = [];
    for (let node = nodes.get(id); node && names.length < 4; node = parents.get(node.id))
      names.push(node.callFrame.functionName || '·');
    const name = names.join(' < ');
    times.set(name, (times.get(name) ?? 0) + deltas[i]! / 1000);
  });
  const top = [...times].sort((a, b) => b[1] - a[1]).slice(0, 4);
  return top.map(([name, ms]) => `${ms.toFixed(0)} ms ${name}`).join('\n      ');
}

const table: string[][] = [];
for (const [name, call, threads] of cases) {
  if (!name.includes(options.only)) continue;
  // As in a page that may not share memory.
  if (threads <= 0 && globalThis.crossOriginIsolated !== false) {
    globalThis.crossOriginIsolated = false;
    dispose();
  }
  if (!options.short) await watch(call, limit);
  const { longest, total } = await watch(call, limit);
  const late: number[] = [];
  for (let t = 0; t < times; t++) {
    const milliseconds = await latency(call, ((t + Math.random()) / times) * Math.min(total, limit));
    if (milliseconds !== undefined) late.push(milliseconds);
  }
  const worst = Math.max(0, ...late);
  table.push([name, digits(total), digits(longest), digits(worst)]);
  console.log(
    `${worst > 50 || longest > 50 ? '✗' : ' '} ${name}: ${total.toFixed(0)} ms, busy ${longest.toFixed(0)}, late ${worst.toFixed(0)}`,
  );
  if (options.profile && longest > 30) console.log('     ', await culprits(call, limit));
  await wait(0);
}
console.log(formatTable(['call', 'ms', 'longest turn', 'latest answer'], table));
dispose();
