import { CELLS, CUTS, D, GRID, GRID_BITS, LEVELS, ROW_BYTES, ROWS, SOURCE, SOURCE_STRIDE } from './plan';

/**
 * Tells samples `from` … `from + n − 1` below which root they belong: a grid tells of most, cuts of those whose cell they go through.
 *
 * @param plan in: see plan.ts; CELLS out
 * @param counts out: i32, how many belong below each root
 */
export function countCells<T>(plan: usize, from: i32, n: i32, counts: usize): void {
  const roots = 1 << load<i32>(plan, LEVELS);
  const bits = load<i32>(plan, GRID_BITS);
  const column = <usize>load<i32>(plan, SOURCE_STRIDE) * sizeof<T>();
  const grid = load<usize>(plan, GRID);
  const known = grid + (<usize>load<i32>(plan, D) << 4);
  let x = load<usize>(plan, SOURCE) + <usize>from * sizeof<T>();
  let cells = load<usize>(plan, CELLS) + (<usize>from << 1);
  memory.fill(counts, 0, <usize>roots << 2);
  // Columns go on to the next whole vector.
  for (let left = n; left > 0; left -= 4, x += 4 * sizeof<T>(), cells += 8) {
    const at = gridCells<T>(grid, known, bits, x, column);
    putCell<T>(plan, roots, known, i32x4.extract_lane(at, 0), x, cells, counts);
    if (left > 1) putCell<T>(plan, roots, known, i32x4.extract_lane(at, 1), x + sizeof<T>(), cells + 2, counts);
    if (left > 2) putCell<T>(plan, roots, known, i32x4.extract_lane(at, 2), x + 2 * sizeof<T>(), cells + 4, counts);
    if (left > 3) putCell<T>(plan, roots, known, i32x4.extract_lane(at, 3), x + 3 * sizeof<T>(), cells + 6, counts);
  }
}

/** In which cells of the grid four samples are: what is beyond, in its outermost. */
@inline
function gridCells<T>(grid: usize, end: usize, bits: i32, x: usize, column: usize): v128 {
  const last = i32x4.splat((1 << bits) - 1);
  let cells = i32x4.splat(0);
  for (let along = grid; along < end; along += 16) {
    const place = i32x4.min_s(i32x4.max_s(placesAlong<T>(along, x), i32x4.splat(0)), last);
    cells = v128.or(i32x4.shl(cells, bits), place);
    x += column;
  }
  return cells;
}

/** How many cells four values are beyond where the grid begins, as integers. */
@inline
function placesAlong<T>(along: usize, x: usize): v128 {
  const begin = v128.splat<T>(load<T>(along));
  const scale = v128.splat<T>(load<T>(along, 8));
  const low = v128.mul<T>(v128.sub<T>(v128.load(x), begin), scale);
  if (sizeof<T>() == 4) return i32x4.trunc_sat_f32x4_s(low);
  const high = v128.mul<T>(v128.sub<T>(v128.load(x, 16), begin), scale);
  return v128.shuffle<u64>(i32x4.trunc_sat_f64x2_s_zero(low), i32x4.trunc_sat_f64x2_s_zero(high), 0, 2);
}

/** The root below a cut. */
function rootBelow<T>(plan: usize, roots: i32, cut: i32, x: usize): i32 {
  while (cut < roots) {
    const at = load<usize>(plan, CUTS) + (<usize>cut << 4);
    cut = 2 * cut + i32(load<T>(x + load<usize>(at)) >= load<T>(at, 8));
  }
  return cut;
}

/** Puts down the root of a sample, and counts it. `known`: for each cell of the grid the cut, or root, that it tells. */
@inline
function putCell<T>(plan: usize, roots: i32, known: usize, cell: i32, x: usize, to: usize, counts: usize): void {
  const cut = <i32>load<u16>(known + (<usize>cell << 1));
  const root = (cut < roots ? rootBelow<T>(plan, roots, cut, x) : cut) - roots;
  store<u16>(to, <u16>root);
  const count = counts + (<usize>root << 2);
  store<i32>(count, load<i32>(count) + 1);
}

/**
 * Copies the same samples into rows, those of a root together.
 *
 * @param plan in: see plan.ts; ROWS out
 * @param starts inout: i32, the next row for a sample of each root
 */
export function fillCells<T>(plan: usize, from: i32, n: i32, starts: usize): void {
  switch (load<i32>(plan, D)) {
    case 1: return fillRows<T>(1, plan, from, n, starts);
    case 2: return fillRows<T>(2, plan, from, n, starts);
    case 3: return fillRows<T>(3, plan, from, n, starts);
    default: return fillRows<T>(4, plan, from, n, starts);
  }
}

/** One loop for each d, a constant where this is inlined. */
@inline
function fillRows<T>(d: usize, plan: usize, from: i32, n: i32, starts: usize): void {
  const rows = load<usize>(plan, ROWS);
  const rowBytes = (d + 1) * sizeof<T>();
  const column = <usize>load<i32>(plan, SOURCE_STRIDE) * sizeof<T>();
  const cells = load<usize>(plan, CELLS);
  let x = load<usize>(plan, SOURCE) + <usize>from * sizeof<T>();
  for (let i = from; i < from + n; i++) {
    const start = starts + (<usize>load<u16>(cells + (<usize>i << 1)) << 2);
    const next = load<i32>(start);
    store<i32>(start, next + 1);
    const row = rows + <usize>next * rowBytes;
    if (sizeof<T>() == 4 && d == 3) {
      // A row is a vector.
      const pair = v128.load32_lane(x + column, v128.load32_zero(x), 1);
      v128.store(row, i32x4.replace_lane(v128.load32_lane(x + 2 * column, pair, 2), 3, i));
    } else {
      store<T>(row, load<T>(x));
      if (d > 1) store<T>(row + sizeof<T>(), load<T>(x + column));
      if (d > 2) store<T>(row + 2 * sizeof<T>(), load<T>(x + 2 * column));
      if (d > 3) store<T>(row + 3 * sizeof<T>(), load<T>(x + 3 * column));
      store<i32>(row + rowBytes - 4, i);
    }
    x += sizeof<T>();
  }
}

export function countCellsF32(plan: usize, from: i32, n: i32, counts: usize): void { countCells<f32>(plan, from, n, counts); }
export function countCellsF64(plan: usize, from: i32, n: i32, counts: usize): void { countCells<f64>(plan, from, n, counts); }
export function fillCellsF32(plan: usize, from: i32, n: i32, starts: usize): void { fillCells<f32>(plan, from, n, starts); }
export function fillCellsF64(plan: usize, from: i32, n: i32, starts: usize): void { fillCells<f64>(plan, from, n, starts); }
