import { createRandom } from '../random.js';

/** A projection on the first two principal components. */
export interface Projection {
  /** d numbers in, two out. */
  project(sample: ArrayLike<number>): [number, number];
  /** The share of the variance along each of the two; undefined where nothing varies. */
  shares: [number, number] | undefined;
}

const BLOCK = 8;
const MAX_ROUNDS = 200;
const CLOSE_ENOUGH = 1e-9;

/**
 * The first two principal components of the rows, by subspace iteration with a few directions to spare (Rayleigh–Ritz
 * in each round: exact at once where d ≤ 8). The covariance is never formed, so that many features are no trouble.
 * Signs are settled by making the largest loading of each component positive.
 */
export function principalComponents(rows: readonly ArrayLike<number>[], nFeatures: number): Projection {
  const { mean, centred, scale } = centre(rows, nFeatures);
  const total = centred.reduce((sum, row) => sum + dot(row, row), 0);
  let basis = orthonormalize(randomRows(Math.min(BLOCK, nFeatures), nFeatures));
  let leading = [0, 0];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { vectors, values } = ritz(centred, basis);
    const moved = Math.max(Math.abs(values[0]! - leading[0]!), Math.abs(values[1]! - leading[1]!));
    leading = values;
    basis = vectors;
    if (moved <= CLOSE_ENOUGH * total) break;
    if (basis.length < nFeatures) basis = orthonormalize(timesCovariance(centred, basis));
  }
  const axes = basis.slice(0, 2).map(withSettledSign);
  return {
    project: (sample) => {
      const row = Float64Array.from(mean, (m, j) => (sample[j]! - m) / scale);
      return [dot(row, axes[0]!) * scale, dot(row, axes[1]!) * scale];
    },
    shares: total > 0 ? [leading[0]! / total, leading[1]! / total] : undefined,
  };
}

/** The rows less their mean, scaled to numbers up to 1 so that no square overflows. */
function centre(rows: readonly ArrayLike<number>[], nFeatures: number) {
  const mean = new Float64Array(nFeatures);
  for (const row of rows) for (let j = 0; j < nFeatures; j++) mean[j] = mean[j]! + row[j]! / rows.length;
  let scale = 0;
  for (const row of rows) for (let j = 0; j < nFeatures; j++) scale = Math.max(scale, Math.abs(row[j]! - mean[j]!));
  if (scale === 0) scale = 1;
  const centred = rows.map((row) => Float64Array.from(mean, (m, j) => (row[j]! - m) / scale));
  return { mean, centred, scale };
}

function randomRows(count: number, length: number): Float64Array[] {
  const random = createRandom(0);
  return Array.from({ length: count }, () => Float64Array.from({ length }, () => random() - 0.5));
}

/** The directions within the span of `basis` along which the rows vary most, most first, with the squared sums along them. */
function ritz(rows: readonly Float64Array[], basis: readonly Float64Array[]) {
  const size = basis.length;
  const small = basis.map(() => new Float64Array(size));
  for (const row of rows) {
    const along = basis.map((vector) => dot(row, vector));
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) small[i]![j]! += along[i]! * along[j]!;
  }
  const turned = diagonalize(small);
  const order = [...small.keys()].sort((a, b) => small[b]![b]! - small[a]![a]!);
  return {
    values: order.map((i) => small[i]![i]!),
    vectors: order.map((i) => combine(basis, (j) => turned[j]![i]!)),
  };
}

/** Jacobi's method: turns the symmetric matrix into a diagonal one, in place, and returns the eigenvectors as columns. */
function diagonalize(matrix: Float64Array[]): Float64Array[] {
  const size = matrix.length;
  const vectors = matrix.map((_, i) => Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        off += Math.abs(matrix[p]![q]!);
        if (matrix[p]![q] !== 0) rotate(matrix, vectors, p, q);
      }
    }
    if (off === 0) break;
  }
  return vectors;
}

function rotate(matrix: Float64Array[], vectors: Float64Array[], p: number, q: number): void {
  const theta = (matrix[q]![q]! - matrix[p]![p]!) / (2 * matrix[p]![q]!);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cos = 1 / Math.hypot(t, 1);
  const sin = t * cos;
  const turnColumns = (row: Float64Array) => {
    const atP = row[p]!;
    const atQ = row[q]!;
    row[p] = cos * atP - sin * atQ;
    row[q] = sin * atP + cos * atQ;
  };
  matrix.forEach(turnColumns);
  vectors.forEach(turnColumns);
  const rowP = matrix[p]!.slice();
  const rowQ = matrix[q]!;
  matrix[p]!.forEach((_, j) => {
    matrix[p]![j] = cos * rowP[j]! - sin * rowQ[j]!;
    rowQ[j] = sin * rowP[j]! + cos * rowQ[j]!;
  });
  matrix[p]![q] = 0;
  rowQ[p] = 0;
}

/** XᵀX times each vector of the basis. */
function timesCovariance(rows: readonly Float64Array[], basis: readonly Float64Array[]): Float64Array[] {
  return basis.map((vector) => {
    const product = new Float64Array(vector.length);
    for (const row of rows) {
      const along = dot(row, vector);
      for (let j = 0; j < product.length; j++) product[j]! += along * row[j]!;
    }
    return product;
  });
}

/** Gram–Schmidt, twice for its rounding; a vector that the others already span becomes zero. */
function orthonormalize(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    let rest = vector;
    for (let pass = 0; pass < 2; pass++) {
      for (const one of done) {
        const along = dot(rest, one);
        rest = rest.map((value, j) => value - along * one[j]!);
      }
    }
    const length = Math.sqrt(dot(rest, rest));
    const spanned = length <= 1e-12 * Math.sqrt(dot(vector, vector));
    done.push(rest.map((value) => (spanned ? 0 : value / length)));
  }
  return done;
}

function combine(basis: readonly Float64Array[], weight: (j: number) => number): Float64Array {
  const sum = new Float64Array(basis[0]!.length);
  for (const [j, vector] of basis.entries()) for (let f = 0; f < sum.length; f++) sum[f]! += weight(j) * vector[f]!;
  return sum;
}

function withSettledSign(axis: Float64Array): Float64Array {
  const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) + 1e-9 ? value : best), 0);
  return largest < 0 ? axis.map((value) => -value) : axis;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
