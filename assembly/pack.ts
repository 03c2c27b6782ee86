import { COLUMNS_MAX_D, centroidStride, panelWidth } from './constants';

/**
 * Packs centroids for assign. Beyond 4 features: panels of `width` centroids, ⌈k / width⌉ × (1 + d) × width, each a row of
 * ‖c‖² and d rows of −2c[f]; lanes beyond k hold +Infinity and 0, so that they never win. Up to 4: k rows of ‖c‖²,
 * −2c[0], … −2c[d − 1].
 *
 * @param centroids in: k × d, rows centroidStride(d) apart
 */
export function pack<T>(centroids: usize, k: i32, d: i32, packed: usize): void {
  if (d <= COLUMNS_MAX_D) packScorers<T>(centroids, k, d, packed);
  else packPanels<T>(centroids, k, d, packed);
}

@inline
function packPanels<T>(centroids: usize, k: i32, d: i32, panels: usize): void {
  const width = panelWidth<T>();
  for (let j = 0; j < k; j += width) {
    const panel = panels + <usize>(j * (1 + d)) * sizeof<T>();
    for (let lane = 0; lane < width; lane++) {
      const real = j + lane < k;
      const c = centroids + <usize>((j + lane) * centroidStride(d)) * sizeof<T>();
      let p = panel + <usize>lane * sizeof<T>();
      store<T>(p, real ? sqNorm<T>(c, d) : <T>Infinity);
      for (let f = 0; f < d; f++) {
        p += <usize>width * sizeof<T>();
        store<T>(p, real ? <T>-2 * load<T>(c + <usize>f * sizeof<T>()) : <T>0);
      }
    }
  }
}

@inline
function packScorers<T>(centroids: usize, k: i32, d: i32, scorers: usize): void {
  let p = scorers;
  for (let j = 0; j < k; j++) {
    const c = centroids + <usize>(j * centroidStride(d)) * sizeof<T>();
    store<T>(p, sqNorm<T>(c, d));
    p += sizeof<T>();
    for (let f = 0; f < d; f++, p += sizeof<T>()) store<T>(p, <T>-2 * load<T>(c + <usize>f * sizeof<T>()));
  }
}

/**
 * Packs up to `width` centroids for panelDistances; lanes beyond `count` repeat the first.
 *
 * @param centroids in: count × d, rows centroidStride(d) apart
 * @param panel out: d × width
 */
function packDirect<T>(centroids: usize, count: i32, d: i32, panel: usize): void {
  for (let lane = 0; lane < panelWidth<T>(); lane++) {
    const c = centroids + (lane < count ? <usize>(lane * centroidStride(d)) * sizeof<T>() : 0);
    for (let f = 0; f < d; f++)
      store<T>(panel + <usize>(f * panelWidth<T>() + lane) * sizeof<T>(), load<T>(c + <usize>f * sizeof<T>()));
  }
}

/**
 * Packs centroids for advance: panels of (2 + d) × width: their indices as floats, then as for assign.
 *
 * @param order in: panels × width × i32: which centroids make a panel, ascending within it; −1 for none, at its end
 * @param packed out: panels × (2 + d) × width
 */
function packOrdered<T>(centroids: usize, order: usize, panels: i32, d: i32, packed: usize): void {
  const width = panelWidth<T>();
  for (let q = 0; q < panels * width; q++) {
    const j = load<i32>(order + (<usize>q << 2));
    let p = packed + <usize>((q / width) * (2 + d) * width + (q % width)) * sizeof<T>();
    const c = centroids + <usize>(j * centroidStride(d)) * sizeof<T>();
    let sum: f64 = 0;
    store<T>(p, <T>j);
    for (let f = 0; f < d; f++) {
      const value = j < 0 ? <T>0 : load<T>(c + <usize>f * sizeof<T>());
      sum += <f64>value * <f64>value;
      store<T>(p + <usize>((2 + f) * width) * sizeof<T>(), <T>-2 * value);
    }
    store<T>(p + <usize>width * sizeof<T>(), j < 0 ? <T>Infinity : <T>sum);
  }
}

/** ‖c‖², added up in float64 feature by feature and rounded once. */
@inline
function sqNorm<T>(c: usize, d: i32): T {
  let sum: f64 = 0;
  for (let f = 0; f < d; f++) {
    const value = <f64>load<T>(c + <usize>f * sizeof<T>());
    sum += value * value;
  }
  return <T>sum;
}

export function packF32(centroids: usize, k: i32, d: i32, packed: usize): void {
  pack<f32>(centroids, k, d, packed);
}
export function packF64(centroids: usize, k: i32, d: i32, packed: usize): void {
  pack<f64>(centroids, k, d, packed);
}
export function packDirectF32(centroids: usize, count: i32, d: i32, panel: usize): void {
  packDirect<f32>(centroids, count, d, panel);
}
export function packDirectF64(centroids: usize, count: i32, d: i32, panel: usize): void {
  packDirect<f64>(centroids, count, d, panel);
}
export function packOrderedF32(centroids: usize, order: usize, panels: i32, d: i32, packed: usize): void {
  packOrdered<f32>(centroids, order, panels, d, packed);
}
export function packOrderedF64(centroids: usize, order: usize, panels: i32, d: i32, packed: usize): void {
  packOrdered<f64>(centroids, order, panels, d, packed);
}
