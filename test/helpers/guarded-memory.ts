import { expect } from 'vitest';
import type { Backend } from '../../src/backend/backend.js';
import { Workspace } from '../../src/backend/workspace.js';
import type { NumericArray } from '../../src/types.js';
import { mulberry32 } from './problems.js';

/** Bytes that a kernel may write. */
export interface Region {
  pointer: number;
  bytes: number;
}

const ARENA = 2 ** 20;
/** Between buffers: more than any kernel reads ahead. */
const GAP = 128;

/**
 * Memory in which buffers stand at odd addresses, apart from one another, in a sea of words that are different NaNs in
 * either precision: what a kernel reads beside its input shows in its result, what it writes beside its output is found.
 */
export class GuardedMemory {
  readonly workspace: Workspace;
  private readonly base: number;
  private top: number;
  private random = mulberry32(0);

  constructor(readonly backend: Backend) {
    this.workspace = new Workspace(backend);
    this.base = this.workspace.take({ arena: ARENA }, 0).arena;
    this.top = this.base + ARENA;
    this.clear(0);
  }

  /** Forgets all buffers. The same seed makes the same calls of `place` and `space` return the same addresses. */
  clear(seed: number): void {
    const words = new Uint32Array(this.backend.memory.buffer, this.base, Math.ceil((this.top - this.base) / 4));
    for (let i = 0; i < words.length; i++) words[i] = 0x7ff80000 + (i & 0xffff);
    this.top = this.base;
    this.random = mulberry32(seed);
  }

  /** Copies values into a new buffer, 0 to 3 elements behind an aligned address. */
  place(values: NumericArray): number {
    const pointer = this.space(values.length, values.BYTES_PER_ELEMENT);
    const { buffer, byteOffset, byteLength } = values;
    new Uint8Array(this.backend.memory.buffer, pointer, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
    return pointer;
  }

  /** A new buffer of NaN. */
  space(length: number, bytesPerElement: number): number {
    const pointer = Math.ceil((this.top + GAP) / 64) * 64 + Math.floor(this.random() * 4) * bytesPerElement;
    this.top = Math.ceil((pointer + length * bytesPerElement + GAP) / 8) * 8;
    if (this.top > this.base + ARENA) throw new Error(`the arena of ${ARENA} bytes is too small for this test`);
    return pointer;
  }

  /** Runs a kernel and expects that it changed nothing but its outputs. */
  run<Result>(outputs: readonly Region[], kernel: () => Result): Result {
    const before = this.bytes().slice();
    const result = kernel();
    const after = this.bytes().slice();
    for (const { pointer, bytes } of outputs) {
      const at = pointer - this.base;
      after.set(before.subarray(at, at + bytes), at);
    }
    if (Buffer.compare(before, after) !== 0) {
      const at = before.findIndex((byte, i) => byte !== after[i]) + this.base;
      expect.fail(
        `byte ${at} changed, but the outputs are ${outputs.map((o) => `${o.pointer}+${o.bytes}`).join(', ')}`,
      );
    }
    return result;
  }

  private bytes(): Uint8Array {
    return new Uint8Array(this.backend.memory.buffer, this.base, this.top - this.base);
  }
}
