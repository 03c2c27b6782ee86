import { readFileSync } from 'node:fs';
import { type KMeansOptions, makeBlobs } from '../src/index.js';
import { createRandom } from '../src/random.js';
import type { FloatArray, Precision } from '../src/types.js';

export type Kind = 'separated' | 'overlapping' | 'uniform' | 'pixels' | 'digits';

/** A clustering to time: n samples of d features, k clusters, values and starting rows the same at every call. */
export interface Shape {
  kind: Kind;
  n: number;
  d: number;
  k: number;
  precision: Precision;
}

export interface Problem extends Shape {
  /** n × d, row by row. */
  values: FloatArray;
  /** k × d: the samples that everybody starts from. */
  start: FloatArray;
}

/** Distance from a centre to the nearest other one, in standard deviations of a blob. */
const SEPARATION = { separated: 10, overlapping: 2.5 } as const;

/** Width and height of the picture: 273,280 pixels. */
const PICTURE = [640, 427] as const;

const DIGITS = 'test/golden/digits.json';

export const pixelCount = PICTURE[0] * PICTURE[1];
export const digitCount = 1797;

export const shapeName = ({ kind, n, d, k, precision }: Shape): string => `${kind} ${n}x${d} k${k} ${precision}`;

/** Most are float32. */
export const shapeOf = (kind: Kind, n: number, d: number, k: number): Shape => ({
  kind,
  n,
  d,
  k,
  precision: 'float32',
});

/** The same with its samples divided by a number, where they are not real data. */
export const divided = (shape: Shape, by: number): Shape => ({
  ...shape,
  n: shape.kind === 'pixels' || shape.kind === 'digits' ? shape.n : Math.ceil(shape.n / by),
});

/** The values of a shape and k distinct samples of it to start from. */
export function makeProblem(shape: Shape): Problem {
  const values = makeValues(shape);
  if (values.length !== shape.n * shape.d) throw new Error(`${shapeName(shape)} has ${values.length} values`);
  return { ...shape, values, start: drawStart(values, shape) };
}

/** How both sides of a comparison run: from the given rows until no label changes. */
export const toConvergence = ({ d, start }: Problem): KMeansOptions => ({
  nFeatures: d,
  init: start,
  tol: 0,
  maxIter: 300,
});

/** The samples as an array of rows. */
export function toRows(values: FloatArray, d: number): number[][] {
  return Array.from({ length: values.length / d }, (_, i) => Array.from(values.subarray(i * d, (i + 1) * d)));
}

function makeValues({ kind, n, d, k, precision }: Shape): FloatArray {
  if (kind === 'digits') return floats(precision, readDigits());
  if (kind === 'pixels') return floats(precision, picture(...PICTURE));
  if (kind === 'uniform') return uniform(n * d, precision);
  const centers = Array.from({ length: k }, (_, j) => uniform(d, 'float64', j + 1));
  const spread = nearestDistance(centers) / SEPARATION[kind];
  return makeBlobs({ nSamples: n, centers, spread, seed: 1, precision }).data.data;
}

function floats(precision: Precision, values: ArrayLike<number>): FloatArray {
  return precision === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
}

function uniform(length: number, precision: Precision, seed = 0): FloatArray {
  const random = createRandom(seed);
  const values = precision === 'float32' ? new Float32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = random();
  return values;
}

/** Median distance from one of the first hundred centres to the nearest of all others. */
function nearestDistance(centers: readonly FloatArray[]): number {
  const nearest = centers.slice(0, 100).map((a) => {
    let least = Infinity;
    for (const b of centers) if (b !== a) least = Math.min(least, sqDistance(a, b));
    return Math.sqrt(least);
  });
  return nearest.sort((a, b) => a - b)[nearest.length >> 1]!;
}

function sqDistance(a: FloatArray, b: FloatArray): number {
  let sum = 0;
  for (let f = 0; f < a.length; f++) sum += (a[f]! - b[f]!) ** 2;
  return sum;
}

function drawStart(values: FloatArray, { n, d, k }: Shape): FloatArray {
  if (n < k) throw new Error(`${n} samples are too few for ${k} clusters`);
  const random = createRandom(2);
  const chosen = new Set<number>();
  while (chosen.size < k) chosen.add(Math.floor(random() * n));
  const start = values.slice(0, k * d);
  [...chosen].forEach((i, j) => {
    start.set(values.subarray(i * d, (i + 1) * d), j * d);
  });
  return start;
}

/** The 1797 × 64 handwritten digits of scikit-learn. */
function readDigits(): number[] {
  return (JSON.parse(readFileSync(DIGITS, 'utf8')) as { data: number[][] }).data.flat();
}

/**
 * No photograph but made like one: a sky that pales towards the horizon, clouds, ridges that fade with distance, a
 * meadow, all of noise in octaves and with a sensor's grain. Red, green and blue from 0 to 255, pixel by pixel.
 */
function picture(width: number, height: number): Uint8ClampedArray {
  const random = createRandom(3);
  const noise = valueNoise();
  const pixels = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / height, y / height];
      const grain = (random() + random() + random() - 1.5) * 12;
      colourAt(u, v, noise).forEach((channel, c) => {
        pixels[(y * width + x) * 3 + c] = channel + grain * (c === 2 ? 1.3 : 1);
      });
    }
  return pixels;
}

type Noise = (u: number, v: number) => number;

function colourAt(u: number, v: number, noise: Noise): number[] {
  const cloud = Math.max(0, noise(3 * u, 7 * v) - 0.45) * 2.2;
  let colour = blend([70, 120, 190], [225, 225, 215], Math.min(1, v * 1.6));
  colour = blend(colour, [250, 248, 245], Math.min(1, cloud));
  for (let ridge = 0; ridge < 4; ridge++) {
    const line = 0.35 + 0.12 * ridge + 0.18 * (noise(2 * u + 17 * ridge, ridge) - 0.5);
    if (v < line) continue;
    const texture = noise(18 * u + 5 * ridge, 18 * v);
    const near = ridge / 3;
    const rock = blend([120, 135, 155], [60, 85, 35], near);
    colour = blend(rock, blend([150, 160, 170], [150, 140, 60], near), texture * texture);
  }
  return colour;
}

const blend = (a: readonly number[], b: readonly number[], share: number): number[] =>
  a.map((value, c) => value + (b[c]! - value) * share);

/** Smooth noise from 0 to 1: five octaves of random values on a lattice. */
function valueNoise(): Noise {
  const random = createRandom(4);
  const lattice = Float64Array.from({ length: 256 * 256 }, random);
  const at = (x: number, y: number) => lattice[((y & 255) << 8) | (x & 255)]!;
  const ease = (t: number) => t * t * (3 - 2 * t);
  const octave = (u: number, v: number) => {
    const [x, y] = [Math.floor(u), Math.floor(v)];
    const [s, t] = [ease(u - x), ease(v - y)];
    const top = at(x, y) + (at(x + 1, y) - at(x, y)) * s;
    const bottom = at(x, y + 1) + (at(x + 1, y + 1) - at(x, y + 1)) * s;
    return top + (bottom - top) * t;
  };
  return (u, v) => {
    let sum = 0;
    for (let level = 0; level < 5; level++) sum += octave(u * 2 ** level, v * 2 ** level) / 2 ** (level + 1);
    return sum / (1 - 2 ** -5);
  };
}
