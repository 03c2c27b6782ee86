import type { Precision } from '../types.js';
import type { Kernels } from './backend.js';
import { CALL_STEP, FIRST_CALL, NEXT, NEXT_STEP, SAMPLES, SUMS, shareStart } from './control.js';
import type { Pass } from './pass.js';
import { KERNEL_NAMES, suffixOf } from './wasm.js';

/** Kernel calls: index of the kernel, then its arguments. */
type Calls = number[][];

/** Writes down for workers what a pass calls. Calls are linear in sample, count and thread: four of each tell everything. */
export class PassWriter {
  private calls: Calls = [];
  private readonly recorders: readonly Record<Precision, Kernels>[];

  constructor(
    private readonly words: Int32Array,
    private readonly numbers: Float64Array,
    modules: readonly WebAssembly.Module[],
  ) {
    const names = modules.map((module) => WebAssembly.Module.exports(module).map(({ name }) => name));
    this.recorders = names.map((own, i) => {
      const recorder = (precision: Precision) =>
        Object.fromEntries(
          KERNEL_NAMES.map((name) => {
            const index = i * names[0]!.length + own.indexOf(name + suffixOf(precision));
            return [name, (...args: number[]) => void this.calls.push([index, ...args])];
          }),
        ) as unknown as Kernels;
      return { float32: recorder('float32'), float64: recorder('float64') };
    });
  }

  /** Writes a pass for so many threads. `relaxed`: whether its kernels are those of the second module. */
  write(pass: Pass, threads: number, relaxed: boolean): void {
    const { words, numbers } = this;
    const { n, rows, values } = pass;
    const kernels = this.recorders[relaxed ? 1 : 0]![pass.precision];
    const record = (from: number, count: number, thread: number) => {
      this.calls = [];
      pass.call(kernels, from, count, thread);
      return this.calls;
    };
    const first = record(0, 0, 0);
    const next = [record(1, 0, 0), record(0, 1, 0), record(0, 0, 1)];
    numbers.set([n, rows, values, first.length], SAMPLES);
    numbers.fill(0, SUMS);
    first.forEach(([index, ...args], c) => {
      const at = FIRST_CALL + c * CALL_STEP;
      numbers[at] = index!;
      args.forEach((value, a) => {
        numbers.set([value, ...next.map((calls) => calls[c]![1 + a]! - value)], at + 1 + 4 * a);
      });
    });
    const ranges = Math.ceil(n / rows);
    for (let share = 0; share < threads; share++)
      Atomics.store(words, NEXT + share * NEXT_STEP, shareStart(ranges, share, threads));
  }
}
