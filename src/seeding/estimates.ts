import { CHUNK, SEED_PLAN_BYTES, type SeedBuffers } from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { centroidStride } from '../backend/shapes.js';
import { relativeError } from '../data/quantise.js';
import type { Samples } from '../data/samples.js';

/** Lengths of the samples, and their rounded values; the plans have the addresses already. */
export function* prepareEstimates(samples: Samples, room: SeedBuffers): Work {
  const { workspace, d, precision } = samples;
  workspace.floats(precision, room.candidates, centroidStride(d)).fill(0);
  yield* samples.send((kernels, i, count) => kernels.quantiseBlocks(room.plan, i, count), CHUNK);
}

/**
 * Packs the candidates, rounded by one scale, and writes into the plans what `candidateGains` needs to judge estimates: the factor of dot
 * products; how far off they are at the most: |x·c − x̂·ĉ| ≤ ‖x − x̂‖ ‖c‖ + ‖x̂‖ ‖c − ĉ‖, where x̂ and ĉ stand for the rounded
 * values and a per cent more covers the arithmetic in float32, and absolutely; and whether it is to look at the thresholds first.
 */
export function quantiseCandidates(samples: Samples, room: SeedBuffers, count: number, thresholds: boolean): void {
  const { workspace, d, kernels } = samples;
  kernels.packCandidates(room.candidates, count, d, room.panels, room.measures);
  const [scale, norm, residual] = workspace.float64(room.measures, 3) as unknown as [number, number, number];
  const relative = relativeError(d);
  const off = [2.02 * norm, 2.02 * residual, relative, relative * norm * norm + 1e-35];
  const estimates = [2 / scale, ...off, Number(thresholds)];
  for (let thread = 0; thread < workspace.threads; thread++)
    workspace.floats('float32', room.plan + thread * SEED_PLAN_BYTES + 72, 6).set(estimates);
}
