import { SEED_PANEL, SEED_PLAN_BYTES, type SeedBuffers } from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { bytesOf, centroidStride } from '../backend/shapes.js';
import { measureCentroids, packEstimates, quantiseSamples } from '../data/quantise.js';
import type { Samples } from '../data/samples.js';

/** Samples rounded to i16, their inverse scales and squared lengths. `zeros`: n × i32 that may be overwritten. */
export function* prepareEstimates(samples: Samples, room: SeedBuffers, zeros: number): Work {
  const { workspace, n, d, stride, precision } = samples;
  const value = bytesOf(precision);
  yield* quantiseSamples(samples, room.quantised, room.inverse);
  workspace.int32(zeros, n).fill(0);
  workspace.floats(precision, room.candidates, centroidStride(d)).fill(0);
  yield* samples.pass((kernels, i, count) =>
    kernels.sqDistances(samples.at(i), count, d, stride, room.candidates, zeros + i * 4, room.sqNorms + i * value),
  );
}

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
  const at = { centroids: room.candidates, order: room.order, panels: room.panels };
  const { factor, error } = packEstimates(samples, at, places, measure);
  const relative = (d + 64) * 2 ** -23;
  const estimates = [factor, error, relative, relative * measure.norm * measure.norm + 1e-35];
  for (let thread = 0; thread < workspace.threads; thread++)
    workspace.float64(room.plan + thread * SEED_PLAN_BYTES + 64, 4).set(estimates);
}
