import { makeRanges, type Pass, type Work } from './backend/pass.js';
import { currentPool, type Pool, threadsFor } from './backend/pool.js';
import { acquireWorkspace, releaseWorkspace, type Workspace } from './backend/workspace.js';
import { checkOptions } from './option-rules.js';
import { ASYNC_RULES } from './options.js';
import { SLICE, turn } from './turn.js';
import type { AsyncOptions } from './types.js';

/** Steps that a pass takes for a sample: bounds rule out most comparisons. */
const stepsFor = (k: number, d: number): number => (k * d) / 8 + 24;

/**
 * Has work done by worker threads; where there are none, or little work, on the calling thread, in slices.
 *
 * @param size samples, features and clusters, which tell how much work a pass is
 * @throws the reason of the signal, ERR_WORKER, and what the work throws
 */
export async function background<T>(
  options: AsyncOptions = {},
  { nSamples, nFeatures }: { nSamples: number; nFeatures: number },
  { k, relaxedSimd }: { k: number; relaxedSimd: boolean },
  work: (workspace: Workspace) => Work<T>,
): Promise<T> {
  const { threads, signal } = options;
  checkOptions({ threads, signal }, ASYNC_RULES);
  signal?.throwIfAborted();
  const count = threadsFor(threads, nSamples * stepsFor(k, nFeatures));
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
    const lender = count > 0 ? currentPool(relaxedSimd) : undefined;
    if (!lender) return inSlices(work, signal);
    const use = (workspace: Workspace) => {
      pool = lender;
      return drive(work(workspace), workspace, signal, lender, givenUp);
    };
    return lender.lend(count, givenUp, use, byWorkers);
  };
  try {
    return await byWorkers();
  } finally {
    pool = undefined;
    signal?.removeEventListener('abort', giveUp);
  }
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
    workspace.threads = 1;
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
    if (pass) {
      isUp ??= !!pool && (await Promise.race([pool.ready, givenUp!]));
      sum = await (isUp ? pool!.make(pass) : makeHere(pass));
      signal?.throwIfAborted();
    }
    if (isLate()) await breathe();
    step = work.next(sum);
  }
  return step.value;
}
