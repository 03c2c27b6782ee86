import type { Backend, Kernels } from '../backend/backend.js';
import { make, type RangeCall, type Work } from '../backend/pass.js';
import { bytesOf, COLUMNS_MAX_D } from '../backend/shapes.js';
import type { Workspace } from '../backend/workspace.js';
import type { Precision } from '../types.js';
import type { Source } from './source.js';

/** Samples that feature sums, staging and other whole passes take in one kernel call. */
export const PASS_ROWS = 1024;

/** What a pass takes for a sample beside its values. */
const PASS_WORK = 4;

/** n samples of d features in a workspace's memory, in the layout that the kernels want, with their weights. */
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
  ) {
    this.kernels = workspace.kernels(precision);
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
   */
  pass(
    call: RangeCall,
    rows = PASS_ROWS,
    values = 0,
    backend: Backend = this.workspace.backend,
    work = this.d + PASS_WORK,
  ): Work<number> {
    const { workspace, precision, n } = this;
    return make(workspace, { call, backend, precision, n, rows, values, work });
  }

  /** Copies the samples that as many i32 at `indices` name to the place of others. */
  gather(indices: number, to: Samples): void {
    this.kernels.gather(this.x, this.d, this.stride, indices, to.n, to.x, to.stride);
  }

  /** The values of sample i, as numbers. */
  read(i: number): number[] {
    const step = this.d <= COLUMNS_MAX_D ? this.stride : 1;
    const values = this.workspace.floats(this.precision, this.at(i), (this.d - 1) * step + 1);
    return Array.from({ length: this.d }, (_, f) => values[f * step]!);
  }
}

/** Elements from column to column or from row to row for n samples: whole vectors of columns, rows without gaps. */
export const strideOf = (n: number, d: number): number => (d <= COLUMNS_MAX_D ? (n + 7) & ~7 : d);

/** Bytes of n samples in the layout of d. */
export const samplesBytes = (n: number, d: number, precision: Precision): number =>
  strideOf(n, d) * (d <= COLUMNS_MAX_D ? d : n) * bytesOf(precision);

/** Bytes for sorting rows into columns, a pass at a time. */
export const stagingBytes = (n: number, d: number, precision: Precision): number =>
  d <= COLUMNS_MAX_D ? Math.min(n, PASS_ROWS) * d * bytesOf(precision) : 0;

/** Values of a slice after which copying pauses in a deferred workspace. */
export const SLICE_VALUES = 2 ** 18;

/** Copies rows `from` … `to` − 1 of a source to address x, in the layout of d. */
export function* copySamples(
  workspace: Workspace,
  source: Source,
  precision: Precision,
  x: number,
  staging: number,
  weights = 0,
  from = 0,
  to = source.nSamples,
): Work<Samples> {
  const { nFeatures: d } = source;
  const n = to - from;
  const samples = new Samples(workspace, precision, n, d, x, strideOf(n, d), weights);
  const rows = d <= COLUMNS_MAX_D ? PASS_ROWS : workspace.deferred ? Math.ceil(SLICE_VALUES / d) : n;
  for (let i = 0; i < n; i += rows) {
    const count = Math.min(rows, n - i);
    const at = d <= COLUMNS_MAX_D ? staging : samples.at(i);
    source.write(workspace.floats(precision, at, count * d), from + i, from + i + count);
    if (d <= COLUMNS_MAX_D) samples.kernels.toColumns(at, count, d, samples.at(i), samples.stride);
    if (workspace.deferred) yield;
  }
  return samples;
}

/** Scales samples to length 1. */
export function* normalise(samples: Samples): Work {
  const { d, stride } = samples;
  yield* samples.pass((kernels, i, count) => kernels.normalise(samples.at(i), count, d, stride));
}

/** Multiply-adds of one kernel call: well below a millisecond, since engines swap in optimised code only between calls. */
const CALL_WORK = 2 ** 21;

/** Samples that one call of `assign` takes, whole vectors of them. */
export const callRows = (k: number, d: number): number =>
  Math.min(Math.max(Math.floor(CALL_WORK / (k * d)) & ~7, 8), 16384);
