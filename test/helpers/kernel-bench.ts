import type { Kernels } from '../../src/backend/backend.js';
import { bytesOf, COLUMNS_MAX_D, centroidStride, floatArray, panelWidth } from '../../src/backend/shapes.js';
import type { FloatArray, Precision } from '../../src/types.js';
import type { GuardedMemory, Region } from './guarded-memory.js';
import { mulberry32, normal } from './problems.js';

const kinds = ['normal', 'ties', 'copies', 'zeros', 'huge', 'tiny', 'mixed'] as const;
type Kind = (typeof kinds)[number];

export interface Shape {
  n: number;
  d: number;
  k: number;
  kind: Kind;
  weighted: boolean;
  seed: number;
}

/**
 * Around every edge: vectors, tiles of four rows, panels, chunks of 256 samples; every pair of n and d, n and k, d and k, but
 * of the larger n with a third of the d.
 */
const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 255, 256, 257];
const features = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 31, 33, 64, 65];
const clusters = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33];

export const shapes: readonly Shape[] = sizes
  .flatMap((n, a) => features.map((d, b) => shapeAt(n, d, a, b)))
  .filter(({ n, seed }) => n < 100 || seed % 3 === 0);

function shapeAt(n: number, d: number, a: number, b: number): Shape {
  const seed = a * (features.length + 1) + b;
  const k = clusters[(a + 5 * b) % clusters.length]!;
  return { n, d, k, kind: kinds[(a + 3 * b) % kinds.length]!, weighted: (a + b) % 3 === 0, seed };
}

/** One problem for kernels: its numbers as plain arrays for the oracles, its samples placed in memory. */
export class Bench {
  readonly n: number;
  readonly d: number;
  readonly k: number;
  readonly random: () => number;
  readonly kernels: Kernels;
  /** Bytes of a value. */
  readonly bytes: number;
  /** Centroids of a panel. */
  readonly width: number;
  readonly rows: readonly number[][];
  readonly centroids: readonly number[][];
  readonly weights: readonly number[] | undefined;
  /** Elements between samples or columns; often more than there need be. */
  readonly stride: number;
  /** Address of the samples. */
  readonly x: number;

  constructor(
    readonly memory: GuardedMemory,
    readonly precision: Precision,
    readonly shape: Shape,
  ) {
    const { n, d, k, kind, weighted, seed } = shape;
    this.n = n;
    this.d = d;
    this.k = k;
    this.random = mulberry32(seed + 1);
    memory.clear(seed);
    this.kernels = memory.workspace.kernels(precision);
    this.bytes = bytesOf(precision);
    this.width = panelWidth(precision);
    this.rows = this.table(n);
    this.centroids = Array.from({ length: k }, (_, j) =>
      kind === 'copies' && this.random() < 0.7 ? this.rows[j % Math.min(n, 3)]! : this.table(1)[0]!,
    );
    if (weighted)
      this.weights = [1.5, ...Array.from({ length: n - 1 }, () => (this.random() < 0.2 ? 0 : this.random()))];
    this.stride = (d <= COLUMNS_MAX_D ? n : d) + this.integer(4) * this.integer(4);
    this.x = memory.place(this.layOut(this.rows));
  }

  round = (value: number): number => (this.precision === 'float32' ? Math.fround(value) : value);

  integer(below: number): number {
    return Math.floor(this.random() * below);
  }

  labels(k = this.k): number[] {
    return this.rows.map(() => this.integer(k));
  }

  /** Rows of values of the shape's kind. */
  table(length: number): number[][] {
    const { d, shape, precision } = this;
    const rows = Array.from({ length }, () =>
      Array.from({ length: d }, () => this.round(drawValue(shape.kind, this.random, d, precision))),
    );
    return shape.kind === 'copies' ? rows.map((_, i) => rows[i % 3]!) : rows;
  }

  /** Address of values of the precision. */
  place(values: readonly number[]): number {
    return this.memory.place(this.floats(values));
  }

  placeFloat64(values: readonly number[]): number {
    return this.memory.place(Float64Array.from(values));
  }

  placeInt32(values: readonly number[]): number {
    return this.memory.place(Int32Array.from(values));
  }

  placeWeights(): number {
    return this.weights ? this.placeFloat64(this.weights) : 0;
  }

  /** Address of rows as far apart as centroids are, zeros behind each. */
  placeCentroids(centroids: readonly number[][]): number {
    const padding = Array<number>(centroidStride(this.d) - this.d).fill(0);
    return this.place(centroids.flatMap((row) => [...row, ...padding]));
  }

  read(pointer: number, length: number): FloatArray {
    return this.memory.workspace.floats(this.precision, pointer, length).slice();
  }

  readFloat64(pointer: number, length: number): Float64Array {
    return this.memory.workspace.float64(pointer, length).slice();
  }

  readFloat32(pointer: number, length: number): Float32Array {
    return this.memory.workspace.floats('float32', pointer, length).slice() as Float32Array;
  }

  readInt8(pointer: number, length: number): Int8Array {
    return new Int8Array(this.memory.backend.memory.buffer, pointer, length).slice();
  }

  readInt16(pointer: number, length: number): Int16Array {
    return new Int16Array(this.memory.backend.memory.buffer, pointer, length).slice();
  }

  readInt32(pointer: number, length: number): Int32Array {
    return this.memory.workspace.int32(pointer, length).slice();
  }

  /** The samples from memory, row by row. */
  readSamples(pointer = this.x, stride = this.stride, columns = this.d <= COLUMNS_MAX_D): FloatArray {
    const { n, d } = this;
    const memory = this.memory.workspace.floats(this.precision, pointer, (columns ? d : n) * stride);
    const at = (i: number, f: number) => (columns ? f * stride + i : i * stride + f);
    return this.floats(this.rows.flatMap((row, i) => row.map((_, f) => memory[at(i, f)]!)));
  }

  /** Where the samples stand, without what is between them. */
  sampleRegions(pointer = this.x, stride = this.stride, columns = this.d <= COLUMNS_MAX_D): Region[] {
    return columns ? this.regions(pointer, this.d, stride, this.n) : this.regions(pointer, this.n, stride, this.d);
  }

  /** `count` regions of `length` values, `stride` values apart. */
  regions(pointer: number, count: number, stride: number, length: number): Region[] {
    return Array.from({ length: count }, (_, i) => ({
      pointer: pointer + i * stride * this.bytes,
      bytes: length * this.bytes,
    }));
  }

  floats(values: readonly number[]): FloatArray {
    const array = floatArray(this.precision, values.length);
    array.set(values);
    return array;
  }

  private layOut(rows: readonly number[][]): FloatArray {
    const { n, d, stride } = this;
    const columns = d <= COLUMNS_MAX_D;
    const array = floatArray(this.precision, columns ? (d - 1) * stride + n : (n - 1) * stride + d).fill(Number.NaN);
    rows.forEach((row, i) => {
      row.forEach((value, f) => {
        array[columns ? f * stride + i : i * stride + f] = value;
      });
    });
    return array;
  }
}

function drawValue(kind: Kind, random: () => number, d: number, precision: Precision): number {
  switch (kind) {
    case 'ties':
      return Math.floor(random() * 4) - 1;
    case 'zeros':
      return [0, -0, 0, 1, -1][Math.floor(random() * 5)]!;
    case 'huge':
      return (2 * random() - 1) * (Math.sqrt((precision === 'float32' ? 3.4e38 : 1.7e308) / d) / 4);
    case 'tiny':
      return normal(random) * (precision === 'float32' ? 1e-21 : 1e-160);
    case 'mixed':
      return (2 * random() - 1) * 2 ** Math.floor(random() * 60 - 30);
    default:
      return normal(random);
  }
}
