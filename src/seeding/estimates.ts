import { SEED_PANEL, SEED_PLAN_BYTES, type SeedBuffers } from '../backend/layout.js';
import { centroidStride } from '../backend/shapes.js';
import { measureCentroids, packEstimates } from '../data/quantise.js';
import type { Samples } from '../data/samples.js';

/**
 * Packs the candidates as i16 and writes into the plan what `candidateGains` needs to judge estimates: the factor of dot
 * products, and how far off they are at the most, times the inverse scale of the sample, relatively, and absolutely. The last
 * two are rounding: of the lengths, of scores in float32, and of the squared distances that are compared in the end.
 */
export function quantiseCandidates(samples: Samples, room: SeedBuffers, count: number): void {
  const { workspace, precision, d } = samples;
  const measure = measureCentroids(workspace.floats(precision, room.candidates, count * centroidStride(d)), count, d);
  const places = Math.ceil(count / SEED_PANEL) * SEED_PANEL;
  const order = workspace.int32(room.order, places);
  for (let t = 0; t < places; t++) order[t] = t < count ? t : -1;
  const at = { centroids: room.candidates, order: room.order, panels: room.panels, rows: 0 };
  const { factor, error } = packEstimates(samples, at, places, measure);
  const relative = (d + 64) * 2 ** -23;
  const estimates = [factor, error, relative, relative * measure.norm * measure.norm + 1e-35];
  for (let thread = 0; thread < workspace.threads; thread++)
    workspace.float64(room.plan + thread * SEED_PLAN_BYTES + 64, 4).set(estimates);
}
