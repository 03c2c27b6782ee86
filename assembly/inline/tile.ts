import { panelWidth } from '../constants';
import { laneOf } from './lanes';
import { multiplyAdd } from './multiply-add';

/** What becomes of the scores of a tile: the least of each row and lane is kept, … */
export const LEAST: i32 = 0;
/** … or all are stored, sorted so that lanes are rows. */
export const TRANSPOSED: i32 = 1;

/**
 * The register tile: scores of four rows and one panel of centroids, 4 × 2 vectors. `after`, a constant, says what follows.
 *
 * @param panel in: (1 + d) × width
 * @param out inout: LEAST: per row least scores and their indices; TRANSPOSED: width × 4 scores
 * @param indices of the panel's first four (two) centroids, for LEAST
 */
@inline
export function scoreTile<T>(
  after: i32, x0: usize, x1: usize, x2: usize, x3: usize, d: i32, panel: usize, out: usize, indices: v128,
): void {
  let a0 = v128.load(panel);
  let b0 = v128.load(panel, 16);
  let a1 = a0;
  let b1 = b0;
  let a2 = a0;
  let b2 = b0;
  let a3 = a0;
  let b3 = b0;
  let c = panel + 32;
  let q0 = x0;
  let q1 = x1;
  let q2 = x2;
  let q3 = x3;
  let f = d;
  // Four features a round. Leaving between them is never needed for d % 4 alone: it ends the basic block, so that V8 does
  // not load ahead for all four and spill.
  let ca: v128, cb: v128, s: v128;
  while (true) {
    ca = v128.load(c);
    cb = v128.load(c, 16);
    s = v128.load_splat<T>(q0);
    a0 = multiplyAdd<T>(a0, s, ca);
    b0 = multiplyAdd<T>(b0, s, cb);
    s = v128.load_splat<T>(q1);
    a1 = multiplyAdd<T>(a1, s, ca);
    b1 = multiplyAdd<T>(b1, s, cb);
    s = v128.load_splat<T>(q2);
    a2 = multiplyAdd<T>(a2, s, ca);
    b2 = multiplyAdd<T>(b2, s, cb);
    s = v128.load_splat<T>(q3);
    a3 = multiplyAdd<T>(a3, s, ca);
    b3 = multiplyAdd<T>(b3, s, cb);
    if (--f == 0) break;
    ca = v128.load(c, 32);
    cb = v128.load(c, 48);
    s = v128.load_splat<T>(q0, sizeof<T>());
    a0 = multiplyAdd<T>(a0, s, ca);
    b0 = multiplyAdd<T>(b0, s, cb);
    s = v128.load_splat<T>(q1, sizeof<T>());
    a1 = multiplyAdd<T>(a1, s, ca);
    b1 = multiplyAdd<T>(b1, s, cb);
    s = v128.load_splat<T>(q2, sizeof<T>());
    a2 = multiplyAdd<T>(a2, s, ca);
    b2 = multiplyAdd<T>(b2, s, cb);
    s = v128.load_splat<T>(q3, sizeof<T>());
    a3 = multiplyAdd<T>(a3, s, ca);
    b3 = multiplyAdd<T>(b3, s, cb);
    if (--f == 0) break;
    ca = v128.load(c, 64);
    cb = v128.load(c, 80);
    s = v128.load_splat<T>(q0, 2 * sizeof<T>());
    a0 = multiplyAdd<T>(a0, s, ca);
    b0 = multiplyAdd<T>(b0, s, cb);
    s = v128.load_splat<T>(q1, 2 * sizeof<T>());
    a1 = multiplyAdd<T>(a1, s, ca);
    b1 = multiplyAdd<T>(b1, s, cb);
    s = v128.load_splat<T>(q2, 2 * sizeof<T>());
    a2 = multiplyAdd<T>(a2, s, ca);
    b2 = multiplyAdd<T>(b2, s, cb);
    s = v128.load_splat<T>(q3, 2 * sizeof<T>());
    a3 = multiplyAdd<T>(a3, s, ca);
    b3 = multiplyAdd<T>(b3, s, cb);
    if (--f == 0) break;
    ca = v128.load(c, 96);
    cb = v128.load(c, 112);
    s = v128.load_splat<T>(q0, 3 * sizeof<T>());
    a0 = multiplyAdd<T>(a0, s, ca);
    b0 = multiplyAdd<T>(b0, s, cb);
    s = v128.load_splat<T>(q1, 3 * sizeof<T>());
    a1 = multiplyAdd<T>(a1, s, ca);
    b1 = multiplyAdd<T>(b1, s, cb);
    s = v128.load_splat<T>(q2, 3 * sizeof<T>());
    a2 = multiplyAdd<T>(a2, s, ca);
    b2 = multiplyAdd<T>(b2, s, cb);
    s = v128.load_splat<T>(q3, 3 * sizeof<T>());
    a3 = multiplyAdd<T>(a3, s, ca);
    b3 = multiplyAdd<T>(b3, s, cb);
    c += 128;
    q0 += 4 * sizeof<T>();
    q1 += 4 * sizeof<T>();
    q2 += 4 * sizeof<T>();
    q3 += 4 * sizeof<T>();
    if (--f == 0) break;
  }
  if (after == LEAST) {
    keepLeast<T>(out, a0, b0, indices);
    keepLeast<T>(out + 32, a1, b1, indices);
    keepLeast<T>(out + 64, a2, b2, indices);
    keepLeast<T>(out + 96, a3, b3, indices);
  } else {
    storeTransposed<T>(out, a0, a1, a2, a3);
    storeTransposed<T>(out + 64, b0, b1, b2, b3);
  }
}

/** Merges the scores of one row and panel (vectors a and b) into the row's least score and index per lane; the first of equals stays. */
@inline
function keepLeast<T>(best: usize, a: v128, b: v128, indices: v128): void {
  const inB = v128.lt<T>(b, a);
  const least = v128.pmin<T>(a, b);
  const index = v128.add<T>(indices, v128.and(inB, v128.splat<T>(<T>(panelWidth<T>() / 2))));
  const known = v128.load(best);
  const better = v128.lt<T>(least, known);
  v128.store(best, v128.pmin<T>(known, least));
  v128.store(best, v128.pmax<T>(v128.load(best, 16), v128.and(better, index)), 16);
}

/**
 * Four vectors, one of each row, stored so that a row of four is one centroid's.
 *
 *     float32: a₀ a₁ a₂ a₃ | b₀ … | c₀ … | d₀ …  →  a₀ b₀ c₀ d₀ | a₁ b₁ c₁ d₁ | …
 *     float64: a₀ a₁ | b₀ b₁ | c₀ c₁ | d₀ d₁     →  a₀ b₀ | c₀ d₀ | a₁ b₁ | c₁ d₁
 */
@inline
function storeTransposed<T>(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  if (sizeof<T>() == 4) {
    v128.store(out, laneOf(0, a, b, c, d));
    v128.store(out, laneOf(1, a, b, c, d), 16);
    v128.store(out, laneOf(2, a, b, c, d), 32);
    v128.store(out, laneOf(3, a, b, c, d), 48);
  } else {
    v128.store(out, v128.shuffle<u64>(a, b, 0, 2));
    v128.store(out, v128.shuffle<u64>(c, d, 0, 2), 16);
    v128.store(out, v128.shuffle<u64>(a, b, 1, 3), 32);
    v128.store(out, v128.shuffle<u64>(c, d, 1, 3), 48);
  }
}
