import {
  AHEAD,
  BEGUN,
  CALL_STEP,
  CONTROL_BYTES,
  FIRST_CALL,
  MAX_SLOTS,
  MAX_THREADS,
  NEXT,
  NEXT_STEP,
  PENDING,
  SAMPLES,
  SUMS,
  TASKS,
  TASKS_STEP,
  viewSlot,
} from './control.js';
import { Recorder } from './description.js';
import { makeRanges, type Pass } from './pass.js';
import { shareStart, takeRanges } from './shares.js';
import type { Workspace } from './workspace.js';

/** The passes that workers over the memory of a workspace are given: each is described in a slot, see control.ts. */
export class Slots {
  /** The block that the workers see too. */
  readonly control = new SharedArrayBuffer(CONTROL_BYTES);
  readonly words = new Int32Array(this.control);
  private readonly slots = Array.from({ length: MAX_SLOTS }, (_, slot) => viewSlot(this.control, slot));
  private readonly recorder: Recorder;

  constructor(
    private readonly workspace: Workspace,
    modules: readonly WebAssembly.Module[],
  ) {
    this.recorder = new Recorder(modules);
  }

  /** Describes a pass that so many threads are to make. */
  describe({ call, precision, backend, n, rows, values }: Pass, slot: number, threads: number): void {
    const { recorder, workspace } = this;
    const [pass, numbers] = this.slots[slot]!;
    const calls = recorder.describe(call, precision, backend !== workspace.backend);
    const ranges = Math.ceil(n / rows);
    numbers.set([n, rows, values, calls.length / CALL_STEP, workspace.backend.memory.buffer.byteLength], SAMPLES);
    numbers.set(calls, FIRST_CALL);
    for (let share = 0; share < threads; share++)
      Atomics.store(pass, NEXT + share * NEXT_STEP, shareStart(ranges, share, threads));
    Atomics.store(pass, PENDING, threads);
  }

  /** Gives it to the workers `from` … `to` − 1 of so many threads, for those that are awake to see. */
  give(slot: number, from: number, to: number, threads: number): void {
    const { words } = this;
    for (let worker = from; worker < to; worker++) {
      const at = TASKS + worker * TASKS_STEP;
      words[at + 1 + (words[at]! & (AHEAD - 1))] = (slot << 8) | threads;
      Atomics.add(words, at, 1);
    }
  }

  /** Wakes those of them that are asleep; returns the milliseconds that one took, 0 if all are awake. */
  wake(from: number, to: number): number {
    const began = performance.now();
    let woken = 0;
    for (let worker = from; worker < to; worker++) woken += Atomics.notify(this.words, TASKS + worker * TASKS_STEP);
    return woken > 0 ? (performance.now() - began) / woken : 0;
  }

  /** Makes ranges of it on the calling thread, as one of so many, until there are none left or it is over; returns the sum of their values. */
  takePart(pass: Pass, slot: number, thread: number, threads: number, isOver: () => boolean): number {
    const { n, rows } = pass;
    const make = (range: number) =>
      makeRanges(this.workspace, pass, range * rows, Math.min((range + 1) * rows, n), thread);
    return takeRanges(this.slots[slot]![0], Math.ceil(n / rows), thread, threads, make, isOver);
  }

  /** Tells that the calling thread has done its part, and there is nothing left: workers that have not begun it are spared. */
  leave(slot: number, thread: number, sum: number, workers: number): void {
    const { words } = this;
    const [pass, numbers] = this.slots[slot]!;
    numbers[SUMS + thread] = sum;
    let gone = 1;
    for (let worker = 0; worker < workers; worker++) {
      const at = TASKS + worker * TASKS_STEP;
      const last = (words[at]! - 1) | 0;
      if (Atomics.compareExchange(words, at + BEGUN, last, words[at]!) !== last) continue;
      numbers[SUMS + worker] = 0;
      gone++;
    }
    Atomics.sub(pass, PENDING, gone);
  }

  /** Whether the pass of a slot is done. */
  isDone(slot: number): boolean {
    return Atomics.load(this.slots[slot]![0], PENDING) === 0;
  }

  /** Sum of the values of a pass that is done. */
  sumOf({ values, n, rows }: Pass, slot: number, threads: number): number {
    const numbers = this.slots[slot]![1];
    const cells = values ? this.workspace.float64(values, Math.ceil(n / rows)) : numbers.subarray(SUMS, SUMS + threads);
    let sum = 0;
    for (const value of cells) sum += value;
    return sum;
  }

  /** Ends the passes under way before their time: whoever drives the work must give it up then. */
  stop(): void {
    for (const [pass] of this.slots)
      for (let share = 0; share < MAX_THREADS; share++) Atomics.store(pass, NEXT + share * NEXT_STEP, 2 ** 30);
  }
}
