import { inParts, type Pace, type Work } from '../backend/pass.js';
import { rangeError, typeError } from '../errors.js';
import { describe } from './kind.js';

/** Beyond these, products of weights and samples would overflow, or lose digits. */
const HEAVIEST = [1e-100, 1e100] as const;

/**
 * A copy of the weights of n samples, or undefined where none were given, and the greatest of them: 1 then.
 *
 * @throws ERR_SAMPLE_WEIGHT
 */
export function* checkWeights(
  pace: Pace,
  given: ArrayLike<number> | undefined,
  n: number,
): Work<{ weights: Float64Array | undefined; heaviest: number }> {
  const weights = yield* copyWeights(pace, given, n);
  const heaviest = weights ? heaviestOf(weights) : 1;
  checkHeaviest(heaviest);
  return { weights, heaviest };
}

/** A copy of weights that are only a part of all: these may all be 0. */
export function* copyWeights(
  pace: Pace,
  weights: ArrayLike<number> | undefined,
  n: number,
): Work<Float64Array | undefined> {
  if (weights === undefined) return undefined;
  if (!Array.isArray(weights) && !ArrayBuffer.isView(weights))
    throw typeError('ERR_SAMPLE_WEIGHT', `sampleWeight is ${describe(weights)}; it must be an array of ${n} numbers`);
  if (weights.length !== n)
    throw rangeError(
      'ERR_SAMPLE_WEIGHT',
      `sampleWeight has ${weights.length} values; it must have one for each of the ${n} samples`,
    );
  const copy = new Float64Array(n);
  yield* inParts(pace, n, (from, to) => {
    for (let i = from; i < to; i++) copy[i] = weightAt(weights, i);
  });
  return copy;
}

function weightAt(weights: ArrayLike<number>, i: number): number {
  const weight: unknown = weights[i];
  if (typeof weight !== 'number')
    throw typeError('ERR_SAMPLE_WEIGHT', `the weight of sample ${i} is ${describe(weight)}; it must be a number`);
  if (!(weight >= 0 && weight < Infinity))
    throw rangeError('ERR_SAMPLE_WEIGHT', `the weight of sample ${i} is ${weight}; it must be a finite number ≥ 0`);
  return weight;
}

export function heaviestOf(weights: Float64Array): number {
  let heaviest = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i]! > heaviest) heaviest = weights[i]!;
  return heaviest;
}

/** @throws ERR_SAMPLE_WEIGHT */
export function checkHeaviest(heaviest: number): void {
  if (heaviest === 0) throw rangeError('ERR_SAMPLE_WEIGHT', 'all weights are 0; at least one must be positive');
  if (heaviest < HEAVIEST[0] || heaviest > HEAVIEST[1])
    throw rangeError(
      'ERR_SAMPLE_WEIGHT',
      `the largest weight is ${heaviest}; it must be from ${HEAVIEST[0]} to ${HEAVIEST[1]}: scale the weights`,
    );
}
