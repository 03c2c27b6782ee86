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
  const fit = new ScalingFit(kind, nFeatures);
  for (let pass = 1; pass <= fit.passes; pass++) fit.add(pass, values);
  return fit.finish();
}

/** The same from samples that come in parts, once for every pass. */
export class ScalingFit {
  /** Passes over the samples that it takes. */
  readonly passes: number;
  private n = 0;
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;
  private readonly least: Float64Array;
  private readonly greatest: Float64Array;

  constructor(
    private readonly kind: ScalingKind,
    private readonly d: number,
  ) {
    this.passes = { none: 0, minmax: 1, standard: 2 }[kind];
    this.sums = new Float64Array(d);
    this.squares = new Float64Array(d);
    this.least = new Float64Array(d).fill(Number.POSITIVE_INFINITY);
    this.greatest = new Float64Array(d).fill(Number.NEGATIVE_INFINITY);
  }

  /** Takes further samples of a pass: sums and range in the first, squares about the mean in the second. */
  add(pass: number, values: Float64Array): void {
    const { d, n, sums, squares, least, greatest } = this;
    if (pass === 1) this.n += values.length / d;
    for (let i = 0; i < values.length; i++) {
      const j = i % d;
      const value = values[i]!;
      if (pass > 1) squares[j]! += (value - sums[j]! / n) ** 2;
      else {
        sums[j]! += value;
        least[j] = Math.min(least[j]!, value);
        greatest[j] = Math.max(greatest[j]!, value);
      }
    }
  }

  finish(): Scaling {
    const { kind, d, n, sums, squares, least, greatest } = this;
    const offset = new Array<number>(d).fill(0);
    const divisor = new Array<number>(d).fill(1);
    for (let j = 0; kind !== 'none' && j < d; j++) {
      offset[j] = kind === 'standard' ? sums[j]! / n : least[j]!;
      const size = kind === 'standard' ? Math.sqrt(squares[j]! / n) : greatest[j]! - least[j]!;
      if (size > 0) divisor[j] = size;
    }
    if (![...offset, ...divisor].every(Number.isFinite)) {
      throw new DataError(`--scale ${kind} cannot be computed: the numbers are too large`);
    }
    return { kind, offset, divisor };
  }
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
