import { COLUMNS_MAX_D, panelWidth, TILE_ROWS } from './constants';
import { laneIndices, laneOf, storeLabels } from './inline/lanes';
import { multiplyAdd } from './inline/multiply-add';
import { LEAST, scoreTile } from './inline/tile';

/**
 * Labels of n samples: for each the lowest index of the least score ‖c‖² − 2x·c. The score starts at ‖c‖² and adds
 * x[f] · (−2c[f]) feature by feature, each product and each sum rounded to T.
 *
 * @param x in: n × d in the layout of d, columns padded with anything to 8 values
 * @param packed in: the centroids, see pack
 * @param labels out: n × i32, padded to a multiple of 8
 * @param best inout: 8 vectors of scratch
 */
export function assign<T>(x: usize, n: i32, d: i32, stride: i32, packed: usize, k: i32, labels: usize, best: usize): void {
  if (d <= COLUMNS_MAX_D) assignColumns<T>(x, n, d, stride, packed, k, labels);
  else assignRows<T>(x, n, d, stride, packed, k, labels, best);
}

/** Rows go four at a time past panels of centroids: lanes are centroids. */
@inline
function assignRows<T>(x: usize, n: i32, d: i32, stride: i32, panels: usize, k: i32, labels: usize, best: usize): void {
  const rowBytes = <usize>stride * sizeof<T>();
  const last = x + <usize>(n - 1) * rowBytes;
  for (let i = 0; i < n; i += TILE_ROWS) {
    // A tile that sticks out at the end repeats the last row and stores fewer labels.
    const x0 = x + <usize>i * rowBytes;
    const x1 = min(x0 + rowBytes, last);
    const x2 = min(x1 + rowBytes, last);
    const x3 = min(x2 + rowBytes, last);
    scanPanels<T>(x0, x1, x2, x3, d, panels, k, best);
    const out = labels + (<usize>i << 2);
    if (sizeof<T>() == 4) v128.store(out, i32x4.trunc_sat_f32x4_s(lowestOfFour(best)));
    else storeLabels<T>(out, lowestOfTwo(best), lowestOfTwo(best + 64));
  }
}

/**
 * Runs four rows past all panels. Per row `best` keeps the least score of each lane and, as a float, the centroid it
 * belongs to. Indices only grow, so masking the new one and taking the maximum selects it in two operations.
 */
function scanPanels<T>(x0: usize, x1: usize, x2: usize, x3: usize, d: i32, panels: usize, k: i32, best: usize): void {
  for (let r: usize = 0; r < 4; r++) {
    v128.store(best + r * 32, v128.splat<T>(<T>Infinity));
    v128.store(best + r * 32, v128.splat<T>(0), 16);
  }
  let indices = laneIndices<T>();
  let p = panels;
  for (let j = 0; j < k; j += panelWidth<T>()) {
    scoreTile<T>(LEAST, x0, x1, x2, x3, d, p, best, indices);
    indices = v128.add<T>(indices, v128.splat<T>(<T>panelWidth<T>()));
    p += <usize>(1 + d) * 32;
  }
}

/** For each of four rows, which become lanes: of the lanes that share the least score, the lowest index. */
@inline
function lowestOfFour(best: usize): v128 {
  const a = v128.load(best);
  const b = v128.load(best, 32);
  const c = v128.load(best, 64);
  const d = v128.load(best, 96);
  const s0 = laneOf(0, a, b, c, d);
  const s1 = laneOf(1, a, b, c, d);
  const s2 = laneOf(2, a, b, c, d);
  const s3 = laneOf(3, a, b, c, d);
  const least = f32x4.pmin(f32x4.pmin(s0, s1), f32x4.pmin(s2, s3));
  const ia = v128.load(best, 16);
  const ib = v128.load(best, 48);
  const ic = v128.load(best, 80);
  const id = v128.load(best, 112);
  return f32x4.pmin(
    f32x4.pmin(where<f32>(s0, least, laneOf(0, ia, ib, ic, id)), where<f32>(s1, least, laneOf(1, ia, ib, ic, id))),
    f32x4.pmin(where<f32>(s2, least, laneOf(2, ia, ib, ic, id)), where<f32>(s3, least, laneOf(3, ia, ib, ic, id))),
  );
}

/** The same for two rows of float64. */
@inline
function lowestOfTwo(best: usize): v128 {
  const a = v128.load(best);
  const b = v128.load(best, 32);
  const s0 = v128.shuffle<u64>(a, b, 0, 2);
  const s1 = v128.shuffle<u64>(a, b, 1, 3);
  const least = f64x2.pmin(s0, s1);
  const ia = v128.load(best, 16);
  const ib = v128.load(best, 48);
  return f64x2.pmin(where<f64>(s0, least, v128.shuffle<u64>(ia, ib, 0, 2)), where<f64>(s1, least, v128.shuffle<u64>(ia, ib, 1, 3)));
}

/** Indices where a score is the least, else Infinity. */
@inline
function where<T>(scores: v128, least: v128, indices: v128): v128 {
  return v128.bitselect(indices, v128.splat<T>(<T>Infinity), v128.eq<T>(scores, least));
}

/** Columns: lanes are samples, and the least score and its index stay in registers. */
@inline
function assignColumns<T>(x: usize, n: i32, d: i32, stride: i32, scorers: usize, k: i32, labels: usize): void {
  switch (d) {
    case 1: columns<T>(1, x, n, stride, scorers, k, labels); break;
    case 2: columns<T>(2, x, n, stride, scorers, k, labels); break;
    case 3: columns<T>(3, x, n, stride, scorers, k, labels); break;
    default: columns<T>(4, x, n, stride, scorers, k, labels);
  }
}

/** One loop for each d, which is a constant where this is inlined, over two vectors of samples at a time. */
@inline
function columns<T>(d: i32, x: usize, n: i32, stride: i32, scorers: usize, k: i32, labels: usize): void {
  const column = <usize>stride * sizeof<T>();
  const step = 32 / sizeof<T>();
  for (let i = 0; i < n; i += step) {
    const px = x + <usize>i * sizeof<T>();
    const x0 = v128.load(px);
    const y0 = v128.load(px, 16);
    const x1 = d > 1 ? v128.load(px + column) : x0;
    const y1 = d > 1 ? v128.load(px + column, 16) : x0;
    const x2 = d > 2 ? v128.load(px + 2 * column) : x0;
    const y2 = d > 2 ? v128.load(px + 2 * column, 16) : x0;
    const x3 = d > 3 ? v128.load(px + 3 * column) : x0;
    const y3 = d > 3 ? v128.load(px + 3 * column, 16) : x0;
    let bestX = v128.splat<T>(<T>Infinity);
    let bestY = bestX;
    let indexX = v128.splat<T>(0);
    let indexY = indexX;
    let p = scorers;
    let index = v128.splat<T>(0);
    for (let j = 0; j < k; j++) {
      let sx = v128.load_splat<T>(p);
      let sy = sx;
      const c0 = v128.load_splat<T>(p, sizeof<T>());
      sx = multiplyAdd<T>(sx, x0, c0);
      sy = multiplyAdd<T>(sy, y0, c0);
      if (d > 1) {
        const c1 = v128.load_splat<T>(p, 2 * sizeof<T>());
        sx = multiplyAdd<T>(sx, x1, c1);
        sy = multiplyAdd<T>(sy, y1, c1);
      }
      if (d > 2) {
        const c2 = v128.load_splat<T>(p, 3 * sizeof<T>());
        sx = multiplyAdd<T>(sx, x2, c2);
        sy = multiplyAdd<T>(sy, y2, c2);
      }
      if (d > 3) {
        const c3 = v128.load_splat<T>(p, 4 * sizeof<T>());
        sx = multiplyAdd<T>(sx, x3, c3);
        sy = multiplyAdd<T>(sy, y3, c3);
      }
      indexX = v128.pmax<T>(indexX, v128.and(v128.lt<T>(sx, bestX), index));
      indexY = v128.pmax<T>(indexY, v128.and(v128.lt<T>(sy, bestY), index));
      bestX = v128.pmin<T>(bestX, sx);
      bestY = v128.pmin<T>(bestY, sy);
      index = v128.add<T>(index, v128.splat<T>(1));
      p += <usize>(1 + d) * sizeof<T>();
    }
    storeLabels<T>(labels + (<usize>i << 2), indexX, indexY);
  }
}

export function assignF32(x: usize, n: i32, d: i32, stride: i32, packed: usize, k: i32, labels: usize, best: usize): void {
  assign<f32>(x, n, d, stride, packed, k, labels, best);
}
export function assignF64(x: usize, n: i32, d: i32, stride: i32, packed: usize, k: i32, labels: usize, best: usize): void {
  assign<f64>(x, n, d, stride, packed, k, labels, best);
}
