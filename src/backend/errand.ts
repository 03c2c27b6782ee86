// What the calling thread and workers with memories of their own send each other.

/** What a worker does with one of its memories, in this order. */
export interface Errand {
  /** Which memory; a number no other has. */
  part: number;
  /** Kernels for a memory that is new, or left by others. */
  modules?: readonly WebAssembly.Module[];
  /** Bytes that it has to have. */
  size: number;
  /** Address, bytes, and over how many bytes they are repeated. */
  writes?: Write[];
  /** Ranges of a pass to be made: kernel calls as in control.ts. */
  ranges?: Ranges;
  /** Address and number of bytes to be sent back, one pair behind the other. */
  reads?: number[];
  /** Whether what was written is to be sent back, for others to be written into. */
  recycled?: boolean;
  /** Whether the memory is to be given up. */
  last?: boolean;
}

export type Write = [at: number, bytes: Uint8Array<ArrayBuffer>, length: number];

export interface Ranges {
  calls: Float64Array;
  /** Samples, counted from the first in the memory. */
  from: number;
  to: number;
  /** Samples of a range. */
  rows: number;
  /** Address of a float64 for each range, or 0. */
  values: number;
}

/** What the worker sends back. */
export interface Reply {
  /** Of the ranges, one for each, or their sum alone where they have no address. */
  values?: Float64Array;
  /** What was to be read, or sent back. */
  bytes?: Uint8Array<ArrayBuffer>;
  /** Whether there is not so much memory. */
  full?: boolean;
}

/** The thread that workers with memories of their own count as: the calling thread is the first. */
export const THREAD = 1;

/** Writes a pattern again and again, over so many bytes. */
export function repeat(buffer: ArrayBufferLike, at: number, pattern: ArrayBufferView, length: number): void {
  const target = new Uint8Array(buffer, at, length);
  const bytes = new Uint8Array(pattern.buffer, pattern.byteOffset, pattern.byteLength);
  target.set(bytes.subarray(0, length));
  for (let done = bytes.length; done < length; done *= 2) target.copyWithin(done, 0, done);
}
