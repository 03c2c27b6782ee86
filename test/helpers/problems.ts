import fc from 'fast-check';
import type { Precision } from '../../src/types.js';

export type Kind = 'normal' | 'blobs' | 'grid' | 'copies';

/** A clustering problem; float32 problems hold only values that float32 can. */
export interface Problem {
  rows: number[][];
  /** k different rows of `rows` to start from. */
  start: number[][];
  weights: number[];
  k: number;
  precision: Precision;
  kind: Kind;
}

interface Limits {
  kinds?: readonly Kind[];
  maxN?: number;
  maxD?: number;
  maxK?: number;
  precisions?: readonly Precision[];
}

/** Problems of many shapes that shrink to small ones. */
export function problems(limits: Limits = {}): fc.Arbitrary<Problem> {
  const {
    kinds = ['normal', 'blobs', 'grid', 'copies'],
    maxN = 60,
    maxD = 9,
    maxK = 8,
    precisions = ['float32', 'float64'],
  } = limits;
  return fc
    .record({
      n: fc.integer({ min: 1, max: maxN }),
      d: fc.integer({ min: 1, max: maxD }),
      k: fc.integer({ min: 1, max: maxK }),
      kind: fc.constantFrom(...kinds),
      precision: fc.constantFrom(...precisions),
      seed: fc.nat(),
    })
    .map(({ n, d, k, kind, precision, seed }) => problem(n, d, Math.min(k, n), kind, precision, seed));
}

export function problem(n: number, d: number, k: number, kind: Kind, precision: Precision, seed: number): Problem {
  const random = mulberry32(seed);
  const round = precision === 'float32' ? Math.fround : (x: number) => x;
  const rows = samples(n, d, k, kind, random).map((row) => row.map(round));
  const start = shuffled([...rows.keys()], random)
    .slice(0, k)
    .map((i) => [...rows[i]!]);
  const weights = rows.map(() => Math.floor(random() * 4));
  weights[0] = 2;
  return { rows, start, weights, k, precision, kind };
}

/** The table as one flat typed array, row by row. */
export function flat(rows: readonly (readonly number[])[], precision: Precision): Float32Array | Float64Array {
  const values = rows.flat();
  return precision === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
}

/** Blobs around the corners 0, 20, 40, … of the diagonal, each within ±1: no rounding can change who belongs where. */
export function separated(nPerBlob: number, k: number, d: number, seed = 1): { rows: number[][]; target: number[] } {
  const random = mulberry32(seed);
  const target = Array.from({ length: nPerBlob * k }, (_, i) => i % k);
  return { rows: target.map((j) => Array.from({ length: d }, () => 20 * j + 2 * random() - 1)), target };
}

/** A small generator of numbers in [0, 1), independent of the library's own. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/** Runs a property on inputs that are the same every time; FAST_CHECK_SEED looks for others. */
export function check<T>(property: fc.IProperty<T>, numRuns = 100): void {
  fc.assert(property, { seed: Number(process.env.FAST_CHECK_SEED ?? 20240229), numRuns });
}

function samples(n: number, d: number, k: number, kind: Kind, random: () => number): number[][] {
  const row = (value: (j: number) => number) => Array.from({ length: d }, (_, j) => value(j));
  if (kind === 'grid') return Array.from({ length: n }, () => row(() => Math.floor(random() * 4)));
  const normals = Array.from({ length: n }, () => row(() => normal(random)));
  if (kind === 'blobs') {
    const centers = Array.from({ length: k }, () => row(() => 10 * normal(random)));
    return normals.map((values, i) => values.map((value, j) => value + centers[i % k]![j]!));
  }
  if (kind === 'copies') return normals.map((_, i) => [...normals[i % Math.ceil(n / 3)]!]);
  return normals;
}
