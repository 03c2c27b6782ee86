import { AHEAD } from './backend/control.js';
import { makeRanges, type Pass, type SideBySide, type Work } from './backend/pass.js';
import type { Pool } from './backend/pool.js';
import { Lane, type Workspace } from './backend/workspace.js';
import { workerError } from './errors.js';
import { SLICE, turn } from './turn.js';

/** A work under way. */
interface Place {
  readonly lane: Lane;
  readonly slot: number;
  order: number;
  work?: Work | undefined;
  /** What it waits for; it only pauses where there is none. */
  pass?: Pass | undefined;
  /** Who has been given the pass. */
  worker?: number | undefined;
}

/**
 * Does works side by side, each pass of which one thread makes: a worker, or this one, which has also to go on with a work
 * whenever a pass of it is done. Twice as many works as workers are under way, and one more, so that no worker has to wait.
 *
 * @param bytes what a work takes of the memory, about
 * @returns how many threads there were
 */
export async function doSideBySide(
  workspace: Workspace,
  pool: Pool,
  workers: number,
  bytes: number,
  signal: AbortSignal | undefined,
  start: Parameters<SideBySide>[0],
): Promise<number> {
  const places = Array.from(
    { length: 1 + workers * AHEAD },
    (_, p): Place => ({ lane: new Lane(workspace, bytes), slot: p + 1, order: 0 }),
  );
  /** Passes that each worker has; there are none before they are up, which nobody waits for. */
  let loads: number[] = [];
  let failure: { order: number; error: unknown } | undefined;
  /** Whether a work went on since it was last asked. */
  let wentOn = false;
  let last = performance.now();
  pool.ready.then((isUp) => {
    if (isUp) loads = new Array(workers).fill(0);
  });

  const advance = (place: Place, sum: number) => {
    const { work, order } = place;
    place.pass = place.work = undefined;
    wentOn = true;
    try {
      const step = work!.next(sum);
      if (!step.done) Object.assign(place, { work, pass: step.value });
    } catch (error) {
      if (!failure || order < failure.order) failure = { order, error };
    }
  };
  const begin = (place: Place, p: number) => {
    const next = p <= AHEAD * loads.length && start(place.lane, p);
    if (next) [place.order, place.work] = next;
  };
  const isBack = ({ worker, slot }: Place) => worker !== undefined && pool.isDone(slot);

  /** Goes on with works, and gives passes to workers but for one; returns the work that is this thread's. */
  const serve = (mine?: Place): Place | undefined => {
    places.forEach((place, p) => {
      if (place === mine || (place.worker !== undefined && !isBack(place))) return;
      if (place.worker !== undefined) {
        loads[place.worker]!--;
        place.worker = undefined;
        advance(place, pool.sumOf(place.pass!, place.slot, 1));
      }
      if (!place.work) begin(place, p);
      // What would have come later does not matter any more.
      if (failure && place.order > failure.order) place.work = undefined;
      if (place.work && !place.pass) advance(place, 0);
      if (!place.work) return;
      if (!mine) mine = place;
      else if (place.pass) {
        const worker = loads.indexOf(Math.min(...loads));
        if (!(loads[worker]! < AHEAD)) return;
        loads[worker]!++;
        place.worker = worker;
        pool.post(place.pass, place.slot, worker, 1);
      }
    });
    return mine;
  };
  const breathe = async () => {
    if (performance.now() - last > SLICE) await turn();
    else return;
    signal?.throwIfAborted();
    last = performance.now();
  };

  try {
    for (;;) {
      wentOn = false;
      const mine = serve();
      if (loads.length > 0 && pool.broken) throw workerError();
      if (!mine && !wentOn) {
        if (places.every(({ worker }) => worker === undefined)) break;
        await pool.until(() => places.some(isBack));
      } else if (mine?.pass) {
        const { pass, lane } = mine;
        let sum = 0;
        for (let i = 0; i < pass.n; i += pass.rows) {
          sum += makeRanges(lane, pass, i, Math.min(i + pass.rows, pass.n));
          serve(mine);
          await breathe();
        }
        advance(mine, sum);
      }
      signal?.throwIfAborted();
      await breathe();
    }
  } finally {
    pool.stop();
    if (!pool.broken) await pool.until(() => places.every((place) => place.worker === undefined || isBack(place)));
  }
  if (failure) throw failure.error;
  return pool.broken ? 1 : workers + 1;
}
