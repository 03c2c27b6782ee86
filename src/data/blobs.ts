import { rangeError } from '../errors.js';
import { checkOptions, integer, type OptionRule, oneOf, seedRule } from '../option-rules.js';
import { createRandom, shuffle } from '../random.js';
import type { FloatArray, Precision, Random } from '../types.js';

export interface BlobsOptions {
  /** Default 100. */
  nSamples?: number;
  /** Default 2, or the length of the centres given. */
  nFeatures?: number;
  /** How many centres to draw uniformly from −10 … 10, or the centres themselves. Default 3. */
  centers?: number | readonly ArrayLike<number>[];
  /** Standard deviation of every feature around its centre: one for all centres, or one for each. Default 1. */
  spread?: number | readonly number[];
  /** An integer from 0 to 2⁵³ − 1. Default 0. */
  seed?: number;
  /** Of data and centres. Default `'float64'`. */
  precision?: Precision;
}

export interface Blobs {
  /** nSamples × nFeatures, row by row, in a form that every function of this library takes. */
  data: { data: FloatArray; shape: [number, number] };
  /** n: which centre each sample was drawn around. */
  labels: Int32Array;
  /** One row of nFeatures for each centre. */
  centers: FloatArray[];
}

const isCount = integer(1)[0];

const RULES: Readonly<Record<string, OptionRule>> = {
  nSamples: integer(1),
  nFeatures: integer(1),
  centers: [(value) => Array.isArray(value) || isCount(value), 'an integer ≥ 1 or an array of rows'],
  spread: [(value) => Array.isArray(value) || typeof value === 'number', 'a number or an array of numbers'],
  seed: seedRule,
  precision: oneOf('float32', 'float64'),
};

/**
 * Gaussian blobs to try things on: the samples are spread evenly over the centres, in random order. The same options give
 * the same bits on every machine. Throws `ERR_OPTION`.
 */
export function makeBlobs(options: BlobsOptions = {}): Blobs {
  checkOptions(options, RULES);
  const { nSamples = 100, seed = 0, precision = 'float64' } = options;
  const random = createRandom(seed);
  const Floats = precision === 'float32' ? Float32Array : Float64Array;
  const centers = chooseCenters(options, random).map((center) => Floats.from(center));
  const nFeatures = centers[0].length;
  const spreads = spreadOfEach(options.spread ?? 1, centers.length);

  const labels = Int32Array.from({ length: nSamples }, (_, i) => i % centers.length);
  shuffle(labels, random);
  const gaussian = gaussianNumbers(random);
  const data = new Floats(nSamples * nFeatures);
  labels.forEach((label, i) => {
    for (let f = 0; f < nFeatures; f++) data[i * nFeatures + f] = centers[label][f] + spreads[label] * gaussian();
  });
  return { data: { data, shape: [nSamples, nFeatures] }, labels, centers };
}

function chooseCenters({ centers = 3, nFeatures }: BlobsOptions, random: Random): readonly ArrayLike<number>[] {
  if (typeof centers === 'number') {
    const drawRow = () => Array.from({ length: nFeatures ?? 2 }, () => 20 * random() - 10);
    return Array.from({ length: centers }, drawRow);
  }

  const length = nFeatures ?? centers[0]?.length;
  if (!(length > 0))
    throw rangeError('ERR_OPTION', 'centers is empty; it must hold at least one row of at least one number');
  centers.forEach((center, i) => {
    if (center?.length !== length || !Array.from(center).every(Number.isFinite)) {
      throw rangeError('ERR_OPTION', `row ${i} of centers is [${center}]; it must be ${length} finite numbers`);
    }
  });
  return centers;
}

function spreadOfEach(spread: number | readonly number[], count: number): readonly number[] {
  const spreads = typeof spread === 'number' ? Array.from({ length: count }, () => spread) : spread;
  const valid =
    Array.isArray(spreads) && spreads.length === count && spreads.every((s) => s >= 0 && Number.isFinite(s));
  if (!valid) {
    throw rangeError(
      'ERR_OPTION',
      `spread is ${spread}; it must be a finite number ≥ 0, or one for each of ${count} centers`,
    );
  }
  return spreads;
}

/** Draws from the standard normal distribution, two at a time: Marsaglia's polar method (Marsaglia & Bray 1964). */
function gaussianNumbers(random: Random): Random {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    let x: number;
    let y: number;
    let sq: number;
    do {
      x = 2 * random() - 1;
      y = 2 * random() - 1;
      sq = x * x + y * y;
    } while (sq >= 1 || sq === 0);
    const scale = Math.sqrt((-2 * naturalLog(sq)) / sq);
    spare = y * scale;
    return x * scale;
  };
}

/**
 * ln x for 0 < x < 1 from +, −, × and ÷ alone, which IEEE 754 rounds in one way: the last bits of `Math.log` differ
 * between engines. x = m / 2ᵉ with m in [√½, √2), and ln m = 2 artanh z, z = (m − 1) / (m + 1), by its series.
 */
function naturalLog(x: number): number {
  let m = x;
  let e = 0;
  while (m < Math.SQRT1_2) {
    m *= 2;
    e++;
  }
  const z = (m - 1) / (m + 1);
  let series = 0;
  // z² < 0.03: the first term left out is below 2⁻⁵³.
  for (let power = 19; power > 0; power -= 2) series = series * z * z + 1 / power;
  return 2 * z * series - e * Math.LN2;
}
