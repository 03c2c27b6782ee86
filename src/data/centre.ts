import type { Work } from '../backend/pass.js';
import { rangeError } from '../errors.js';
import type { FloatArray, Precision } from '../types.js';
import { nonFiniteError } from './finite.js';
import { powerOfTwoAbove } from './power-of-two.js';
import { PASS_ROWS, type Samples } from './samples.js';

/** What is known of the features once the samples are in place. */
export interface FeatureStatistics {
  /** d: what was subtracted from the samples. */
  shift: Float64Array;
  /** d: greatest |value| of what is left. */
  magnitude: Float64Array;
  /** Mean over the features of their variance. */
  meanVariance: number;
}

/** What measuring n samples needs as scratch: means, and three numbers a feature for each range of a pass. */
export const statisticsLayout = (n: number, d: number) => ({
  means: d * 8,
  ranges: 3 * d * Math.ceil(n / PASS_ROWS) * 8,
});

export type StatisticsRoom = Record<keyof ReturnType<typeof statisticsLayout>, number>;

/** Significant bits that a shift may have, so that it and nearly every difference to it are exact. */
const SHIFT_BITS = { float32: 20, float64: 48 } as const;

/** Units of a shift in a standard deviation: float64 has the digits to come nearer to the mean. */
const SHIFT_UNITS = { float32: 1, float64: 16 } as const;

/**
 * Mean variance, range and shift of the features. ‖c‖² − 2x·c loses digits where data lies far from the origin, so each
 * feature is shifted by its mean, rounded to a power of two of about its spread: near enough to keep the digits, and with so
 * few bits of its own that subtracting it rounds nothing for nearly all data. Data about the origin is not shifted.
 *
 * @param room addresses as of `statisticsLayout`
 * @param centred whether there is to be a shift, or the shift
 * @param rowsBefore rows of the data ahead of these samples, for messages
 * @throws ERR_NON_FINITE
 */
export function* measureFeatures(
  samples: Samples,
  room: StatisticsRoom,
  centred: boolean | Float64Array,
  rowsBefore = 0,
): Work<FeatureStatistics> {
  const { n, d, precision } = samples;
  const sums = yield* finiteSums(samples, room, rowsBefore);
  const means = sums.map((sum) => sum / n);
  const spread = emptySpread(d);
  yield* addSpread(samples, room, means, spread);
  return statisticsOf(means, spread, n, precision, centred);
}

/**
 * Adds the samples to d sums, which tell whether all values are finite; returns these.
 *
 * @throws ERR_NON_FINITE
 */
export function* finiteSums(
  samples: Samples,
  room: StatisticsRoom,
  rowsBefore: number,
  sums: Float64Array = new Float64Array(samples.d),
): Work<Float64Array> {
  const ranges = yield* addSums(samples, room, sums);
  if (!sums.every(Number.isFinite)) throw yield* firstNonFinite(samples, ranges, rowsBefore);
  return sums;
}

/**
 * Adds the samples to d sums; returns those of each range. Data may be added in parts, all but the last whole passes: the bits
 * are the same.
 */
export function* addSums(samples: Samples, room: StatisticsRoom, sums: Float64Array): Work<FloatArray> {
  const { d, stride } = samples;
  yield* samples.fill(room.ranges, new Float64Array(1), d, PASS_ROWS);
  yield* samples.send((kernels, i, count) =>
    kernels.addFeatureSums(samples.at(i), count, d, stride, room.ranges + (i / PASS_ROWS) * d * 8),
  );
  const ranges = yield* samples.fetch('float64', room.ranges, d, PASS_ROWS);
  addRanges(ranges, d, sums);
  return ranges;
}

/** Σ (x − mean)², least and greatest value of each feature. */
export type Spread = Record<'squares' | 'least' | 'greatest', Float64Array>;

export function emptySpread(d: number): Spread {
  return {
    squares: new Float64Array(d),
    least: new Float64Array(d).fill(Infinity),
    greatest: new Float64Array(d).fill(-Infinity),
  };
}

/** Adds the samples to the spread of features whose means are known; in parts as sums may be. */
export function* addSpread(
  samples: Samples,
  room: StatisticsRoom,
  means: Float64Array,
  { squares, least, greatest }: Spread,
): Work {
  const { workspace, d, stride } = samples;
  workspace.float64(room.means, d).set(means);
  const none = new Float64Array(3 * d).fill(Infinity, d, 2 * d).fill(-Infinity, 2 * d);
  yield* samples.fill(room.ranges, none, 3 * d, PASS_ROWS);
  yield* samples.send((kernels, i, count) =>
    kernels.addFeatureSpread(samples.at(i), count, d, stride, room.means, room.ranges + (i / PASS_ROWS) * 3 * d * 8),
  );
  const ranges = yield* samples.fetch('float64', room.ranges, 3 * d, PASS_ROWS);
  addRanges(ranges, d, squares, 3 * d);
  for (let at = d; at < ranges.length; at += 3 * d)
    for (let f = 0; f < d; f++) {
      least[f] = Math.min(least[f]!, ranges[at + f]!);
      greatest[f] = Math.max(greatest[f]!, ranges[at + d + f]!);
    }
}

/** Adds the first d values of every `step` to sums, in order. */
function addRanges(ranges: FloatArray, d: number, sums: Float64Array, step = d): void {
  for (let at = 0; at < ranges.length; at += step) for (let f = 0; f < d; f++) sums[f] = sums[f]! + ranges[at + f]!;
}

/** What means and spread of n samples say. */
export function statisticsOf(
  means: Float64Array,
  { squares, least, greatest }: Spread,
  n: number,
  precision: Precision,
  centred: boolean | Float64Array,
): FeatureStatistics {
  const d = means.length;
  checkSquares(least, greatest, precision);
  const shift = typeof centred === 'object' ? centred : new Float64Array(d);
  const magnitude = new Float64Array(d);
  let variance = 0;
  for (let f = 0; f < d; f++) {
    if (centred === true) shift[f] = shiftOf(means[f]!, Math.sqrt(squares[f]! / n), precision);
    magnitude[f] = Math.max(Math.abs(least[f]! - shift[f]!), Math.abs(greatest[f]! - shift[f]!));
    variance += squares[f]! / n;
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
function* firstNonFinite(samples: Samples, ranges: FloatArray, rowsBefore: number): Work<RangeError> {
  const { d, n, precision } = samples;
  for (let from = 0; from < n; from += PASS_ROWS) {
    const at = (from / PASS_ROWS) * d;
    if (ranges.subarray(at, at + d).every(Number.isFinite)) continue;
    const indices = Array.from({ length: Math.min(PASS_ROWS, n - from) }, (_, i) => from + i);
    const rows = yield* samples.readAll(indices);
    for (const [i, row] of rows.entries()) {
      const column = row.findIndex((value) => !Number.isFinite(value));
      if (column >= 0) return nonFiniteError(row[column]!, rowsBefore + from + i, column, precision);
    }
  }
  return rangeError('ERR_NON_FINITE', 'the sum of a column overflows float64; scale the data');
}

/** Subtracts a shift from all samples. `scratch`: address of d values of the samples' precision. */
export function* subtractShift(samples: Samples, shift: Float64Array, scratch: number): Work {
  const { workspace, precision, d, stride } = samples;
  if (shift.every((value) => value === 0)) return;
  workspace.floats(precision, scratch, d).set(shift);
  yield* samples.send((kernels, i, count) => kernels.subtractShift(samples.at(i), count, d, stride, scratch));
}
