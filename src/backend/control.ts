// How the calling thread and the workers talk: a block of shared memory, in words of 32 bits. First passes that are done so far,
// which the calling thread waits for; then for each worker …
export const DONE = 0;
/** … how many tasks it was given so far, which it waits for, and the last ones: slot times 256, + how many threads share it. */
export const TASKS = 16;
export const TASKS_STEP = 16;
/** Tasks that a worker may have been given and not have done; a power of two. */
export const AHEAD = 2;
/** Behind these: how many it has begun, or has been spared. */
export const BEGUN = 1 + AHEAD;

export const MAX_THREADS = 64;

// … then the slots, of which each describes a pass. The first is of those that threads share, the others are of those that one
// thread makes. In words: threads that are not done with it, …
export const PENDING = 0;
/** … and the next range of the share of each thread: who is through with its own helps the others. A cache line apart. */
export const NEXT = 16;
export const NEXT_STEP = 16;

// … and, behind them, in float64. The pass: samples, samples of a range, address of a value for each range or 0, kernel calls; bytes
// that the memory has.
export const SAMPLES = (NEXT + MAX_THREADS * NEXT_STEP) / 2;
export const ROWS = SAMPLES + 1;
export const VALUES = SAMPLES + 2;
export const CALLS = SAMPLES + 3;
export const BYTES = SAMPLES + 4;
/** Sum of the values of each thread. */
export const SUMS = SAMPLES + 8;
/** The calls: index of the kernel, then of each argument what it is at first and how it grows by sample, count and thread. */
export const FIRST_CALL = SUMS + MAX_THREADS;
export const CALL_STEP = 1 + 4 * 8;
/** More than any pass makes. */
export const MAX_CALLS = 4;

/** Float64 of a slot. */
export const SLOT = FIRST_CALL + MAX_CALLS * CALL_STEP;
export const MAX_SLOTS = 2 + (MAX_THREADS - 1) * AHEAD;
export const FIRST_SLOT_BYTES = (TASKS + MAX_THREADS * TASKS_STEP) * 4;

export const CONTROL_BYTES = FIRST_SLOT_BYTES + MAX_SLOTS * SLOT * 8;

/** The words and the float64 of a slot. */
export const viewSlot = (control: SharedArrayBuffer, slot: number): [Int32Array, Float64Array] => {
  const at = FIRST_SLOT_BYTES + slot * SLOT * 8;
  return [new Int32Array(control, at, 2 * SLOT), new Float64Array(control, at, SLOT)];
};

/** What a worker is sent, once. Its first message back says that it is ready. */
export interface Start {
  control: SharedArrayBuffer;
  memory: WebAssembly.Memory;
  modules: readonly WebAssembly.Module[];
  thread: number;
  /** Whether to send a message when a pass is done, for those who cannot wait otherwise. */
  announce: boolean;
}

/**
 * What a memory holds that has so many bytes. Where it has just grown a thread may see it as it was, on Node 24 for as long as it only
 * looks: to grow it by nothing tells.
 */
export function bytesIn(memory: Pick<WebAssembly.Memory, 'buffer' | 'grow'>, length: number): ArrayBufferLike {
  if (memory.buffer.byteLength < length) memory.grow(0);
  return memory.buffer;
}
