import type { Kernels } from '../backend/backend.js';
import { bytesOf, COLUMNS_MAX_D } from '../backend/shapes.js';
import type { Workspace } from '../backend/workspace.js';
import type { Precision } from '../types.js';
import type { Source } from './source.js';

/** Samples that feature sums, staging and other whole passes take in one kernel call. */
export const PASS_ROWS = 1024;

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

  /** The values of sample i, as numbers. */
  read(i: number): number[] {
    const bytes = bytesOf(this.precision);
    if (this.d > COLUMNS_MAX_D) return Array.from(this.workspace.floats(this.precision, this.at(i), this.d));
    return Array.from({ length: this.d }, (_, f) => {
      return this.workspace.floats(this.precision, this.at(i) + f * this.stride * bytes, 1)[0]!;
    });
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

/** Copies rows `from` … `to` − 1 of a source to address x, in the layout of d. */
export function copySamples(
  workspace: Workspace,
  source: Source,
  precision: Precision,
  x: number,
  staging: number,
  weights = 0,
  from = 0,
  to = source.nSamples,
): Samples {
  const { nFeatures: d } = source;
  const n = to - from;
  const samples = new Samples(workspace, precision, n, d, x, strideOf(n, d), weights);
  if (d > COLUMNS_MAX_D) {
    source.write(workspace.floats(precision, x, n * d), from, to);
    return samples;
  }
  forPasses(n, (i, count) => {
    source.write(workspace.floats(precision, staging, count * d), from + i, from + i + count);
    samples.kernels.toColumns(staging, count, d, samples.at(i), samples.stride);
  });
  return samples;
}

/** Calls `pass` for one range of samples after the other, each short enough for one kernel call. */
export function forPasses(n: number, pass: (from: number, count: number) => unknown, rows = PASS_ROWS): void {
  for (let from = 0; from < n; from += rows) pass(from, Math.min(rows, n - from));
}

/** Multiply-adds of one kernel call: well below a millisecond, since engines swap in optimised code only between calls. */
const CALL_WORK = 2 ** 21;

/** Samples that one call of `assign` takes, whole vectors of them. */
export const callRows = (k: number, d: number): number =>
  Math.min(Math.max(Math.floor(CALL_WORK / (k * d)) & ~7, 8), 16384);
