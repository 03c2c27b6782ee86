import { workerError } from '../errors.js';
import workerSource from '../generated/worker.js';
import { MAX_THREADS } from './control.js';
import type { InitOptions } from './load.js';

/** A worker thread of a page or of Node. */
export interface WorkerThread {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): unknown;
  addEventListener?(type: string, listener: (event: unknown) => void): void;
  on?(type: string, listener: (event: unknown) => void): void;
  ref?(): void;
  unref?(): void;
}

type CreateWorker = (source: string) => WorkerThread;

/** Milliseconds within which a worker has to be ready. */
const START_LIMIT = 10_000;

interface NodeModules {
  'node:worker_threads': { Worker: new (source: string, options: object) => WorkerThread };
  'node:os': { availableParallelism(): number };
}

/** A module of Node's own, found without an import, which bundlers for pages would stumble on. */
function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  return (globalThis as { process?: { getBuiltinModule?(name: Name): NodeModules[Name] } }).process?.getBuiltinModule?.(
    name,
  );
}

/** How many threads can run at a time. */
function coreCount(): number {
  return nodeModule('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Work of a pass, in steps of a kernel, that keeps one more thread busy for long enough to be worth a turn. */
const THREAD_WORK = 1.5e6;

let create: CreateWorker = createWorker;
/** Where a call does not say. */
let defaultThreads: InitOptions['threads'];

/** Settles how many threads there are where a call does not say, and who makes workers. */
export function configureThreads({ createWorker: given = createWorker, threads }: InitOptions): void {
  create = given;
  defaultThreads = threads;
}

/**
 * How many threads a call gets for passes of so much work; 0: it stays on the calling thread.
 *
 * @param least work that is worth any other, unless the call says how many
 */
export function threadsFor(asked: number | 'auto' | undefined, work: number, least = 0): number {
  const threads = asked ?? defaultThreads ?? 'auto';
  if (threads !== 'auto') return Math.min(threads, MAX_THREADS);
  if (work < least) return 0;
  const cores = Math.min(coreCount(), MAX_THREADS);
  const most = Math.min(cores, Math.floor(work / THREAD_WORK));
  // One worker is no faster than the calling thread: it only takes the place where there is no other core.
  return most > 1 || cores === 1 ? most : 0;
}

/**
 * A worker that runs the library's script; throws where there can be none.
 *
 * @param hear gets its messages
 * @param fail is called where it does not come up in time, or ends: with ERR_WORKER, and whether others may come up, since it ran
 *   or was ended
 */
export function startWorker(
  hear: (message: unknown) => void,
  fail: (error: Error, ran: boolean) => void,
): WorkerThread {
  const worker = create(workerSource);
  let ran = false;
  let ended = false;
  const end = (type: string, event?: unknown) => {
    clearTimeout(limit);
    // What cannot start has an error before it exits.
    if (!ended) fail(workerError(causeOf(type, event)), ran || type === 'exit');
    ended = true;
  };
  const limit = setTimeout(end, START_LIMIT, 'not ready in time');
  listen(worker, 'message', (event) => {
    clearTimeout(limit);
    ran = true;
    // In Node it is the message itself.
    hear((event as { data?: unknown }).data ?? event);
  });
  for (const type of ['error', 'messageerror', 'exit']) listen(worker, type, (event) => end(type, event));
  return worker;
}

/** What an event tells of why a worker ended: in Node an error or an exit code, in pages an event that may have a message. */
const causeOf = (type: string, event: unknown): unknown =>
  event instanceof Error
    ? event
    : ((event as { message?: string })?.message ?? (type === 'exit' ? `exit code ${event}` : type));

function createWorker(source: string): WorkerThread {
  const node = nodeModule('node:worker_threads');
  if (node) return new node.Worker(source, { eval: true, execArgv: [] });
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  try {
    return new Worker(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function listen(worker: WorkerThread, type: string, listener: (event: unknown) => void): void {
  if (worker.on) worker.on(type, listener);
  else worker.addEventListener?.(type, listener);
}
