import { type Crew, currentCrew, HEAVY } from './backend/crew.js';
import { THREAD } from './backend/errand.js';
import { compileSeparate, createBackend } from './backend/load.js';
import { PART_ROWS, Parts } from './backend/parts.js';
import { makeRanges, type Pass, type SideBySide, type Work } from './backend/pass.js';
import { currentPool, isPoolBroken, type Pool, threadsFor } from './backend/pool.js';
import { COLUMNS_MAX_D } from './backend/shapes.js';
import { acquireWorkspace, memoryLimit, releaseWorkspace, Workspace } from './backend/workspace.js';
import { outOfMemory } from './errors.js';
import { checkOptions } from './option-rules.js';
import { ASYNC_RULES } from './options.js';
import { doSideBySide } from './side-by-side.js';
import { SLICE, turn } from './turn.js';
import type { AsyncOptions } from './types.js';

/** Steps that a pass takes for a sample: bounds rule out most comparisons. */
const stepsFor = (k: number, d: number): number => (k * d) / 8 + 24;

/** How much more work pays for workers with memories of their own, which are told of every pass by messages. */
const APART_FACTOR = 4;

/** Steps of a pass from which on threads that share it are faster than works side by side. */
const SIDE_MOST = 2e7;

/** How many passes each of them counts as where it is asked whether there is work for threads. */
const SIDE_PASSES = 3;

/** Bytes that the work takes in one memory that has so many of the samples. */
type Room = (rows: number, threads: number, inParts: boolean) => number;

/**
 * Has work done by worker threads; where there are none, or little work, on the calling thread, in slices.
 *
 * @param size samples, features and clusters, which tell how much work a pass is
 * @param room for work that may have its samples in parts: where memory cannot be shared, or one does not hold them
 * @param works how many parts of it may go on side by side, if there is `room`
 * @throws the reason of the signal, ERR_WORKER, and what the work throws
 */
export async function background<T>(
  options: AsyncOptions = {},
  { nSamples, nFeatures }: { nSamples: number; nFeatures: number },
  { k, relaxedSimd }: { k: number; relaxedSimd: boolean },
  work: (workspace: Workspace) => Work<T>,
  room?: Room,
  works = 1,
): Promise<T> {
  const { threads, signal } = options;
  checkOptions({ threads, signal }, ASYNC_RULES);
  signal?.throwIfAborted();
  const steps = nSamples * stepsFor(k, nFeatures);
  const count = threadsFor(threads, steps);
  // The tree of boxes is faster by itself than bounds by several threads.
  const countApart = threadsFor(threads, nFeatures > COLUMNS_MAX_D ? steps / APART_FACTOR : 0);
  const beside = room && steps < SIDE_MOST ? Math.min(threadsFor(threads, steps * works * SIDE_PASSES), works) : 0;
  const workers = beside > 1 ? beside - 1 : count;
  let pool: Pool | undefined;
  let giveUp!: () => void;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => {
      reject(signal!.reason);
      pool?.stop();
    };
  });
  givenUp.catch(() => {});
  signal?.addEventListener('abort', giveUp);

  const byWorkers = async (): Promise<T> => {
    const bytes = room?.(nSamples, Math.max(count, 1), false) ?? 0;
    const fits = bytes <= memoryLimit.bytes;
    const lender = workers > 0 && fits ? currentPool(relaxedSimd) : undefined;
    const apart = room && !(fits && (lender || countApart === 0 || isPoolBroken()));
    const crew = apart ? currentCrew() : undefined;
    const modules = crew && compileSeparate(relaxedSimd);
    if (apart && modules)
      return withParts(
        work,
        { crew, modules, room, n: nSamples, threads: Math.max(fits ? countApart : count, 1) },
        signal,
        givenUp,
      );
    if (!lender) return inSlices(work, signal);
    const use = (workspace: Workspace) => {
      pool = lender;
      const sideBySide: SideBySide = (start) => doSideBySide(workspace, lender, workers, bytes, signal, start);
      workspace.sideBySide = beside > 1 ? sideBySide : undefined;
      return drive(work(workspace), workspace, signal, lender, givenUp);
    };
    return lender.lend(workers, givenUp, use, byWorkers);
  };
  try {
    return await byWorkers();
  } finally {
    pool = undefined;
    signal?.removeEventListener('abort', giveUp);
  }
}

/** Has work done by workers that each have their part of the samples. */
async function withParts<T>(
  work: (workspace: Workspace) => Work<T>,
  {
    crew,
    modules,
    room,
    n,
    threads,
  }: { crew: Crew; modules: WebAssembly.Module[]; room: Room; n: number; threads: number },
  signal: AbortSignal | undefined,
  givenUp: Promise<never>,
): Promise<T> {
  let memories = threads;
  let rows: number;
  let bytes: number;
  do {
    rows = Math.ceil(n / memories / PART_ROWS) * PART_ROWS;
    bytes = room(rows, THREAD + 1, true);
    if (bytes <= memoryLimit.bytes) break;
    memories += threads;
  } while (rows > PART_ROWS);
  if (bytes > memoryLimit.bytes) throw outOfMemory(n, bytes * memories);

  const use = async () => {
    const keep = bytes * memories <= HEAVY;
    const workspace = keep ? acquireWorkspace() : new Workspace(createBackend());
    const parts = new Parts(crew, threads, n, rows, workspace, modules);
    Object.assign(workspace, { parts, threads: THREAD + 1, deferred: true });
    try {
      await Promise.race([parts.open(bytes), givenUp]);
      return await drive(work(workspace), workspace, signal, undefined, givenUp);
    } finally {
      parts.close(keep);
      Object.assign(workspace, { parts: undefined, threads: 1, deferred: false });
      if (keep) releaseWorkspace(workspace);
    }
  };
  return crew.lend(threads, bytes * memories, givenUp, use, () => inSlices(work, signal));
}

/** Has work done on the calling thread, which others get in between. */
export async function inSlices<T>(
  work: (workspace: Workspace) => Work<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  signal?.throwIfAborted();
  const workspace = acquireWorkspace();
  workspace.deferred = true;
  try {
    return await drive(work(workspace), workspace, signal);
  } finally {
    workspace.deferred = false;
    releaseWorkspace(workspace);
  }
}

/** Drives work in a deferred workspace to its end, and has its passes made by the pool or, where none of it starts, by this thread. */
export async function drive<T>(
  work: Work<T>,
  workspace: Workspace,
  signal: AbortSignal | undefined,
  pool?: Pool,
  givenUp?: Promise<never>,
): Promise<T> {
  let last = performance.now();
  let isUp: boolean | undefined;
  const isLate = () => performance.now() - last > SLICE;
  const breathe = async () => {
    await turn();
    signal?.throwIfAborted();
    last = performance.now();
  };
  const makeHere = async (pass: Pass) => {
    if (pool) workspace.threads = 1;
    let sum = 0;
    for (let i = 0; i < pass.n; i += pass.rows) {
      sum += makeRanges(workspace, pass, i, Math.min(i + pass.rows, pass.n));
      if (isLate()) await breathe();
    }
    return sum;
  };

  let step = work.next(0);
  while (!step.done) {
    const pass = step.value;
    let sum = 0;
    if (pass instanceof Promise) {
      // Works side by side give up by themselves, once nothing of them is under way.
      sum = (await (pool ? pass : Promise.race([pass, givenUp!]))) as number;
      signal?.throwIfAborted();
    } else if (pass) {
      isUp ??= !!pool && (await Promise.race([pool.ready, givenUp!]));
      sum = await (isUp ? pool!.make(pass) : makeHere(pass));
      signal?.throwIfAborted();
    }
    if (isLate()) await breathe();
    step = work.next(sum);
  }
  return step.value;
}
