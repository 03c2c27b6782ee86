// How the calling thread and the workers talk: a block of shared memory, in words of 32 bits …
/** Which pass it is: a number that differs from the one before, times 256, + how many threads take part. Workers wait for it. */
export const TURN = 0;
/** Threads that are not done with the pass. */
export const PENDING = 1;
/** The turn that is done; the calling thread waits for it. */
export const DONE = 2;
/** Next range of the share of each thread: who is through with its own helps the others. A cache line apart. */
export const NEXT = 16;
export const NEXT_STEP = 16;

export const MAX_THREADS = 64;

// … and, behind them, in float64. The pass: samples, samples of a range, address of a value for each range or 0, kernel calls.
export const SAMPLES = (NEXT + MAX_THREADS * NEXT_STEP) / 2;
export const ROWS = SAMPLES + 1;
export const VALUES = SAMPLES + 2;
export const CALLS = SAMPLES + 3;
/** Sum of the values of each thread. */
export const SUMS = SAMPLES + 8;
/** The calls: index of the kernel, then of each argument what it is at first and how it grows by sample, count and thread. */
export const FIRST_CALL = SUMS + MAX_THREADS;
export const CALL_STEP = 1 + 4 * 8;
/** More than any pass makes. */
export const MAX_CALLS = 4;

export const CONTROL_BYTES = (FIRST_CALL + MAX_CALLS * CALL_STEP) * 8;

/** What a worker is sent, once. Its first message back says that it is ready. */
export interface Start {
  control: SharedArrayBuffer;
  memory: WebAssembly.Memory;
  modules: readonly WebAssembly.Module[];
  thread: number;
  /** Whether to send a message when a pass is done, for those who cannot wait otherwise. */
  announce: boolean;
}

/** First range of the share of a thread, of so many ranges and threads. */
export const shareStart = (ranges: number, thread: number, threads: number): number =>
  Math.floor((ranges * thread) / threads);
