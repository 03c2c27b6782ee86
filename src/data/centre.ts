import { rangeError } from '../errors.js';
import type { Precision } from '../types.js';
import { nonFiniteError } from './finite.js';
import { powerOfTwoAbove } from './power-of-two.js';
import { forPasses, type Samples } from './samples.js';

/** What is known of the features once the samples are in place. */
export interface FeatureStatistics {
  /** d: what was subtracted from the samples. */
  shift: Float64Array;
  /** d: greatest |value| of what is left. */
  magnitude: Float64Array;
  /** Mean over the features of their variance. */
  meanVariance: number;
}

/** float64 values that measuring needs as scratch. */
export const statisticsLength = (d: number): number => 4 * d;

/** Significant bits that a shift may have, so that it and nearly every difference to it are exact. */
const SHIFT_BITS = { float32: 20, float64: 48 } as const;

/** Units of a shift in a standard deviation: float64 has the digits to come nearer to the mean. */
const SHIFT_UNITS = { float32: 1, float64: 16 } as const;

/**
 * Mean variance, range and shift of the features. ‖c‖² − 2x·c loses digits where data lies far from the origin, so each
 * feature is shifted by its mean, rounded to a power of two of about its spread: near enough to keep the digits, and with so
 * few bits of its own that subtracting it rounds nothing for nearly all data. Data about the origin is not shifted.
 *
 * @param scratch address of statisticsLength(d) float64
 * @param centred whether there is to be a shift, or the shift
 * @param rowsBefore rows of the data ahead of these samples, for messages
 * @throws ERR_NON_FINITE
 */
export function measureFeatures(
  samples: Samples,
  scratch: number,
  centred: boolean | Float64Array,
  rowsBefore = 0,
): FeatureStatistics {
  const { workspace, n, d, precision } = samples;
  const cells = workspace.float64(scratch, statisticsLength(d)).fill(0);
  addSums(samples, scratch);
  if (!cells.every(Number.isFinite)) throw firstNonFinite(samples, rowsBefore);
  beginSpread(cells, n);
  addSpread(samples, scratch);
  return statisticsOf(cells, n, precision, centred);
}

/** Adds the samples to the sums of the features at `scratch`. Any number of whole passes may make up the data. */
export function addSums(samples: Samples, scratch: number): void {
  const { kernels, n, d, stride } = samples;
  forPasses(n, (i, count) => kernels.addFeatureSums(samples.at(i), count, d, stride, scratch));
}

/** Makes means of the sums of n samples, the measure of their spread. */
export function beginSpread(cells: Float64Array, n: number): void {
  const d = cells.length / 4;
  for (let f = 0; f < d; f++) cells[f] = cells[f]! / n;
  cells
    .fill(0, d, 2 * d)
    .fill(Infinity, 2 * d, 3 * d)
    .fill(-Infinity, 3 * d);
}

/** Adds the samples to spread and range. */
export function addSpread(samples: Samples, scratch: number): void {
  const { kernels, n, d, stride } = samples;
  forPasses(n, (i, count) => kernels.addFeatureSpread(samples.at(i), count, d, stride, scratch, scratch + d * 8));
}

/** What the spread of n samples says. */
export function statisticsOf(
  cells: Float64Array,
  n: number,
  precision: Precision,
  centred: boolean | Float64Array,
): FeatureStatistics {
  const d = cells.length / 4;
  const spread = cells.subarray(d);
  const least = spread.subarray(d, 2 * d);
  const greatest = spread.subarray(2 * d);
  checkSquares(least, greatest, precision);
  const shift = typeof centred === 'object' ? centred : new Float64Array(d);
  const magnitude = new Float64Array(d);
  let variance = 0;
  for (let f = 0; f < d; f++) {
    if (centred === true) shift[f] = shiftOf(cells[f]!, Math.sqrt(spread[f]! / n), precision);
    magnitude[f] = Math.max(Math.abs(least[f]! - shift[f]!), Math.abs(greatest[f]! - shift[f]!));
    variance += spread[f]! / n;
  }
  return { shift, magnitude, meanVariance: variance / d };
}

function shiftOf(mean: number, deviation: number, precision: Precision): number {
  if (mean === 0) return 0;
  const finest = powerOfTwoAbove(Math.abs(mean)) / 2 ** SHIFT_BITS[precision];
  const unit = Math.max(deviation > 0 ? powerOfTwoAbove(deviation) / SHIFT_UNITS[precision] : 0, finest);
  return Math.round(mean / unit) * unit;
}

/** Squared distances must not overflow. */
function checkSquares(least: Float64Array, greatest: Float64Array, precision: Precision): void {
  const limit = Math.sqrt((precision === 'float32' ? 3.4e38 : 1.7e308) / least.length) / 4;
  const column = least.findIndex((value, f) => Math.max(-value, greatest[f]!) > limit);
  if (column < 0) return;
  const value = greatest[column]! > limit ? greatest[column]! : least[column]!;
  throw rangeError(
    'ERR_NON_FINITE',
    `column ${column} reaches ${value}, and squared distances overflow ${precision} beyond ${limit.toPrecision(3)}; ` +
      `scale the data${precision === 'float32' ? " or use precision 'float64'" : ''}`,
  );
}

/** The error for the first value that is not finite: sums told that there is one, this finds it. */
function firstNonFinite(samples: Samples, rowsBefore: number): RangeError {
  for (let i = 0; i < samples.n; i++) {
    const row = samples.read(i);
    const column = row.findIndex((value) => !Number.isFinite(value));
    if (column >= 0) return nonFiniteError(row[column]!, rowsBefore + i, column, samples.precision);
  }
  return rangeError('ERR_NON_FINITE', 'the sum of a column overflows float64; scale the data');
}

/** Subtracts a shift from all samples. `scratch`: address of d values of the samples' precision. */
export function subtractShift(samples: Samples, shift: Float64Array, scratch: number): void {
  const { workspace, kernels, precision, n, d, stride } = samples;
  if (shift.every((value) => value === 0)) return;
  workspace.floats(precision, scratch, d).set(shift);
  forPasses(n, (i, count) => kernels.subtractShift(samples.at(i), count, d, stride, scratch));
}
