import type { Precision } from '../types.js';
import type { Kernels } from './backend.js';
import { CALL_STEP } from './control.js';
import type { RangeCall } from './pass.js';
import { KERNEL_NAMES, suffixOf } from './wasm.js';

/** Kernel calls: index of the kernel, then its arguments. */
type Calls = number[][];

/** Writes down for workers what a pass calls. Calls are linear in sample, count and thread: four of each tell everything. */
export class Recorder {
  private calls: Calls = [];
  private readonly recorders: readonly Record<Precision, Kernels>[];

  constructor(modules: readonly WebAssembly.Module[]) {
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

  /**
   * The calls for a range, one behind the other: index of the kernel, then of each argument what it is at first and how it grows by
   * sample, count and thread.
   *
   * @param relaxed whether the kernels are those of the second module
   */
  describe(call: RangeCall, precision: Precision, relaxed: boolean): Float64Array {
    const kernels = this.recorders[relaxed ? 1 : 0]![precision];
    const record = (from: number, count: number, thread: number) => {
      this.calls = [];
      call(kernels, from, count, thread);
      return this.calls;
    };
    const first = record(0, 0, 0);
    const next = [record(1, 0, 0), record(0, 1, 0), record(0, 0, 1)];
    const calls = new Float64Array(first.length * CALL_STEP);
    first.forEach(([index, ...args], c) => {
      calls[c * CALL_STEP] = index!;
      args.forEach((value, a) => {
        const grows = next.map((other) => other[c]![1 + a]! - value);
        calls.set([value, ...grows], c * CALL_STEP + 1 + 4 * a);
      });
    });
    return calls;
  }
}
