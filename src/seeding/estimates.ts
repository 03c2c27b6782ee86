import { CHUNK, SEED_PANEL, SEED_PLAN_BYTES, type SeedBuffers } from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { centroidStride } from '../backend/shapes.js';
import { measureCentroids, packRounded } from '../data/quantise.js';
import type { Samples } from '../data/samples.js';

/** Rounding of lengths, of scores in float32, and of the squared distances that are compared in the end. */
const relativeError = (d: number): number => (d + 64) * 2 ** -23;

/** Lengths of the samples, and their rounded values; the plans have the addresses already. */
export function* prepareEstimates(samples: Samples, room: SeedBuffers): Work {
  const { workspace, d, precision } = samples;
  workspace.floats(precision, room.candidates, centroidStride(d)).fill(0);
  yield* samples.send((kernels, i, count) => kernels.quantiseForSeeds(room.plan, i, count), CHUNK);
}

/**
 * Packs the candidates as i16 and writes into the plans what `candidateGains` needs to judge estimates: the factor of dot
 * products; how far off they are at the most: |x·c − x̂·ĉ| ≤ ‖x − x̂‖ ‖c‖ + ‖x̂‖ ‖c − ĉ‖, where x̂ and ĉ stand for the rounded
 * values and a per cent more covers the arithmetic in float32, and absolutely; and whether it is to look at the thresholds first.
 */
export function quantiseCandidates(samples: Samples, room: SeedBuffers, count: number, thresholds: boolean): void {
  const { workspace, precision, d } = samples;
  const measure = measureCentroids(workspace.floats(precision, room.candidates, count * centroidStride(d)), count, d);
  const places = Math.ceil(count / SEED_PANEL) * SEED_PANEL;
  const order = workspace.int32(room.order, places);
  for (let t = 0; t < places; t++) order[t] = t < count ? t : -1;
  const at = { centroids: room.candidates, order: room.order, panels: room.panels, rows: 0 };
  const { scale, residual } = packRounded(samples, at, places, measure);
  const relative = relativeError(d);
  const off = [2.02 * measure.norm, 2.02 * residual, relative, relative * measure.norm * measure.norm + 1e-35];
  const estimates = [2 / scale, ...off, Number(thresholds)];
  for (let thread = 0; thread < workspace.threads; thread++)
    workspace.floats('float32', room.plan + thread * SEED_PLAN_BYTES + 72, 6).set(estimates);
}
