// What a worker thread runs, in Node and in pages: the build bundles it into the text of src/generated/worker.ts.
import {
  CALL_STEP,
  CALLS,
  DONE,
  FIRST_CALL,
  MAX_CALLS,
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

/** Ranges that a thread takes at a time: so few that none waits long for the others, and an abort not at all. */
const blockOf = (ranges: number, threads: number): number => Math.min(Math.floor(ranges / threads / 32), 64) || 1;

/** Of each argument of the calls: its value in range 0, what a range adds, and what a missing sample takes off. */
const table = new Float64Array(MAX_CALLS * 24);

/** An integer, so that nothing is allocated for it. */
const argument = (at: number, range: number, missing: number): number =>
  (table[at]! + range * table[at + 8]! - missing * table[at + 16]!) | 0;

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
  const calls = numbers[CALLS]!;
  const ranges = Math.ceil(n / rows);
  const block = blockOf(ranges, threads);
  const cells = values ? new Float64Array(memory.buffer, values, ranges) : undefined;
  for (let c = 0; c < calls; c++)
    for (let a = 0; a < 8; a++) {
      const p = FIRST_CALL + c * CALL_STEP + 1 + 4 * a;
      table[c * 24 + a] = numbers[p]! + rows * numbers[p + 2]! + thread * numbers[p + 3]!;
      table[c * 24 + a + 8] = rows * numbers[p + 1]!;
      table[c * 24 + a + 16] = numbers[p + 2]!;
    }
  let sum = 0;
  for (let helped = 0; helped < threads; helped++) {
    const share = (thread + helped) % threads;
    const end = shareStart(ranges, share + 1, threads);
    for (;;) {
      let range = Atomics.add(words, NEXT + share * NEXT_STEP, block);
      if (range >= end) break;
      for (const last = Math.min(range + block, end); range < last; range++) {
        const missing = Math.max((range + 1) * rows - n, 0);
        let value: number | undefined;
        for (let at = 0, c = 0; c < calls; c++, at += 24)
          value = kernels[numbers[FIRST_CALL + c * CALL_STEP]!]!(
            argument(at, range, missing),
            argument(at + 1, range, missing),
            argument(at + 2, range, missing),
            argument(at + 3, range, missing),
            argument(at + 4, range, missing),
            argument(at + 5, range, missing),
            argument(at + 6, range, missing),
            argument(at + 7, range, missing),
          );
        if (cells) cells[range] = value!;
        sum += value || 0;
      }
    }
  }
  return sum;
}
