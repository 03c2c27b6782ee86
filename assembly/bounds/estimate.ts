import { panelWidth, quantisedRowBytes } from '../constants';
import { quantisedDots, quantisedTile } from '../inline/quantised-tile';
import {
  ACTIVE, ALONE, D, FACTOR, GROUP_PANELS, GROUPS, INVERSE, inverseOf, LISTED_FOR, lowerBounds, lowerBytes, membersOf, PANEL_COUNT, panelRuns, placeAt,
  QUANTISED, QUANTISED_PANELS, QUANTISED_ROWS, RUNNER_UP, SCRATCH, STATE, sureMargin, THRESHOLD, TILE, TOP, UNSURE,
} from './plan';
import { keepTop, leastBytes, leastOf, lookersOf, mergeTop, scanPanels } from './scan';
import { gather } from './vectors';

/** As scanPanels, by estimates from quantised values. */
export function estimatePanels<T>(plan: usize, from: i32, q: i32, list: usize): void {
  const scratch = load<usize>(plan, SCRATCH);
  const alone = load<i32>(plan, ALONE);
  const count = <i32>load<u16>(list);
  const d = load<i32>(plan, D);
  const row = <usize>((d + 1) & ~1) << 1;
  const perEight = 8 / panelWidth<T>();
  const firstPanel = (q * load<i32>(plan, GROUP_PANELS)) / perEight;
  const panels = min(load<i32>(plan, GROUP_PANELS), load<i32>(plan, PANEL_COUNT) - q * load<i32>(plan, GROUP_PANELS)) / perEight;
  const panel = load<usize>(plan, QUANTISED_PANELS) + <usize>firstPanel * quantisedPanelBytes(d);
  const rows = load<usize>(plan, QUANTISED) + <usize>from * row;
  const least = leastOf<T>(plan, from, q);
  const step = leastBytes<T>(plan);
  for (let m = 0; m < count; m += 4) {
    const i0 = placeAt(list, m);
    const i1 = placeAt(list, min(m + 1, count - 1));
    const i2 = placeAt(list, min(m + 2, count - 1));
    const i3 = placeAt(list, min(m + 3, count - 1));
    estimateTop(scratch, rows + i0 * row, rows + i1 * row, rows + i2 * row, rows + i3 * row, d, panel, panels, scalesOf(plan, from, i0, i1, i2, i3));
    for (let r = 0; r < min(4, count - m); r++) {
      const i = placeAt(list, m + r);
      keepTop<T, f32>(scratch, least, step, r, i);
      if (alone) keepEight<T>(plan, lowerBounds<T>(plan, from + <i32>i), q << 3, r);
    }
  }
}

/** As topOf, by estimates. */
function estimateTop(scratch: usize, x0: usize, x1: usize, x2: usize, x3: usize, d: i32, panel: usize, panels: i32, scales: v128): void {
  for (let p = 0; p < panels; p++, panel += quantisedPanelBytes(d)) {
    quantisedTile(x0, x1, x2, x3, d, panel, scales, scratch + TILE);
    mergeTop<f32>(scratch, panel, 0, p == 0);
  }
}

@inline
function quantisedPanelBytes(d: i32): usize {
  return <usize>(2 + ((d + 1) >> 1)) << 5;
}

/** Notes the scores of a row of a tile in place of the lower bounds of eight centroids, or as many as there are. */
@inline
function keepEight<T>(plan: usize, lower: usize, first: i32, r: i32): void {
  const tile = load<usize>(plan, SCRATCH) + TILE + (<usize>r << 2);
  const count = <usize>min(8, load<i32>(plan, GROUPS) - first);
  for (let j: usize = 0; j < count; j++) store<T>(lower + (<usize>first + j) * sizeof<T>(), <T>load<f32>(tile + (j << 4)));
}

/** Estimates the scores of the samples that have to look at a centroid, which is a group of its own. */
export function estimatePairs<T>(plan: usize, from: i32, g: i32): void {
  const scratch = load<usize>(plan, SCRATCH);
  const list = membersOf(plan, g);
  const count = <i32>load<u16>(list);
  const d = load<i32>(plan, D);
  const row = <usize>((d + 1) & ~1) << 1;
  const rows = load<usize>(plan, QUANTISED) + <usize>from * row;
  const index = load<f32>(load<usize>(plan, QUANTISED_PANELS) + <usize>(g >> 3) * quantisedPanelBytes(d) + (<usize>(g & 7) << 2));
  const centroid = load<usize>(plan, QUANTISED_ROWS) + <usize>index * quantisedRowBytes(d);
  const lower = lowerBounds<T>(plan, from) + <usize>g * sizeof<T>();
  const step = lowerBytes<T>(plan);
  v128.store(scratch + TOP, f32x4.splat(index), 16);
  v128.store(scratch + TOP, f32x4.splat(Infinity), 32);
  for (let m = 0; m < count; m += 4) {
    const i0 = placeAt(list, m);
    const i1 = placeAt(list, min(m + 1, count - 1));
    const i2 = placeAt(list, min(m + 2, count - 1));
    const i3 = placeAt(list, min(m + 3, count - 1));
    const dots = quantisedDots(rows + i0 * row, rows + i1 * row, rows + i2 * row, rows + i3 * row, d, centroid + 16);
    const products = f32x4.mul(scalesOf(plan, from, i0, i1, i2, i3), f32x4.convert_i32x4_s(dots));
    v128.store(scratch + TOP, f32x4.sub(v128.load32_splat(centroid), products));
    for (let r = 0; r < min(4, count - m); r++) {
      const i = placeAt(list, m + r);
      const score = <T>load<f32>(scratch + TOP + (<usize>r << 2));
      store<T>(lower + i * step, score);
      // Most scores are neither the best nor the next.
      if (score <= load<T>(scratch + RUNNER_UP + i * sizeof<T>())) keepTop<T, f32>(scratch, lower, step, r, i);
    }
  }
}

/** What the dot products of four samples and a centroid are to be multiplied by. */
export function scalesOf(plan: usize, from: i32, i0: usize, i1: usize, i2: usize, i3: usize): v128 {
  const inverse = gather<f32>(load<usize>(plan, INVERSE) + (<usize>from << 2), i0, i1, i2, i3);
  return f32x4.mul(inverse, f32x4.splat(<f32>load<f64>(plan, FACTOR)));
}

/** Takes the true scores for samples whose best estimate is not far enough ahead, of the groups that may hold the best. */
export function resolveUnsure<T>(plan: usize, from: i32, active: i32, all: bool): void {
  const scratch = load<usize>(plan, SCRATCH);
  const list = scratch + UNSURE;
  let unsure = 0;
  for (let a: usize = 0; a < <usize>active; a++) {
    const i = <usize>load<i32>(scratch + ACTIVE + (a << 2));
    const state = scratch + STATE + i * 4 * sizeof<T>();
    const threshold = scratch + THRESHOLD + i * sizeof<T>();
    const best = load<T>(state);
    const next = min(load<T>(scratch + RUNNER_UP + i * sizeof<T>()), load<T>(state, 2 * sizeof<T>()));
    const margin = sureMargin(plan, inverseOf(plan, from + <i32>i));
    if (<f64>next - <f64>best > margin) {
      store<T>(threshold, <T>-Infinity);
      continue;
    }
    unsure++;
    // Rounding to T must not lower it.
    store<T>(threshold, <T>(<f64>best + 1.01 * margin));
    store<T>(state, <T>Infinity);
    store<T>(state, <T>Infinity, sizeof<T>());
    store<i32>(scratch + LISTED_FOR + (i << 2), -1);
  }
  if (unsure == 0) return;
  for (let q = 0; q < panelRuns(plan); q++) {
    listUnsure<T>(plan, from, q, all);
    scanPanels<T>(plan, from, q, list);
  }
}

/** Lists the unsure samples that looked at a centroid of a run of panels which may be the nearest, each once. */
@inline
function listUnsure<T>(plan: usize, from: i32, q: i32, all: bool): void {
  const scratch = load<usize>(plan, SCRATCH);
  const list = scratch + UNSURE;
  const each = load<i32>(plan, ALONE) ? 8 : 1;
  const step = lowerBytes<T>(plan);
  let count: usize = 0;
  for (let g = q * each; g < min((q + 1) * each, load<i32>(plan, GROUPS)); g++) {
    const members = lookersOf(plan, g, all);
    const lower = lowerBounds<T>(plan, from) + <usize>g * sizeof<T>();
    const looked = <i32>load<u16>(members);
    for (let m = 0; m < looked; m++) {
      const i = placeAt(members, m);
      const threshold = load<T>(scratch + THRESHOLD + i * sizeof<T>());
      if (threshold == <T>-Infinity) continue;
      const last = scratch + LISTED_FOR + (i << 2);
      store<u16>(list + (count << 1), <u16>i, 2);
      const within = i32(load<T>(lower + i * step) <= threshold);
      count += usize(within & i32(load<i32>(last) != q));
      store<i32>(last, within ? q : load<i32>(last));
    }
  }
  store<u16>(list, <u16>count);
}
