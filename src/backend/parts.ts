import { outOfMemory } from '../errors.js';
import type { FloatArray, Precision } from '../types.js';
import type { Crew } from './crew.js';
import { Recorder } from './description.js';
import type { Errand, Reply, Write } from './errand.js';
import { Mirror } from './mirror.js';
import { type Pass, type RangeCall, rowsFor } from './pass.js';
import type { Workspace } from './workspace.js';

/** Samples of parts are whole ranges of every pass whose values are added up in order. */
export const PART_ROWS = 1024;

/** Steps of a pass that a worker makes at a time, some ten milliseconds: it hears nothing in between. */
const ERRAND_WORK = 2 ** 25;

/**
 * Samples in the memories of workers: each holds the same number of them, the last one fewer, and beside them what belongs to
 * them, at addresses that are the same in all memories and in that of the calling thread. There, what belongs to samples stays
 * untouched, and so takes no memory; all else is told to the workers where it changed.
 */
export class Parts {
  /** n float64, where samples have weights. */
  weights: Float64Array | undefined;
  private readonly ids: readonly number[];
  private readonly recorder: Recorder;
  /** What the workers know of the calling thread's memory. */
  readonly mirror = new Mirror();
  private closed = false;

  constructor(
    private readonly crew: Crew,
    readonly threads: number,
    private readonly n: number,
    /** Samples of a part. */
    readonly rows: number,
    private readonly workspace: Workspace,
    private readonly modules: readonly WebAssembly.Module[],
  ) {
    this.ids = Array.from({ length: Math.ceil(n / rows) }, (_, p) => crew.takePart(p % threads));
    this.recorder = new Recorder(modules);
  }

  get count(): number {
    return this.ids.length;
  }

  /** Samples of one part. */
  rowsOf(part: number): number {
    return Math.min(this.rows, this.n - part * this.rows);
  }

  /** Gives every part so many bytes. */
  async open(size: number): Promise<void> {
    const { modules } = this;
    await Promise.all(this.ids.map((_, p) => this.send(p, { modules, size })));
  }

  /** Leaves the memories for the next call, or gives them up. */
  close(keep: boolean): void {
    this.closed = true;
    this.ids.forEach((part, p) => {
      if (keep) this.crew.leavePart(p % this.threads, part);
      else this.send(p, { last: true });
    });
  }

  /** Makes a pass; returns the sum of its values, in the order of the ranges. */
  async make(pass: Pass): Promise<number> {
    const { call, precision, backend, rows, values, sums } = pass;
    const calls = this.recorder.describe(call, precision, backend !== this.workspace.backend);
    const changes = this.mirror.changes(this.workspace.backend.memory.buffer);
    const step = rowsFor(pass, ERRAND_WORK);
    const [at, length] = sums ?? [0, 0];
    const makePart = async (p: number) => {
      const n = this.rowsOf(p);
      const replies: Promise<Reply>[] = [];
      for (let from = 0; from < n && !this.closed; from += step) {
        const to = Math.min(from + step, n);
        const reads = sums && to === n ? [at, length * 8] : undefined;
        const writes = from === 0 ? changes : undefined;
        replies.push(this.send(p, { writes, ranges: { calls, from, to, rows, values }, reads }));
        // The worker's share of the sums begins anew.
        if (reads) this.send(p, { writes: [[at, new Uint8Array(1), length * 8]] });
        // One errand is under way while the next one waits.
        if (replies.length > 1) await replies[replies.length - 2];
      }
      return Promise.all(replies);
    };
    let sum = 0;
    for (const replies of await Promise.all(this.ids.map((_, p) => makePart(p))))
      for (const { values, bytes } of replies) {
        for (const value of values!) sum += value;
        if (bytes) this.addUp(at, new Float64Array(bytes.buffer));
      }
    return sum;
  }

  /** Whether a pass is one errand for every worker, which is sent at once. */
  isShort(pass: Pass): boolean {
    return rowsFor(pass, ERRAND_WORK) >= this.rows;
  }

  /**
   * Writes to one part, whereafter a call may be made for samples `from` … `to` − 1 of it. The values are given away, and come
   * back: fresh memory costs more than to copy.
   */
  async write(
    p: number,
    at: number,
    values: FloatArray,
    then?: { call: RangeCall; precision: Precision; from: number; to: number },
  ): Promise<ArrayBuffer> {
    const { byteLength } = values;
    const buffer = values.buffer as ArrayBuffer;
    const calls = then && this.recorder.describe(then.call, then.precision, false);
    const ranges = calls && { calls, from: then.from, to: then.to, rows: PART_ROWS, values: 0 };
    const writes: Write[] = [[at, new Uint8Array(buffer, 0, byteLength), byteLength]];
    return (await this.send(p, { writes, ranges, recycled: true }, [buffer])).bytes!.buffer;
  }

  /** Gives each of the samples a number. */
  give(at: number, numbers: Float64Array | Int32Array): void {
    this.ids.forEach((_, p) => {
      const own = numbers.slice(p * this.rows, p * this.rows + this.rowsOf(p));
      const bytes = new Uint8Array(own.buffer);
      this.send(p, { writes: [[at, bytes, bytes.length]] }, [bytes.buffer]);
    });
  }

  /** Repeats a pattern in all parts, so many bytes for every `per` samples. */
  fill(at: number, pattern: ArrayBufferView, bytes: number, per: number): void {
    const what = new Uint8Array(pattern.buffer, pattern.byteOffset, pattern.byteLength).slice();
    this.ids.forEach((_, p) => {
      this.send(p, { writes: [[at, what, Math.ceil(this.rowsOf(p) / per) * bytes]] });
    });
  }

  /** Writes zeros behind what belongs to the samples of each part. */
  pad(at: number, width: number, bytes: number): void {
    this.ids.forEach((_, p) => {
      this.send(p, { writes: [[at + this.rowsOf(p) * width, new Uint8Array(1), bytes]] });
    });
  }

  /** What belongs to the samples at an address, so many bytes for every `per` samples. */
  async fetch(at: number, bytes: number, per: number): Promise<Uint8Array<ArrayBuffer>> {
    return joined(
      await Promise.all(this.ids.map((_, p) => this.read(p, [at, Math.ceil(this.rowsOf(p) / per) * bytes]))),
    );
  }

  /** So many bytes at each offset from the address of samples. */
  async pick(
    chosen: readonly number[],
    address: (sample: number) => number,
    bytes: number,
    offsets: readonly number[] = [0],
  ): Promise<Uint8Array<ArrayBuffer>[]> {
    const reads: number[][] = this.ids.map(() => []);
    const places = chosen.map((i) => {
      const p = Math.floor(i / this.rows);
      const at = reads[p]!.length / 2;
      for (const offset of offsets) reads[p]!.push(address(i - p * this.rows) + offset, bytes);
      return [p, at * bytes] as const;
    });
    const found = await Promise.all(reads.map((pairs, p) => (pairs.length > 0 ? this.read(p, pairs) : undefined)));
    return places.map(([p, at]) => found[p]!.subarray(at, at + bytes * offsets.length));
  }

  /** Adds what a worker added up to what the others did. */
  private addUp(at: number, found: Float64Array): void {
    const sums = this.workspace.float64(at, found.length);
    for (let i = 0; i < found.length; i++) sums[i] = sums[i]! + found[i]!;
  }

  private async read(p: number, reads: number[]): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.send(p, { reads })).bytes!;
  }

  private send(
    p: number,
    errand: Omit<Errand, 'part' | 'size'> & { size?: number },
    transfer?: ArrayBuffer[],
  ): Promise<Reply> {
    const size = this.workspace.mark();
    const reply = this.crew.send(p % this.threads, { size, ...errand, part: this.ids[p]! }, transfer).then((reply) => {
      if (reply.full) throw outOfMemory(this.n, size * this.count);
      return reply;
    });
    reply.catch(() => {});
    return reply;
  }
}

function joined(all: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
