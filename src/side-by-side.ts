import { AHEAD } from './backend/control.js';
import { isLittle, makeHere, type Pass, type StartWork, type Work } from './backend/pass.js';
import type { Pool } from './backend/pool.js';
import { Lane, type Workspace } from './backend/workspace.js';
import { Turns } from './turn.js';

/** A work under way. */
interface Place {
  readonly lane: Lane;
  readonly slot: number;
  order: number;
  work?: Work | undefined;
  /** What it waits for; it only pauses where there is none. */
  pass?: Pass | undefined;
  /** Who was given the pass. */
  worker?: number | undefined;
}

/** Works that are under way with so many workers: no worker has to wait for this thread, nor this one for them. */
export const placesFor = (workers: number): number => 1 + workers * AHEAD;

/**
 * Does works side by side. Every pass is made by one thread: by a worker, or by this one, which has also to go on with a work
 * whenever a pass of it is done. All threads share those of the last work, once there are no others.
 */
export class SideBySide {
  private readonly places: Place[];
  /** Passes that each worker has; there are none before they are up, which nobody waits for. */
  private loads: number[] = [];
  private failure: { order: number; error: unknown } | undefined;
  /** Whether a work went on since this was last cleared. */
  private wentOn = false;

  /** @param bytes what a work takes of the memory, about */
  constructor(
    workspace: Workspace,
    private readonly pool: Pool,
    private readonly workers: number,
    bytes: number,
    private readonly start: StartWork,
  ) {
    this.places = Array.from({ length: placesFor(workers) }, (_, p) => ({
      lane: new Lane(workspace, bytes, workers + 1),
      slot: p + 1,
      order: 0,
    }));
    pool.ready.then((isUp) => {
      if (isUp) this.loads = new Array(workers).fill(0);
    });
  }

  /** Does all of them; returns how many threads there were. */
  async run(signal: AbortSignal | undefined): Promise<number> {
    const { places, pool } = this;
    const turns = new Turns(signal);
    const isUnderWay = (place: Place) => place.worker !== undefined && !this.isBack(place);
    // Workers that are up already tell it now.
    await undefined;
    try {
      for (;;) {
        // Where passes were stopped nothing that works make of them counts.
        signal?.throwIfAborted();
        this.wentOn = false;
        const mine = this.serve();
        if (this.loads.length > 0 && pool.failure) throw pool.failure;
        if (mine?.pass) {
          const glance = () => {
            this.serve(mine);
            return turns.ifDue();
          };
          const isLast = this.loads.length > 0 && places.every((place) => place === mine || !place.work);
          const sum =
            isLast && !isLittle(mine.pass)
              ? await pool.share(mine.pass, this.workers, turns)
              : await makeHere(mine.lane, mine.pass, glance);
          this.advance(mine, sum);
        } else if (!mine && !this.wentOn) {
          if (places.every(({ worker }) => worker === undefined)) break;
          await pool.until(() => places.some(this.isBack));
        }
        if (turns.isDue) await turns.take();
      }
    } finally {
      if (!pool.failure && places.some(isUnderWay)) {
        pool.slots.stop();
        await pool.until(() => !places.some(isUnderWay));
      }
    }
    if (this.failure) throw this.failure.error;
    return pool.failure ? 1 : this.workers + 1;
  }

  /** Goes on with works, and gives passes to workers but for one; returns the work that is this thread's. */
  private serve(mine?: Place): Place | undefined {
    let own = mine;
    this.places.forEach((place, p) => {
      if (place === mine) return;
      if (place.worker !== undefined) {
        if (!this.isBack(place)) return;
        this.loads[place.worker]!--;
        place.worker = undefined;
        this.advance(place, this.pool.slots.sumOf(place.pass!, place.slot, 1));
      }
      if (!place.work && p < placesFor(this.loads.length)) {
        const next = this.start(place.lane, p);
        if (next) [place.order, place.work] = next;
      }
      // What comes after a failure does not matter any more.
      if (this.failure && place.order > this.failure.order) place.work = undefined;
      if (place.work && !place.pass) this.advance(place, 0);
      if (!place.work) return;
      if (!own) own = place;
      else if (place.pass) this.give(place);
    });
    return own;
  }

  /** Gives the pass of a work to a worker, if one has not enough to do. */
  private give(place: Place): void {
    const { loads, pool } = this;
    const worker = loads.indexOf(Math.min(...loads));
    if (worker < 0 || loads[worker]! >= AHEAD) return;
    loads[worker]!++;
    place.worker = worker;
    pool.slots.describe(place.pass!, place.slot, 1);
    pool.slots.give(place.slot, worker, worker + 1, 1);
    pool.slots.wake(worker, worker + 1);
  }

  private advance(place: Place, sum: number): void {
    const { work, order } = place;
    place.pass = place.work = undefined;
    this.wentOn = true;
    try {
      const step = work!.next(sum);
      // There are no promises where memory is shared.
      if (!step.done) Object.assign(place, { work, pass: step.value });
    } catch (error) {
      if (!this.failure || order < this.failure.order) this.failure = { order, error };
    }
  }

  private readonly isBack = ({ worker, slot }: Place): boolean => worker !== undefined && this.pool.slots.isDone(slot);
}
