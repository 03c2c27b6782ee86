import type { Backend, Kernels } from '../backend/backend.js';
import { repeat } from '../backend/errand.js';
import type { Parts } from '../backend/parts.js';
import { inParts, make, type Pass, type RangeCall, type Work, wait } from '../backend/pass.js';
import { bytesOf, COLUMNS_MAX_D, floatView } from '../backend/shapes.js';
import type { Workspace } from '../backend/workspace.js';
import type { FloatArray, Precision } from '../types.js';
import type { Source } from './source.js';

/** Samples that feature sums, staging and other whole passes take in one kernel call. */
export const PASS_ROWS = 1024;

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

/** Elements from column to column or from row to row for n samples: whole vectors of columns, rows without gaps. */
export const strideOf = (n: number, d: number): number => (d <= COLUMNS_MAX_D ? (n + 7) & ~7 : d);

/** Bytes of n samples in the layout of d. */
export const samplesBytes = (n: number, d: number, precision: Precision): number =>
  strideOf(n, d) * (d <= COLUMNS_MAX_D ? d : n) * bytesOf(precision);

/** Bytes for sorting rows into columns, a pass at a time, or more where they are sent. */
export const stagingBytes = (n: number, d: number, precision: Precision, inParts = false): number =>
  d <= COLUMNS_MAX_D ? Math.min(n, inParts ? SLICE_VALUES : PASS_ROWS) * d * bytesOf(precision) : 0;

/** Values of a slice after which copying pauses in a deferred workspace. */
export const SLICE_VALUES = 2 ** 18;

/** Values written before the next pause where memory may be fresh, of which every page takes some ten microseconds. */
export const FRESH_VALUES = 2 ** 15;

/** Copies all rows of a source to address x, in the layout of d. */
export function* copySamples(
  workspace: Workspace,
  source: Source,
  precision: Precision,
  x: number,
  staging: number,
  weights = 0,
): Work<Samples> {
  const { nSamples: n, nFeatures: d } = source;
  const samples = new Samples(workspace, precision, n, d, x, strideOf(n, d), weights);
  const rows = d <= COLUMNS_MAX_D ? PASS_ROWS : workspace.deferred ? Math.ceil(FRESH_VALUES / d) : n;
  for (let i = 0; i < n; i += rows) {
    const count = Math.min(rows, n - i);
    const at = d <= COLUMNS_MAX_D ? staging : samples.at(i);
    source.write(workspace.floats(precision, at, count * d), i, i + count);
    if (d <= COLUMNS_MAX_D) samples.kernels.toColumns(at, count, d, samples.at(i), samples.stride);
    if (workspace.deferred) yield;
  }
  return samples;
}

/** The same in this thread's memory or, where samples lie with workers, in theirs. */
export const bringSamples: typeof copySamples = (workspace, ...rest) =>
  (workspace.parts ? scatterSamples : copySamples)(workspace, ...rest);

/** Slices that are on their way to workers at a time. */
const SLICES = 3;

/** Sends all rows of a source to the workers that are to have them. */
function* scatterSamples(
  workspace: Workspace,
  source: Source,
  precision: Precision,
  x: number,
  staging: number,
  weights = 0,
): Work<Samples> {
  const { nSamples: n, nFeatures: d } = source;
  const parts = workspace.parts!;
  const samples = new Samples(workspace, precision, n, d, x, strideOf(parts.rows, d), weights, parts);
  const value = bytesOf(precision);
  const rows = Math.ceil(SLICE_VALUES / d / PASS_ROWS) * PASS_ROWS;
  const sent: Promise<ArrayBuffer>[] = [];
  for (let p = 0; p < parts.count; p++)
    for (let from = 0; from < parts.rowsOf(p); from += rows) {
      const to = Math.min(from + rows, parts.rowsOf(p));
      // Slices are on their way while the next one is made.
      const buffer = sent.length < SLICES ? new ArrayBuffer(rows * d * value) : yield* wait(sent.shift()!);
      const values = floatView(buffer, precision, 0, (to - from) * d);
      source.write(values, p * parts.rows + from, p * parts.rows + to);
      const toColumns: RangeCall = (kernels, i, count) =>
        kernels.toColumns(staging + (i - from) * d * value, count, d, samples.at(i), samples.stride);
      const slice =
        d <= COLUMNS_MAX_D
          ? parts.write(p, staging, values, { call: toColumns, precision, from, to })
          : parts.write(p, samples.at(from), values);
      // What goes wrong with it is heard of where it is waited for.
      slice.catch(() => {});
      sent.push(slice);
      yield;
    }
  yield Promise.all(sent);
  return samples;
}

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
