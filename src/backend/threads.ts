import workerSource from '../generated/worker.js';

/** A worker thread of a page or of Node. */
export interface WorkerThread {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): unknown;
  addEventListener?(type: string, listener: (event: unknown) => void): void;
  on?(type: string, listener: (event: unknown) => void): void;
  ref?(): void;
  unref?(): void;
}

export type CreateWorker = (source: string) => WorkerThread;

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
export function coreCount(): number {
  return nodeModule('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

let create: CreateWorker = createWorker;

/** Settles who makes workers. */
export function configureWorkers(given: CreateWorker = createWorker): void {
  create = given;
}

/**
 * A worker that runs the library's script; throws where there can be none.
 *
 * @param hear gets its messages
 * @param fail is called where it does not come up in time, or ends: whether others may come up, since it ran or was ended
 */
export function startWorker(hear: (message: unknown) => void, fail: (ran: boolean) => void): WorkerThread {
  const worker = create(workerSource);
  let ran = false;
  let ended = false;
  const end = (type?: string) => {
    clearTimeout(limit);
    // What cannot start has an error before it exits.
    if (!ended) fail(ran || type === 'exit');
    ended = true;
  };
  const limit = setTimeout(end, START_LIMIT);
  listen(worker, 'message', (event) => {
    clearTimeout(limit);
    ran = true;
    // In Node it is the message itself.
    hear((event as { data?: unknown }).data ?? event);
  });
  for (const type of ['error', 'messageerror', 'exit']) listen(worker, type, () => end(type));
  return worker;
}

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
