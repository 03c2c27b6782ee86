import { COLUMNS_MAX_D, columnBytes, rowBytes, SILHOUETTE_HEADER, SILHOUETTE_ROWS } from './constants';
import { panelDistances } from './distance';

/**
 * Adds the distances of n samples to the rows of a block, one after the other, and settles the clusters that end in it. All is
 * float64, whatever the precision of the other kernels. The state is in panels of four samples: four sums for the cluster under
 * way, four for the own one, four least means of the others.
 *
 * @param x in: n × d in the layout of d
 * @param labels in: n × i32, readable up to a whole panel
 * @param block in: i32: how many rows, whether squared distances are to be added, then the pieces of clusters: rows, label, and
 *   the size of the cluster where it ends, else 0; behind SILHOUETTE_HEADER bytes the rows in the layout of d, columns
 *   SILHOUETTE_ROWS apart
 * @param state inout: ⌈n / 4⌉ × 12 × f64
 * @param scratch out: (SILHOUETTE_ROWS + d) × 32 bytes
 */
function addDistances(
  x: usize,
  n: i32,
  d: i32,
  stride: i32,
  labels: usize,
  block: usize,
  state: usize,
  scratch: usize,
): void {
  const panel = scratch + (SILHOUETTE_ROWS << 5);
  const rows = load<i32>(block);
  const end = scratch + ((<usize>rows) << 5);
  const squared = load<i32>(block, 4);
  for (let i = 0; i < n; i += 4) {
    packSamples(x, i, n, d, stride, panel);
    const others = block + SILHOUETTE_HEADER;
    panelDistances<f64>(others, rows, d, d <= COLUMNS_MAX_D ? SILHOUETTE_ROWS : d, panel, scratch, 4);
    let a = v128.load(state);
    let b = v128.load(state, 16);
    let p = scratch;
    for (let piece = block + 8; p < end; piece += 12) {
      for (const to = p + ((<usize>load<i32>(piece)) << 5); p < to; p += 32) {
        const c = v128.load(p);
        const e = v128.load(p, 16);
        a = f64x2.add(a, squared ? c : f64x2.sqrt(c));
        b = f64x2.add(b, squared ? e : f64x2.sqrt(e));
      }
      const size = load<i32>(piece, 8);
      if (!size) continue;
      v128.store(state, a);
      v128.store(state, b, 16);
      settle(state, labels + (<usize>i << 2), load<i32>(piece, 4), size);
      a = b = v128.splat<f64>(0);
    }
    v128.store(state, a);
    v128.store(state, b, 16);
    state += 96;
  }
}

/** Packs four samples for panelDistances; those beyond n repeat the last. */
function packSamples(x: usize, i: i32, n: i32, d: i32, stride: i32, panel: usize): void {
  for (let lane = 0; lane < 4; lane++) {
    let q = x + <usize>min(i + lane, n - 1) * rowBytes<f64>(d, stride);
    let p = panel + (<usize>lane << 3);
    for (let f = 0; f < d; f++, p += 32, q += columnBytes<f64>(d, stride)) store<f64>(p, load<f64>(q));
  }
}

/** Puts the sums of a cluster where they belong. */
function settle(state: usize, labels: usize, label: i32, size: i32): void {
  for (let lane: usize = 0; lane < 4; lane++, state += 8) {
    const sum = load<f64>(state);
    if (load<i32>(labels + (lane << 2)) == label) store<f64>(state, sum, 32);
    else store<f64>(state, min(load<f64>(state, 64), sum / <f64>size), 64);
  }
}

export { addDistances as addDistancesF32, addDistances as addDistancesF64 };
