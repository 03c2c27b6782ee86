import { SEED_PLAN_BYTES, type SeedBuffers } from '../backend/layout.js';
import { packCandidates } from '../data/quantise.js';
import type { Samples } from '../data/samples.js';

/**
 * Packs the candidates and writes into the plans what `candidateGains` needs to judge estimates: the factor of dot products; how far
 * off they are at the most, by what they depend on and absolutely; and whether it is to look at the thresholds first.
 */
export function quantiseCandidates(samples: Samples, room: SeedBuffers, count: number, thresholds: boolean): void {
  const { workspace } = samples;
  const { factor, norm, ofCandidate, relative } = packCandidates(samples, room.candidates, count, room);
  const estimates = [factor, 2.02 * norm, ofCandidate, relative, relative * norm * norm + 1e-35, Number(thresholds)];
  for (let thread = 0; thread < workspace.threads; thread++)
    workspace.floats('float32', room.plan + thread * SEED_PLAN_BYTES + 72, 6).set(estimates);
}
