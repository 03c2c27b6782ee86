import type { Backend, Kernels } from '../backend/backend.js';
import { repeat } from '../backend/errand.js';
import type { Parts } from '../backend/parts.js';
import { inParts, make, type Pass, type RangeCall, type Work, wait } from '../backend/pass.js';
import { bytesOf, COLUMNS_MAX_D, floatView } from '../backend/shapes.js';
import type { Workspace } from '../backend/workspace.js';
import type { FloatArray, Precision } from '../types.js';

/** Samples that feature sums, staging and other whole passes take in one kernel call. */
export const PASS_ROWS = 1024;

/** Values written before the next pause where memory may be fresh, of which every page takes some ten microseconds. */
export const FRESH_VALUES = 2 ** 15;

/** Ranges of a pass for each of several threads, at the least: who is done first helps others. */
const RANGES = 4;

const SILENT = { silent: true };

/** What most passes take for a sample: they go by float64 and by memory, four times as slow as products of a tile. */
const passWork = (d: number): number => 4 * (d + 4);

type Kind = 'int32' | Precision;

type ArrayOf<K extends Kind> = K extends 'int32' ? Int32Array : FloatArray;

/**
 * n samples of d features in a workspace's memory, in the layout that the kernels want, with their weights; or in parts in the
 * memories of workers, each with the addresses that are told here.
 */
export class Samples {
  readonly kernels: Kernels;

  constructor(
    readonly workspace: Workspace,
    readonly precision: Precision,
    readonly n: number,
    readonly d: number,
    /** Address of the first value. */
    readonly x: number,
    /** Elements from column to column (d ≤ 4) or from row to row. */
    readonly stride: number,
    /** Address of n float64, or 0 where every sample weighs 1. */
    readonly weights = 0,
    readonly parts?: Parts,
  ) {
    this.kernels = workspace.kernels(precision);
  }

  /** The same samples, for work in another workspace over this memory. */
  in(workspace: Workspace): Samples {
    const { precision, n, d, x, stride, weights, parts } = this;
    return new Samples(workspace, precision, n, d, x, stride, weights, parts);
  }

  /** Samples that one memory has room for. */
  get rows(): number {
    return this.parts?.rows ?? this.n;
  }

  /** n float64, or undefined where every sample weighs 1. */
  get weightValues(): Float64Array | undefined {
    return this.weights ? (this.parts?.weights ?? this.workspace.float64(this.weights, this.n)) : undefined;
  }

  /** Address of sample i. */
  at(i: number): number {
    return this.x + i * bytesOf(this.precision) * (this.d <= COLUMNS_MAX_D ? 1 : this.stride);
  }

  /** Address of the weight of sample i. */
  weightAt(i: number): number {
    return this.weights && this.weights + i * 8;
  }

  /**
   * Has a call made for all samples, `rows` at a time; returns the sum of the values.
   *
   * @param values address of a float64 for each range, needed where values are no integers
   * @param backend whose kernels are called
   * @param work multiply-adds, or what takes as long, for a sample
   * @param more what else there is to know
   */
  pass(
    call: RangeCall,
    rows = PASS_ROWS,
    values = 0,
    backend: Backend = this.workspace.backend,
    work = passWork(this.d),
    more?: Pick<Pass, 'silent' | 'sums'>,
  ): Work<number> {
    const { workspace, precision, n, parts } = this;
    return make(workspace, { call, backend, precision, n, rows, values, work, parts, ...more });
  }

  /** Samples of a range, `most` at the most, so few that all threads have some, in whole units. */
  rangeRows(most: number, unit: number): number {
    const { threads } = this.workspace;
    return threads === 1 ? most : Math.min(most, Math.ceil(this.n / (threads * RANGES * unit)) * unit);
  }

  /** The same for calls that have no values. */
  send(call: RangeCall, rows = PASS_ROWS, backend?: Backend, work?: number): Work<number> {
    return this.pass(call, rows, 0, backend, work, SILENT);
  }

  /** The values of sample i, as numbers, where samples lie in this thread's memory. */
  read(i: number): number[] {
    const step = this.d <= COLUMNS_MAX_D ? this.stride : 1;
    const values = this.workspace.floats(this.precision, this.at(i), (this.d - 1) * step + 1);
    const row: number[] = [];
    for (let f = 0; f < this.d; f++) row.push(values[f * step]!);
    return row;
  }

  /** The values of samples, wherever they lie. */
  *readAll(chosen: readonly number[]): Work<number[][]> {
    const { parts, precision, d, stride } = this;
    if (!parts) return chosen.map((i) => this.read(i));
    const value = bytesOf(precision);
    const runs = d <= COLUMNS_MAX_D ? Array.from({ length: d }, (_, f) => f * stride * value) : [0];
    const rows = yield* wait(parts.pick(chosen, (i) => this.at(i), (d * value) / runs.length, runs));
    return rows.map((row) => Array.from(arrayOf(precision, row)));
  }

  /** Copies samples to the place of as many others in this thread's memory. `indices`: address of room for as many i32. */
  *gatherAll(chosen: ArrayLike<number>, indices: number, to: Samples): Work {
    const { workspace, x, d, stride, parts } = this;
    workspace.int32(indices, to.n).set(chosen);
    if (!parts)
      return void (yield* to.send((kernels, i, count) =>
        kernels.gather(x, d, stride, indices + i * 4, count, to.at(i), to.stride),
      ));
    for (let from = 0; from < to.n; from += PASS_ROWS) {
      const some = Array.from(workspace.int32(indices, to.n).subarray(from, from + PASS_ROWS));
      (yield* this.readAll(some)).forEach((row, i) => {
        to.write(from + i, row);
      });
    }
  }

  /** Puts values in the place of sample i, in this thread's memory. */
  private write(i: number, row: readonly number[]): void {
    const step = this.d <= COLUMNS_MAX_D ? this.stride : 1;
    const values = this.workspace.floats(this.precision, this.at(i), (this.d - 1) * step + 1);
    row.forEach((value, f) => {
      values[f * step] = value;
    });
  }

  /**
   * What belongs to the samples at an address, `size` numbers for every `per` samples: a view, or a copy where they lie with
   * workers.
   */
  *fetch<K extends Kind>(kind: K, at: number, size = 1, per = 1): Work<ArrayOf<K>> {
    if (this.parts) return arrayOf(kind, yield* wait(this.parts.fetch(at, size * widthOf(kind), per)));
    return arrayOver(kind, this.workspace.backend.memory.buffer, at, Math.ceil(this.n / per) * size);
  }

  /** The same for `count` samples, which lie in one range of a pass, from each of those on that are named. */
  *fetchSome<K extends Kind>(kind: K, at: number, chosen: readonly number[], count = 1): Work<ArrayOf<K>[]> {
    const { parts, workspace, n } = this;
    const width = widthOf(kind);
    const address = (i: number) => at + i * width;
    const some = parts && (yield* wait(parts.pick(chosen, address, count * width)));
    const { buffer } = workspace.backend.memory;
    return chosen.map((i, c) => {
      const length = Math.min(count, n - i);
      return some ? arrayOf(kind, some[c]!.subarray(0, length * width)) : arrayOver(kind, buffer, address(i), length);
    });
  }

  /** Puts a number for each of the samples at an address. */
  give(at: number, numbers: Float64Array | Int32Array): void {
    if (this.parts) this.parts.give(at, numbers);
    else arrayOver(kindOf(numbers), this.workspace.backend.memory.buffer, at, this.n).set(numbers);
  }

  /** Writes so many bytes of zeros behind what belongs to the samples at an address, `width` bytes for each. */
  pad(at: number, width: number, bytes: number): void {
    const { parts, workspace, n } = this;
    if (parts) parts.pad(at, width, bytes);
    else repeat(workspace.backend.memory.buffer, at + n * width, new Uint8Array(1), bytes);
  }

  /** Repeats a pattern all over what belongs to the samples at an address, `size` numbers for every `per` samples. */
  *fill(at: number, pattern: Int32Array | FloatArray, size = 1, per = 1): Work {
    const { workspace, parts, n } = this;
    const bytes = size * pattern.BYTES_PER_ELEMENT;
    if (parts) return parts.fill(at, pattern, bytes, per);
    const fill = (from: number, to: number) => {
      const { buffer } = workspace.backend.memory;
      const start = at + from * bytes;
      if (pattern.length > 1) repeat(buffer, start, pattern, (to - from) * bytes);
      else arrayOver(kindOf(pattern), buffer, start, (to - from) * size).fill(pattern[0]!);
    };
    yield* inParts(workspace, Math.ceil(n / per), fill, Math.ceil(FRESH_VALUES / size));
  }
}

const kindOf = (array: Int32Array | FloatArray): Kind =>
  array instanceof Int32Array ? 'int32' : array instanceof Float32Array ? 'float32' : 'float64';

const widthOf = (kind: Kind): number => (kind === 'float64' ? 8 : 4);

function arrayOver<K extends Kind>(kind: K, buffer: ArrayBuffer, at: number, length: number): ArrayOf<K> {
  const array = kind === 'int32' ? new Int32Array(buffer, at, length) : floatView(buffer, kind, at, length);
  return array as ArrayOf<K>;
}

const arrayOf = <K extends Kind>(kind: K, { buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): ArrayOf<K> =>
  arrayOver(kind, buffer, byteOffset, length / widthOf(kind));

/** Scales samples to length 1. */
export function* normalise(samples: Samples): Work {
  const { d, stride } = samples;
  yield* samples.send((kernels, i, count) => kernels.normalise(samples.at(i), count, d, stride));
}

/** Multiply-adds of one kernel call: well below a millisecond, since engines swap in optimised code only between calls. */
const CALL_WORK = 2 ** 21;

/** Samples that one call of `assign` takes, whole vectors of them. */
export const callRows = (k: number, d: number): number =>
  Math.min(Math.max(Math.floor(CALL_WORK / (k * d)) & ~7, 8), 4096);
