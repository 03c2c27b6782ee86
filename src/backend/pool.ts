import { workerError } from '../errors.js';
import { DONE, type Start } from './control.js';
import { compileShared } from './load.js';
import type { Pass } from './pass.js';
import { createSharedWorkspace } from './shared.js';
import { Slots } from './slots.js';
import { startWorker, type WorkerThread } from './threads.js';
import type { Workspace } from './workspace.js';

/** Milliseconds of a pass up to which the calling thread takes part in the next one; a page's has to be there for others. Tests set it to 0. */
export const takePart = { milliseconds: 'document' in globalThis ? 0 : 2 };

/** Milliseconds that it takes to wake a worker where it has to share the processor of the calling thread, as it may at first. */
const COSTLY = 0.05;

/** How many times longer than that the calling thread goes on alone. */
const WORTH_WAKING = 4;

/** Milliseconds that the calling thread goes on alone where it took so long to wake a worker. */
const aloneAfter = (wakeTime: number): number => (wakeTime > COSTLY ? WORTH_WAKING * wakeTime : 0);

let pool: Pool | undefined;
/** The end of all calls so far that use worker threads or wait for them: they take turns. */
let last: Promise<unknown> = Promise.resolve();

/** Ends the workers, once those who use them are done. */
export function endThreads(): void {
  pool?.retire();
  pool = undefined;
}

/**
 * The worker threads, or undefined where there can be none: memory cannot be shared, or none would start. Where the samples
 * already lie in memory that can be, they are others, which end with the call: what they know of would not be given back.
 */
export function currentPool(relaxedSimd: boolean, place?: Workspace): Pool | undefined {
  if (place?.shared && !pool?.failure) return Pool.create(relaxedSimd, place);
  if (pool && relaxedSimd && !pool.hasRelaxed) endThreads();
  pool ??= Pool.create(relaxedSimd);
  return pool?.failure ? undefined : pool;
}

/** Whether workers were to be had once, and then were not. */
export const isPoolBroken = (): boolean => !!pool?.failure;

type WaitAsync = (words: Int32Array, index: number, value: number) => { value: unknown };

/** When who works on the calling thread has to let others have a go. */
interface Breaks {
  readonly isDue: boolean;
  take(): Promise<void>;
}

/** Worker threads over one memory, which one call uses at a time. */
export class Pool {
  /** ERR_WORKER, of the first that died or would not start. */
  failure: Error | undefined;
  private ended = false;
  private readonly workers: WorkerThread[] = [];
  /** Whether all workers started. */
  ready: Promise<boolean> = Promise.resolve(true);
  /** What they are given to do. */
  readonly slots: Slots;
  /** Where there is none, workers send a message. */
  private readonly waitAsync = (Atomics as { waitAsync?: WaitAsync }).waitAsync;
  /** Milliseconds that the last pass took. */
  private lastTime = 0;
  /** Milliseconds that it took to wake workers the last time, … */
  private wakeTime = 0;
  /** … and that the calling thread goes on alone in short passes before it does so again. */
  private alone = 0;
  /** Calls that use the workers or wait for them. */
  private users = 0;
  /** Of workers that were ended. */
  private ends: unknown[] = [];
  /** Of who waits for a pass. */
  private look: (() => void) | undefined;
  private fail: ((error: Error) => void) | undefined;

  private constructor(
    private readonly modules: readonly WebAssembly.Module[],
    private readonly workspace: Workspace,
    readonly hasRelaxed: boolean,
    /** Whether the workers end as soon as nobody uses them. */
    private retired: boolean,
  ) {
    this.slots = new Slots(workspace, modules);
  }

  static create(relaxedSimd: boolean, place?: Workspace): Pool | undefined {
    const workspace = place ?? createSharedWorkspace();
    const modules = workspace && compileShared(relaxedSimd);
    return modules && new Pool(modules, workspace, relaxedSimd, !!place);
  }

  /**
   * Has `use` work with so many threads, after all who asked before; a call may give up while it waits, and does something else
   * where the workers died under another.
   */
  async lend<T>(
    threads: number,
    givenUp: Promise<never>,
    use: (workspace: Workspace) => Promise<T>,
    instead: () => Promise<T>,
  ): Promise<T> {
    const { workspace } = this;
    const before = last;
    let giveBack!: () => void;
    last = new Promise<void>((resolve) => {
      giveBack = resolve;
    });
    this.users++;
    for (const worker of this.workers) worker.ref?.();
    try {
      await Promise.race([before, givenUp]);
      if (this.failure) return instead();
      this.start(threads);
      Object.assign(workspace, { threads, deferred: true });
      this.alone = aloneAfter(this.wakeTime);
      const mark = workspace.mark();
      try {
        return await use(workspace);
      } finally {
        // A worker may be in the middle of a kernel when it is told to end.
        await Promise.all(this.ends);
        workspace.backTo(mark);
      }
    } finally {
      before.then(giveBack);
      if (--this.users === 0) this.rest();
    }
  }

  /**
   * Has the workers make a pass, once they are ready; returns the sum of its values. If the last one was short, the calling thread
   * takes part, in place of the last worker: to wait for others takes it as long as some passes do. After a rest the system may have
   * a worker and the calling thread share a processor, where others are idle: as long as to wake one takes long, that is done less often.
   */
  make(pass: Pass): number | Promise<number> {
    const { slots } = this;
    const threads = Math.min(this.workspace.threads, Math.ceil(pass.n / pass.rows));
    const began = performance.now();
    const spent = () => performance.now() - began;
    const isLong = () => spent() > takePart.milliseconds;
    const own = threads - 1;
    const takesPart = this.lastTime <= takePart.milliseconds && takePart.milliseconds > 0;
    slots.describe(pass, 0, threads);
    slots.give(0, 0, takesPart ? own : threads, threads);
    let asleep = takesPart && this.alone > 0;
    const wake = (workers: number) => {
      asleep = false;
      const time = slots.wake(0, workers);
      if (time > 0) this.wakeTime = time;
      this.alone = aloneAfter(time);
    };
    if (!asleep) wake(takesPart ? own : threads);
    let sum = 0;
    if (takesPart) {
      const part = slots.takePart(pass, 0, own, threads, () => {
        if (asleep && spent() > this.alone) wake(own);
        return isLong();
      });
      if (isLong()) {
        // What is left is for the worker.
        sum = part;
        slots.give(0, own, threads, threads);
        wake(threads);
      } else slots.leave(0, own, part, own);
      while (!slots.isDone(0) && !isLong());
    }
    const end = () => {
      this.lastTime = spent();
      if (asleep) this.alone -= this.lastTime;
      return slots.sumOf(pass, 0, threads) + (pass.values ? 0 : sum);
    };
    return slots.isDone(0) ? end() : this.until(() => slots.isDone(0)).then(end);
  }

  /** Has a pass made by so many workers and the calling thread, which lets others have a go in between; returns the sum of its values. */
  async share(pass: Pass, workers: number, turns: Breaks): Promise<number> {
    const { slots } = this;
    const threads = workers + 1;
    slots.describe(pass, 0, threads);
    slots.give(0, 0, workers, threads);
    slots.wake(0, workers);
    let sum = 0;
    try {
      for (;;) {
        sum += slots.takePart(pass, 0, workers, threads, () => turns.isDue);
        if (!turns.isDue) break;
        await turns.take();
      }
    } catch (error) {
      slots.stop();
      throw error;
    } finally {
      slots.leave(0, workers, sum, workers);
      while (!slots.isDone(0) && !turns.isDue);
      if (!slots.isDone(0)) await this.until(() => slots.isDone(0));
    }
    return slots.sumOf(pass, 0, threads);
  }

  /** Ends the workers, once nobody uses them. */
  retire(): void {
    this.retired = true;
    if (this.users === 0) this.end();
  }

  private rest(): void {
    if (this.retired || this.failure) this.end();
    for (const worker of this.workers) worker.unref?.();
  }

  private end(): void {
    this.ended = true;
    this.ends = this.workers.map((worker) => worker.terminate());
    this.workers.length = 0;
  }

  /** Waits for what comes true when some pass is done. */
  until(isTrue: () => boolean): Promise<void> {
    const { waitAsync } = this;
    const { words } = this.slots;
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.fail = reject;
      const look = () => {
        const done = Atomics.load(words, DONE);
        if (isTrue()) resolve();
        else if (waitAsync && !this.failure) Promise.resolve(waitAsync(words, DONE, done).value).then(look);
      };
      this.look = look;
      look();
    });
  }

  /** Starts what is missing of so many workers. */
  private start(threads: number): void {
    const { ready } = this;
    const more: Promise<void>[] = [];
    try {
      while (this.workers.length < threads) more.push(this.startOne());
    } catch (error) {
      more.push(Promise.reject(error));
      this.die(workerError(error), false);
    }
    // The first failure settles it: the others are ended then, and may never tell.
    if (more.length > 0)
      this.ready = Promise.all(more).then(
        () => ready,
        () => false,
      );
  }

  /** Starts a worker; rejects where it does not come up. */
  private startOne(): Promise<void> {
    let settle!: { resolve(): void; reject(): void };
    const up = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const hear = () => {
      settle.resolve();
      if (!this.waitAsync) this.look?.();
    };
    const worker = startWorker(hear, (error, ran) => {
      settle.reject();
      this.die(error, ran);
    });
    const thread = this.workers.push(worker) - 1;
    const { modules } = this;
    const { control } = this.slots;
    const memory = this.workspace.shared!;
    worker.postMessage({ control, memory, modules, thread, announce: !this.waitAsync } satisfies Start, []);
    return up;
  }

  private die(error: Error, ran: boolean): void {
    if (this.ended) return;
    this.failure = error;
    // Where a worker has run once, others will; else later calls need not try.
    if (!ran) pool ??= this;
    else if (pool === this) pool = undefined;
    this.end();
    this.fail?.(error);
    // Whoever waits for the pass waits in vain.
    Atomics.notify(this.slots.words, DONE);
  }
}
