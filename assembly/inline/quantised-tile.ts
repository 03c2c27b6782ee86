/**
 * Estimated scores of four quantised rows and a panel of eight centroids, stored so that lanes are rows: 8 vectors of f32.
 * A step takes two features at once: i16 pairs are multiplied and added to i32, twice the work of a step in float32.
 *
 * @param panel in: see packQuantised
 * @param scales in four lanes: what the dot product of each row is to be multiplied by
 * @param out out: 8 × 4 × f32
 */
@inline
export function quantisedTile(x0: usize, x1: usize, x2: usize, x3: usize, d: i32, panel: usize, scales: v128, out: usize): void {
  let a0 = i32x4.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  let c = panel + 64;
  let q0 = x0;
  let q1 = x1;
  let q2 = x2;
  let q3 = x3;
  let f = (d + 1) >> 1;
  // Leaving between steps ends the basic block, see scoreTile.
  let ca: v128, cb: v128, s: v128;
  while (true) {
    ca = v128.load(c);
    cb = v128.load(c, 16);
    s = v128.load32_splat(q0);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(s, ca));
    b0 = i32x4.add(b0, i32x4.dot_i16x8_s(s, cb));
    s = v128.load32_splat(q1);
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(s, ca));
    b1 = i32x4.add(b1, i32x4.dot_i16x8_s(s, cb));
    s = v128.load32_splat(q2);
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(s, ca));
    b2 = i32x4.add(b2, i32x4.dot_i16x8_s(s, cb));
    s = v128.load32_splat(q3);
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(s, ca));
    b3 = i32x4.add(b3, i32x4.dot_i16x8_s(s, cb));
    if (--f == 0) break;
    ca = v128.load(c, 32);
    cb = v128.load(c, 48);
    s = v128.load32_splat(q0, 4);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(s, ca));
    b0 = i32x4.add(b0, i32x4.dot_i16x8_s(s, cb));
    s = v128.load32_splat(q1, 4);
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(s, ca));
    b1 = i32x4.add(b1, i32x4.dot_i16x8_s(s, cb));
    s = v128.load32_splat(q2, 4);
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(s, ca));
    b2 = i32x4.add(b2, i32x4.dot_i16x8_s(s, cb));
    s = v128.load32_splat(q3, 4);
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(s, ca));
    b3 = i32x4.add(b3, i32x4.dot_i16x8_s(s, cb));
    c += 64;
    q0 += 8;
    q1 += 8;
    q2 += 8;
    q3 += 8;
    if (--f == 0) break;
  }
  storeScores(out, panel + 32, scales, a0, a1, a2, a3);
  storeScores(out + 64, panel + 48, scales, b0, b1, b2, b3);
}

/** ‖c‖² − scale · dot for four centroids: dots come with lanes as centroids, one vector a row, and leave with lanes as rows. */
@inline
function storeScores(out: usize, sqNorms: usize, scales: v128, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  storeScore(out, sqNorms, scales, v128.shuffle<u64>(ab0, cd0, 0, 2));
  storeScore(out + 16, sqNorms + 4, scales, v128.shuffle<u64>(ab0, cd0, 1, 3));
  storeScore(out + 32, sqNorms + 8, scales, v128.shuffle<u64>(ab1, cd1, 0, 2));
  storeScore(out + 48, sqNorms + 12, scales, v128.shuffle<u64>(ab1, cd1, 1, 3));
}

@inline
function storeScore(out: usize, sqNorm: usize, scales: v128, dots: v128): void {
  v128.store(out, f32x4.sub(v128.load32_splat(sqNorm), f32x4.mul(scales, f32x4.convert_i32x4_s(dots))));
}

/** Dot products of four quantised rows and one centroid that lies in a row too, in whole vectors of i16 with zeros behind d. */
export function quantisedDots(x0: usize, x1: usize, x2: usize, x3: usize, d: i32, centroid: usize): v128 {
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let e = a;
  let p = centroid;
  let q0 = x0;
  let q1 = x1;
  let q2 = x2;
  let q3 = x3;
  let left = (d + 7) >> 3;
  // Leaving between steps ends the basic block, see scoreTile.
  while (true) {
    let s = v128.load(p);
    a = i32x4.add(a, i32x4.dot_i16x8_s(s, v128.load(q0)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(s, v128.load(q1)));
    c = i32x4.add(c, i32x4.dot_i16x8_s(s, v128.load(q2)));
    e = i32x4.add(e, i32x4.dot_i16x8_s(s, v128.load(q3)));
    if (--left == 0) break;
    s = v128.load(p, 16);
    a = i32x4.add(a, i32x4.dot_i16x8_s(s, v128.load(q0, 16)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(s, v128.load(q1, 16)));
    c = i32x4.add(c, i32x4.dot_i16x8_s(s, v128.load(q2, 16)));
    e = i32x4.add(e, i32x4.dot_i16x8_s(s, v128.load(q3, 16)));
    p += 32;
    q0 += 32;
    q1 += 32;
    q2 += 32;
    q3 += 32;
    if (--left == 0) break;
  }
  return addedUp(a, b, c, e);
}

/** The same of rows and as many centroids, each with its own. */
@inline
export function quantisedDotsApart(x0: usize, x1: usize, x2: usize, x3: usize, d: i32, c0: usize, c1: usize, c2: usize, c3: usize): v128 {
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let e = a;
  const bytes = <usize>d << 1;
  for (let at: usize = 0; at < bytes; at += 16) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load(x0 + at), v128.load(c0 + at)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load(x1 + at), v128.load(c1 + at)));
    c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load(x2 + at), v128.load(c2 + at)));
    e = i32x4.add(e, i32x4.dot_i16x8_s(v128.load(x3 + at), v128.load(c3 + at)));
  }
  return addedUp(a, b, c, e);
}

/** The sums of the lanes of four vectors. */
@inline
function addedUp(a: v128, b: v128, c: v128, e: v128): v128 {
  // a₀ + a₂, b₀ + b₂, a₁ + a₃, b₁ + b₃ first.
  const ab = i32x4.add(v128.shuffle<u32>(a, b, 0, 4, 1, 5), v128.shuffle<u32>(a, b, 2, 6, 3, 7));
  const ce = i32x4.add(v128.shuffle<u32>(c, e, 0, 4, 1, 5), v128.shuffle<u32>(c, e, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<u64>(ab, ce, 0, 2), v128.shuffle<u64>(ab, ce, 1, 3));
}
