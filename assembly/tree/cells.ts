import { CELLS, CUTS, D, LEVELS, ROW_BYTES, ROWS, SOURCE, SOURCE_STRIDE } from './plan';

/**
 * Tells samples `from` … `from + n − 1` by the cuts below which root they belong.
 *
 * @param plan in: see plan.ts; CELLS out
 * @param counts out: i32, how many belong below each root
 */
export function countCells<T>(plan: usize, from: i32, n: i32, counts: usize): void {
  const levels = load<i32>(plan, LEVELS);
  const cuts = load<usize>(plan, CUTS);
  const roots = 1 << levels;
  const x = load<usize>(plan, SOURCE) + <usize>from * sizeof<T>();
  const cells = load<usize>(plan, CELLS) + (<usize>from << 1);
  memory.fill(counts, 0, <usize>roots << 2);
  // Four ways down at a time: each step of one waits for the step before.
  for (let i = 0; i < n; i += 4) {
    const j = min(i + 1, n - 1);
    const k = min(i + 2, n - 1);
    const l = min(i + 3, n - 1);
    let a = 1;
    let b = 1;
    let c = 1;
    let e = 1;
    for (let level = 0; level < levels; level++) {
      a = below<T>(cuts, a, x + <usize>i * sizeof<T>());
      b = below<T>(cuts, b, x + <usize>j * sizeof<T>());
      c = below<T>(cuts, c, x + <usize>k * sizeof<T>());
      e = below<T>(cuts, e, x + <usize>l * sizeof<T>());
    }
    putCell(cells, i, a - roots, counts);
    if (j > i) putCell(cells, j, b - roots, counts);
    if (k > j) putCell(cells, k, c - roots, counts);
    if (l > k) putCell(cells, l, e - roots, counts);
  }
}

/** The child of a cut on whose side a sample is. */
@inline
function below<T>(cuts: usize, cut: i32, x: usize): i32 {
  const at = cuts + (<usize>cut << 4);
  return 2 * cut + i32(load<T>(x + load<usize>(at)) >= load<T>(at, 8));
}

@inline
function putCell(cells: usize, i: i32, cell: i32, counts: usize): void {
  store<u16>(cells + (<usize>i << 1), <u16>cell);
  const count = counts + (<usize>cell << 2);
  store<i32>(count, load<i32>(count) + 1);
}

/**
 * Copies the same samples into rows, those of a root together.
 *
 * @param plan in: see plan.ts; ROWS out
 * @param starts inout: i32, the next row for a sample of each root
 */
export function fillCells<T>(plan: usize, from: i32, n: i32, starts: usize): void {
  const d = load<i32>(plan, D);
  const rows = load<usize>(plan, ROWS);
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const column = <usize>load<i32>(plan, SOURCE_STRIDE) * sizeof<T>();
  const cells = load<usize>(plan, CELLS);
  let x = load<usize>(plan, SOURCE) + <usize>from * sizeof<T>();
  for (let i = from; i < from + n; i++) {
    const start = starts + (<usize>load<u16>(cells + (<usize>i << 1)) << 2);
    const next = load<i32>(start);
    store<i32>(start, next + 1);
    const row = rows + <usize>next * rowBytes;
    for (let f: usize = 0; f < <usize>d; f++) store<T>(row + f * sizeof<T>(), load<T>(x + f * column));
    store<i32>(row + rowBytes - 4, i);
    x += sizeof<T>();
  }
}

export function countCellsF32(plan: usize, from: i32, n: i32, counts: usize): void { countCells<f32>(plan, from, n, counts); }
export function countCellsF64(plan: usize, from: i32, n: i32, counts: usize): void { countCells<f64>(plan, from, n, counts); }
export function fillCellsF32(plan: usize, from: i32, n: i32, starts: usize): void { fillCells<f32>(plan, from, n, starts); }
export function fillCellsF64(plan: usize, from: i32, n: i32, starts: usize): void { fillCells<f64>(plan, from, n, starts); }
