import { type Crew, currentCrew, HEAVY } from './backend/crew.js';
import { THREAD } from './backend/errand.js';
import { compileSeparate, createBackend } from './backend/load.js';
import { PART_ROWS, Parts } from './backend/parts.js';
import { makeHere, type Pass, type Work } from './backend/pass.js';
import { currentPool, isPoolBroken, type Pool } from './backend/pool.js';
import { COLUMNS_MAX_D } from './backend/shapes.js';
import { threadsFor } from './backend/threads.js';
import { acquireWorkspace, memoryLimit, releaseWorkspace, Workspace } from './backend/workspace.js';
import { outOfMemory } from './errors.js';
import { checkOptions } from './option-rules.js';
import { ASYNC_RULES } from './options.js';
import { placesFor, SideBySide } from './side-by-side.js';
import { Turns } from './turn.js';
import type { AsyncOptions } from './types.js';

/** What there is to do in a pass. */
interface Effort {
  /** Steps of a kernel, or what takes as long, for a sample. */
  steps: number;
  /** The same as long as nothing is ruled out, where that differs. */
  firstSteps?: number;
  /** Whether one thread is faster by itself than several that share no memory. */
  aloneIfApart?: boolean;
  relaxedSimd: boolean;
}

/**
 * Steps of a pass below which threads do not share it: after a rest some systems give threads processors of their own only once they
 * have been busy for about ten milliseconds, and up to then more threads are slower. By `npm run bench:threads`.
 */
const SHARED_LEAST = 8e6;

/** How much more work pays for workers with memories of their own, which are told of every pass by messages. */
const APART_FACTOR = 4;

/**
 * Clustering: bounds rule out most comparisons, though at first only a quarter. Trees of boxes, for few features, rule them out from
 * the beginning; they are faster by themselves than bounds by several threads.
 */
export function effortOf(k: number, d: number, relaxedSimd: boolean): Effort {
  const inBoxes = d <= COLUMNS_MAX_D;
  const steps = (k * d) / 8 + 24;
  return { steps, firstSteps: inBoxes ? steps : 0.75 * k * d + 12, aloneIfApart: inBoxes, relaxedSimd };
}

/**
 * Steps of a pass, and bytes of all works, from which on threads that share passes are no slower than works side by side, which
 * need memory of their own; on two cores, by `npm run bench:threads`.
 */
const SIDE_MOST = { steps: 2e7, bytes: 2 ** 28 };

/** How many passes each of the works counts as where it is asked whether there is work for threads. */
const SIDE_PASSES = 3;

/** Steps that could be made in the time that threads take to share a pass: what idle threads have to be worth. */
const SHARE_WORK = 1.75e6;

/** Where samples already lie, if a call can have that place, and what is to be done there in the end. */
interface Lodging {
  claim(signal?: AbortSignal): Promise<Workspace | undefined>;
  release(): Promise<void>;
}

/** Bytes that the work takes in one memory that has so many of the samples. */
type Room = (rows: number, threads: number, inParts: boolean) => number;

/**
 * Has work done by worker threads; where there are none, or little work, on the calling thread, in slices.
 *
 * @param room for work that may have its samples in parts: where memory cannot be shared, or one does not hold them
 * @param works how many parts of it may go on side by side, if there is `room`
 * @param lodging who aborts does not wait until it is released
 * @throws the reason of the signal, ERR_WORKER, and what the work throws
 */
export async function background<T>(
  options: AsyncOptions = {},
  nSamples: number,
  effort: Effort,
  work: (workspace: Workspace) => Work<T>,
  room?: Room,
  works = 1,
  lodging?: Lodging,
): Promise<T> {
  const { threads, signal } = options;
  checkOptions({ threads, signal }, ASYNC_RULES);
  signal?.throwIfAborted();
  const { relaxedSimd, aloneIfApart } = effort;
  const steps = nSamples * effort.steps;
  const count = threadsFor(threads, nSamples * (effort.firstSteps ?? effort.steps), SHARED_LEAST);
  const countApart = threadsFor(threads, aloneIfApart || count === 0 ? 0 : steps / APART_FACTOR);
  const bytes = room?.(nSamples, Math.max(count, 1), false) ?? 0;
  const beside = room ? threadsBeside(threadsFor(threads, works * steps * SIDE_PASSES), works, steps, bytes) : 0;
  const workers = beside > 0 ? beside - 1 : count;
  let pool: Pool | undefined;
  let giveUp!: () => void;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = () => {
      reject(signal!.reason);
      pool?.slots.stop();
    };
  });
  givenUp.catch(() => {});
  signal?.addEventListener('abort', giveUp);
  let place: Workspace | undefined;

  const byWorkers = async (): Promise<T> => {
    const fits = bytes <= memoryLimit.bytes;
    const lender = workers > 0 && fits ? currentPool(relaxedSimd, place) : undefined;
    const apart = room && !(fits && (lender || countApart === 0 || isPoolBroken()));
    const crew = apart ? currentCrew() : undefined;
    const modules = crew && compileSeparate(relaxedSimd);
    if (apart && modules)
      return withParts(
        work,
        { crew, modules, room, n: nSamples, threads: Math.max(fits ? countApart : count, 1), place },
        signal,
        givenUp,
      );
    if (!lender) return inSlices(work, signal, place);
    const use = async (workspace: Workspace) => {
      pool = lender;
      workspace.sideBySide =
        beside > 0 ? (start) => new SideBySide(workspace, lender, workers, bytes, start).run(signal) : undefined;
      try {
        return await drive(work(workspace), workspace, signal, lender, givenUp);
      } finally {
        workspace.sideBySide = undefined;
      }
    };
    return lender.lend(workers, givenUp, use, byWorkers);
  };
  try {
    place = await lodging?.claim(signal);
    return await byWorkers();
  } finally {
    pool = undefined;
    if (place) await Promise.race([lodging!.release(), givenUp]);
    signal?.removeEventListener('abort', giveUp);
  }
}

/** Threads for works side by side, of so many that there may be; 0 where these should rather share the passes. */
function threadsBeside(threads: number, works: number, steps: number, bytes: number): number {
  const beside = Math.min(threads, works);
  const most = steps < SIDE_MOST.steps && placesFor(beside - 1) * bytes < SIDE_MOST.bytes;
  return beside > 1 && most && steps / beside - steps / threads < SHARE_WORK ? beside : 0;
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
    place,
  }: {
    crew: Crew;
    modules: WebAssembly.Module[];
    room: Room;
    n: number;
    threads: number;
    place: Workspace | undefined;
  },
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
  return crew.lend(threads, bytes * memories, givenUp, use, () => inSlices(work, signal, place));
}

/** Has work done on the calling thread, which others get in between. */
async function inSlices<T>(
  work: (workspace: Workspace) => Work<T>,
  signal: AbortSignal | undefined,
  place?: Workspace,
): Promise<T> {
  signal?.throwIfAborted();
  const workspace = place ?? acquireWorkspace();
  workspace.deferred = true;
  try {
    return await drive(work(workspace), workspace, signal);
  } finally {
    if (!place) {
      workspace.deferred = false;
      releaseWorkspace(workspace);
    }
  }
}

/** Drives work in a deferred workspace to its end, and has its passes made by the pool or, where none of it starts, by this thread. */
async function drive<T>(
  work: Work<T>,
  workspace: Workspace,
  signal?: AbortSignal,
  pool?: Pool,
  givenUp?: Promise<never>,
): Promise<T> {
  const turns = new Turns(signal);
  let isUp: boolean | undefined;
  const here = (pass: Pass) => {
    if (pool) workspace.threads = 1;
    return makeHere(workspace, pass, () => turns.ifDue());
  };

  // To compile kernels and start workers took its time.
  if (pool) await turns.take();
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
      sum = await (isUp ? pool!.make(pass) : here(pass));
      signal?.throwIfAborted();
    }
    if (turns.isDue) await turns.take();
    step = work.next(sum);
  }
  return step.value;
}
