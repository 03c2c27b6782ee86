// What a worker thread runs, in Node and in pages: the build bundles it into the text of src/generated/worker.ts.
import {
  AHEAD,
  BEGUN,
  BYTES,
  bytesIn,
  CALL_STEP,
  CALLS,
  DONE,
  FIRST_CALL,
  PENDING,
  ROWS,
  SAMPLES,
  type Start,
  SUMS,
  TASKS,
  TASKS_STEP,
  VALUES,
  viewSlot,
} from './control.js';
import { type Errand, type Reply, repeat, THREAD } from './errand.js';
import { takeRanges } from './shares.js';

/**
 * Looks for the next task before the thread goes to sleep, which costs more than a hundred microseconds. Threads that look longer take
 * the processors from the calling thread, which is at what lies between passes.
 */
const SPINS = 5_000;

type Kernel = (...args: number[]) => number | undefined;

declare const require: ((name: string) => { parentPort: Worker }) | undefined;

const port = typeof require === 'function' ? require('node:worker_threads').parentPort : (self as unknown as Worker);

port.onmessage = ({ data }: MessageEvent<Start | Errand>) => {
  if ('control' in data) share(data);
  const reply = run(data as Errand);
  port.postMessage(reply, reply.bytes ? [reply.bytes.buffer] : []);
};

const instantiate = (modules: readonly WebAssembly.Module[], memory: WebAssembly.Memory): Kernel[] =>
  modules.flatMap((module) => Object.values(new WebAssembly.Instance(module, { env: { memory } }).exports) as Kernel[]);

/** Makes passes over memory that is shared, for good. */
function share({ control, memory, modules, thread, announce }: Start): never {
  const words = new Int32Array(control);
  const kernels = instantiate(modules, memory);
  const own = TASKS + thread * TASKS_STEP;
  port.postMessage(0);
  for (let given = 0; ; given = (given + 1) | 0) {
    for (let spins = SPINS; Atomics.load(words, own) === given; ) if (--spins < 0) Atomics.wait(words, own, given);
    const task = words[own + 1 + (given & (AHEAD - 1))]!;
    if (Atomics.compareExchange(words, own + BEGUN, given, (given + 1) | 0) !== given) continue;
    const [pass, numbers] = viewSlot(control, task >> 8);
    const threads = task & 255;
    // Whoever makes a pass alone is the first thread of it.
    const as = threads > 1 ? thread : 0;
    numbers[SUMS + as] = makePass(pass, numbers, kernels, memory, as, threads);
    if (Atomics.sub(pass, PENDING, 1) > 1) continue;
    Atomics.add(words, DONE, 1);
    Atomics.notify(words, DONE);
    if (announce) port.postMessage(0);
  }
}

/** Makes ranges of the pass as long as there are any; returns the sum of their values. */
function makePass(
  words: Int32Array,
  numbers: Float64Array,
  kernels: readonly Kernel[],
  memory: WebAssembly.Memory,
  thread: number,
  threads: number,
): number {
  const bytes = bytesIn(memory, numbers[BYTES]!);
  const n = numbers[SAMPLES]!;
  const rows = numbers[ROWS]!;
  const values = numbers[VALUES]!;
  const ranges = Math.ceil(n / rows);
  const cells = values ? new Float64Array(bytes, values, ranges) : undefined;
  const calls = numbers.subarray(FIRST_CALL, FIRST_CALL + numbers[CALLS]! * CALL_STEP);
  return takeRanges(words, ranges, thread, threads, (range) => {
    const from = range * rows;
    const value = callAll(kernels, calls, from, Math.min(rows, n - from), thread);
    if (cells) cells[range] = value!;
    return value || 0;
  });
}

/** Arguments of a call, worked out in a loop: five times as fast as by a function that gives each. */
const args = new Float64Array(8);

/** Makes the calls of a pass for one range; returns what the last one does. */
function callAll(
  kernels: readonly Kernel[],
  calls: Float64Array,
  from: number,
  count: number,
  thread: number,
): number | undefined {
  let value: number | undefined;
  for (let at = 0; at < calls.length; at += CALL_STEP) {
    for (let a = 0; a < 8; a++) {
      const p = at + 1 + 4 * a;
      args[a] = calls[p]! + from * calls[p + 1]! + count * calls[p + 2]! + thread * calls[p + 3]!;
    }
    const kernel = kernels[calls[at]!]!;
    value = kernel(args[0]!, args[1]!, args[2]!, args[3]!, args[4]!, args[5]!, args[6]!, args[7]!);
  }
  return value;
}

/** Memories of this worker alone. */
const parts = new Map<number, { memory: WebAssembly.Memory; kernels: Kernel[] }>();

function run({ part, modules, size, writes = [], ranges, reads = [], recycled, last }: Errand): Reply {
  const reply: Reply = {};
  if (modules) {
    const memory = parts.get(part)?.memory ?? new WebAssembly.Memory({ initial: 1 });
    parts.set(part, { memory, kernels: instantiate(modules, memory) });
  }
  const { memory, kernels } = parts.get(part)!;
  const missing = Math.ceil((size - memory.buffer.byteLength) / 65536);
  try {
    if (missing > 0) memory.grow(missing);
  } catch {
    return { full: true };
  }
  for (const [at, bytes, length] of writes) repeat(memory.buffer, at, bytes, length);
  if (ranges) {
    const { calls, from, to, rows, values } = ranges;
    const found: number[] = [];
    for (let i = from; i < to; i += rows) found.push(callAll(kernels, calls, i, Math.min(rows, to - i), THREAD) || 0);
    if (values) {
      reply.values = Float64Array.from(found);
      new Float64Array(memory.buffer, values + (from / rows) * 8, found.length).set(found);
    } else reply.values = Float64Array.of(found.reduce((sum, value) => sum + value, 0));
  }
  if (recycled) reply.bytes = writes[0]![1];
  if (reads.length > 0) {
    reply.bytes = new Uint8Array(reads.reduce((sum, bytes, r) => sum + (r & 1) * bytes, 0));
    let at = 0;
    for (let r = 0; r < reads.length; r += 2) {
      reply.bytes.set(new Uint8Array(memory.buffer, reads[r], reads[r + 1]), at);
      at += reads[r + 1]!;
    }
  }
  if (last) parts.delete(part);
  return reply;
}
