import {
  AHEAD,
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
  shareStart,
  TASKS,
  TASKS_STEP,
  viewSlot,
} from './control.js';
import { Recorder } from './description.js';
import type { Pass } from './pass.js';
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

  /** Gives so many workers, the first one and those after it, a pass that is described in a slot. */
  post({ call, precision, backend, n, rows, values }: Pass, slot: number, first: number, threads: number): void {
    const { words, recorder, workspace } = this;
    const [pass, numbers] = this.slots[slot]!;
    const calls = recorder.describe(call, precision, backend !== workspace.backend);
    const ranges = Math.ceil(n / rows);
    numbers.set([n, rows, values, calls.length / CALL_STEP, workspace.backend.memory.buffer.byteLength], SAMPLES);
    numbers.set(calls, FIRST_CALL);
    for (let share = 0; share < threads; share++)
      Atomics.store(pass, NEXT + share * NEXT_STEP, shareStart(ranges, share, threads));
    Atomics.store(pass, PENDING, threads);
    for (let worker = first; worker < first + threads; worker++) {
      const at = TASKS + worker * TASKS_STEP;
      words[at + 1 + (words[at]! & (AHEAD - 1))] = (slot << 8) | threads;
      Atomics.add(words, at, 1);
      Atomics.notify(words, at);
    }
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
