import type { Run } from '../algorithms/run.js';
import type { Work } from '../backend/pass.js';
import type { InitName, Random } from '../types.js';
import { afkMc2 } from './afk-mc2.js';
import { growing } from './growing.js';
import { parallel } from './parallel.js';
import { plusPlus } from './plus-plus.js';
import { randomSamples } from './random.js';

/** How the centroids of a run are placed first. */
export type Seeding =
  | { kind: InitName }
  /** k × d values in the coordinates of the samples, made anew for each restart. */
  | { kind: 'given'; centroids: (random: Random) => ArrayLike<number> };

/** Puts the first centroids in place. */
export function* seedRun(run: Run, seeding: Seeding, random: Random): Work {
  if (seeding.kind !== 'given') yield* BY_NAME[seeding.kind](run, random);
  else {
    run.setCentroids(seeding.centroids(random));
    if (run.spherical) run.normalise(run.buffers.centroids);
  }
}

const BY_NAME: Readonly<Record<InitName, (run: Run, random: Random) => Work>> = {
  'k-means++': plusPlus,
  'k-means||': parallel,
  'afk-mc2': afkMc2,
  growing,
  *random(run, random) {
    const chosen = yield* randomSamples(run.samples, run.k, random);
    run.setCentroids((yield* run.samples.readAll(chosen)).flat());
  },
};
