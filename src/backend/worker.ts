// What a worker thread runs, in Node and in pages: the build bundles it into the text of src/generated/worker.ts.
import {
  CALL_STEP,
  CALLS,
  DONE,
  FIRST_CALL,
  NEXT,
  NEXT_STEP,
  PENDING,
  ROWS,
  SAMPLES,
  type Start,
  SUMS,
  shareStart,
  TURN,
  VALUES,
} from './control.js';

/** Looks for the next turn before the thread goes to sleep, which costs more than a hundred microseconds. */
const SPINS = 20_000;

type Kernel = (...args: number[]) => number | undefined;

declare const require: ((name: string) => { parentPort: Worker }) | undefined;

const port = typeof require === 'function' ? require('node:worker_threads').parentPort : (self as unknown as Worker);

port.onmessage = ({ data }) => {
  const { control, memory, modules, thread, announce }: Start = data;
  const words = new Int32Array(control);
  const numbers = new Float64Array(control);
  const kernels = modules.flatMap(
    (module) => Object.values(new WebAssembly.Instance(module, { env: { memory } }).exports) as Kernel[],
  );
  let turn = Atomics.load(words, TURN);
  port.postMessage(turn);
  for (;;) {
    const before = turn;
    for (let spins = SPINS; turn === before; turn = Atomics.load(words, TURN))
      if (--spins < 0) Atomics.wait(words, TURN, before);
    const threads = turn & 255;
    if (thread >= threads) continue;
    numbers[SUMS + thread] = makePass(words, numbers, kernels, memory, thread, threads);
    if (Atomics.sub(words, PENDING, 1) > 1) continue;
    Atomics.store(words, DONE, turn);
    Atomics.notify(words, DONE);
    if (announce) port.postMessage(turn);
  }
};

/** Makes ranges of the pass as long as there are any; returns the sum of their values. */
function makePass(
  words: Int32Array,
  numbers: Float64Array,
  kernels: readonly Kernel[],
  memory: WebAssembly.Memory,
  thread: number,
  threads: number,
): number {
  const n = numbers[SAMPLES]!;
  const rows = numbers[ROWS]!;
  const values = numbers[VALUES]!;
  const ranges = Math.ceil(n / rows);
  const cells = values ? new Float64Array(memory.buffer, values, ranges) : undefined;
  let sum = 0;
  for (let helped = 0; helped < threads; helped++) {
    const share = (thread + helped) % threads;
    const end = shareStart(ranges, share + 1, threads);
    for (;;) {
      const range = Atomics.add(words, NEXT + share * NEXT_STEP, 1);
      if (range >= end) break;
      let value: number | undefined;
      for (let c = 0; c < numbers[CALLS]!; c++) {
        const at = FIRST_CALL + c * CALL_STEP;
        const from = range * rows;
        const count = Math.min(rows, n - from);
        const argument = (a: number) => {
          const p = at + 1 + 4 * a;
          return numbers[p]! + from * numbers[p + 1]! + count * numbers[p + 2]! + thread * numbers[p + 3]!;
        };
        value = kernels[numbers[at]!]!(
          argument(0),
          argument(1),
          argument(2),
          argument(3),
          argument(4),
          argument(5),
          argument(6),
          argument(7),
        );
      }
      if (cells) cells[range] = value!;
      sum += value || 0;
    }
  }
  return sum;
}
