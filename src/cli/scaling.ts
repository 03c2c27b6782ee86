import type { FloatArray } from '../index.js';
import { DataError } from './failures.js';

export type ScalingKind = 'none' | 'standard' | 'minmax';

/** What was done to every column before clustering: scaled = (value − offset) / divisor. */
export interface Scaling {
  kind: ScalingKind;
  /** One for each feature. */
  offset: number[];
  divisor: number[];
}

/**
 * The scaling that fits the samples (n × d): `standard` to mean 0 and (population) standard deviation 1, `minmax` to
 * 0 … 1. A column of one value is only shifted.
 */
export function fitScaling(kind: ScalingKind, values: Float64Array, nFeatures: number): Scaling {
  const offset = new Array<number>(nFeatures).fill(0);
  const divisor = new Array<number>(nFeatures).fill(1);
  for (let j = 0; kind !== 'none' && j < nFeatures; j++) {
    const fit = kind === 'standard' ? meanAndDeviation(values, nFeatures, j) : minimumAndRange(values, nFeatures, j);
    offset[j] = fit.offset;
    if (fit.divisor > 0) divisor[j] = fit.divisor;
  }
  if (![...offset, ...divisor].every(Number.isFinite)) {
    throw new DataError(`--scale ${kind} cannot be computed: the numbers are too large`);
  }
  return { kind, offset, divisor };
}

/** Scaled copy of the samples; the samples themselves when there is nothing to do. */
export function scale(values: Float64Array, { kind, offset, divisor }: Scaling): Float64Array {
  if (kind === 'none') return values;
  const d = offset.length;
  return values.map((value, i) => (value - offset[i % d]!) / divisor[i % d]!);
}

/** A scaled row in the units of the data. */
export function unscale(row: FloatArray, { kind, offset, divisor }: Scaling): number[] {
  return Array.from(row, (value, j) => (kind === 'none' ? value : value * divisor[j]! + offset[j]!));
}

function meanAndDeviation(values: Float64Array, d: number, j: number) {
  const n = values.length / d;
  let sum = 0;
  for (let i = j; i < values.length; i += d) sum += values[i]!;
  const mean = sum / n;
  let sq = 0;
  for (let i = j; i < values.length; i += d) sq += (values[i]! - mean) ** 2;
  return { offset: mean, divisor: Math.sqrt(sq / n) };
}

function minimumAndRange(values: Float64Array, d: number, j: number) {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = j; i < values.length; i += d) {
    min = Math.min(min, values[i]!);
    max = Math.max(max, values[i]!);
  }
  return { offset: min, divisor: max - min };
}
