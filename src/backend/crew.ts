import { workerError } from '../errors.js';
import type { Errand, Reply } from './errand.js';
import { startWorker, type WorkerThread } from './threads.js';

/**
 * Bytes above which memories are given back at once, with the workers, since engines take their time with what is only dropped;
 * others are kept for the next call, since fresh memory is slow.
 */
export const HEAVY = 2 ** 28;

interface Member {
  thread: WorkerThread;
  /** Settles once it has come up. */
  up: Promise<unknown> | undefined;
  /** Who waits for its replies, in their order. */
  waiting: { resolve(reply: Reply): void; reject(error: Error): void }[];
  /** Memories that nobody uses. */
  parts: number[];
}

let crew: Crew | undefined;
let lastPart = 0;

/** Workers with memories of their own, or undefined where none would start. */
export function currentCrew(): Crew | undefined {
  crew ??= new Crew();
  return crew.failure ? undefined : crew;
}

/** Ends the workers, once those who use them are done. */
export function endCrew(): void {
  crew?.retire();
  crew = undefined;
}

/** Workers that do what they are sent, one errand after the other; several calls may use them at a time. */
export class Crew {
  /** ERR_WORKER, of the first that died or would not start. */
  failure: Error | undefined;
  private retired = false;
  private ended = false;
  private users = 0;
  private readonly members: Member[] = [];

  /** Has `use` work with so many workers that take so many bytes; something else is done where they do not start. */
  async lend<T>(
    threads: number,
    bytes: number,
    givenUp: Promise<never>,
    use: () => Promise<T>,
    instead: () => Promise<T>,
  ): Promise<T> {
    this.users++;
    try {
      for (const { thread } of this.members) thread.ref?.();
      const isUp = await Promise.race([this.start(threads), givenUp]);
      return await (isUp ? use() : instead());
    } finally {
      if (bytes > HEAVY && crew === this) endCrew();
      if (--this.users === 0) this.rest();
    }
  }

  /** Sends a worker on an errand. */
  send(member: number, errand: Errand, transfer: ArrayBuffer[] = []): Promise<Reply> {
    const { thread, waiting } = this.members[member] ?? {};
    const reply = new Promise<Reply>((resolve, reject) => {
      if (!thread || this.failure) reject(this.failure ?? workerError('it was ended'));
      else waiting!.push({ resolve, reject });
    });
    // Who gives up does not wait for all replies.
    reply.catch(() => {});
    if (!this.failure) thread?.postMessage(errand, transfer);
    return reply;
  }

  /** A memory of a worker: one that was left, or another that it is to make. */
  takePart(member: number): number {
    return this.members[member]?.parts.pop() ?? ++lastPart;
  }

  leavePart(member: number, part: number): void {
    this.members[member]?.parts.push(part);
  }

  retire(): void {
    this.retired = true;
    if (this.users === 0) this.end();
  }

  private async start(threads: number): Promise<boolean> {
    try {
      while (this.members.length < threads) this.startOne();
      await Promise.all(this.members.map(({ up }) => up));
      return true;
    } catch (error) {
      this.die(workerError(error));
      return false;
    }
  }

  private startOne(): void {
    const waiting: Member['waiting'] = [];
    const thread = startWorker(
      (reply) => waiting.shift()!.resolve(reply as Reply),
      (error, ran) => {
        // Where a worker has run once, others will.
        if (ran && crew === this && !this.failure) crew = undefined;
        this.die(error);
      },
    );
    const member: Member = { thread, waiting, up: undefined, parts: [] };
    const at = this.members.push(member) - 1;
    member.up = this.send(at, { part: 0, modules: [], size: 0, last: true });
  }

  private rest(): void {
    if (this.retired || this.failure) this.end();
    for (const { thread } of this.members) thread.unref?.();
  }

  private die(error: Error): void {
    if (this.ended) return;
    this.failure = error;
    for (const { waiting } of this.members) for (const { reject } of waiting) reject(error);
    this.end();
  }

  private end(): void {
    this.ended = true;
    for (const { thread } of this.members) thread.terminate();
    this.members.length = 0;
  }
}
