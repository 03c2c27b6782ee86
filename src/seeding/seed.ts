import type { Run } from '../algorithms/run.js';
import type { Random } from '../types.js';
import { plusPlus } from './plus-plus.js';
import { randomSamples } from './random.js';

/** How the centroids of a run are placed first. */
export type Seeding =
  | { kind: 'k-means++' }
  | { kind: 'random' }
  /** k × d values in the coordinates of the samples, made anew for each restart. */
  | { kind: 'given'; centroids: (random: Random) => ArrayLike<number> };

/** Puts the first centroids in place. */
export function seedRun(run: Run, seeding: Seeding, random: Random): void {
  if (seeding.kind === 'k-means++') plusPlus(run, random);
  else if (seeding.kind === 'random') placeSamples(run, randomSamples(run.samples, run.k, random));
  else {
    run.setCentroids(seeding.centroids(random));
    if (run.spherical) run.normalise(run.buffers.centroids);
  }
}

function placeSamples(run: Run, chosen: readonly number[]): void {
  run.setCentroids(chosen.flatMap((i) => run.samples.read(i)));
}
