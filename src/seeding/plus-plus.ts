import type { Run } from '../algorithms/run.js';
import type { Work } from '../backend/pass.js';
import type { Samples } from '../data/samples.js';
import type { Random } from '../types.js';
import { drawByWeight } from './draw.js';
import { Potential, type PotentialBuffers } from './potential.js';

/** Candidates of a step: 2 + ⌊ln k⌋, as scikit-learn has it. */
export const trialsFor = (k: number): number => 2 + Math.floor(Math.log(k));

/** Numbers that greedy k-means++ draws for k seeds. */
export const drawsFor = (k: number): number => 1 + (k - 1) * trialsFor(k);

/** Puts the first centroids of a run where greedy k-means++ chooses. */
export function* plusPlus(run: Run, random: Random): Work {
  const { samples, k } = run;
  const mark = samples.workspace.mark();
  const chosen = yield* choosePlusPlus(samples, k, random, potentialBuffers(run));
  samples.workspace.backTo(mark);
  run.setCentroids((yield* samples.readAll(chosen)).flat());
}

/**
 * Greedy k-means++ (Arthur & Vassilvitskii 2007, section 6): each further seed is the best of several samples drawn with
 * probabilities in proportion to w · squared distance to the nearest seed so far, the best being the one that lowers
 * Σ w · squared distance the most. The first is drawn in proportion to the weights. Returns the indices of k samples.
 */
export function* choosePlusPlus(
  samples: Samples,
  k: number,
  random: Random,
  buffers: PotentialBuffers,
): Work<number[]> {
  const { workspace } = samples;
  const mark = workspace.mark();
  try {
    const trials = trialsFor(k);
    const potential = new Potential(samples, k, trials, buffers);
    const chosen = [drawByWeight(samples, random)];
    yield* potential.start(chosen[0]!);
    while (chosen.length < k) {
      const candidates = yield* potential.draw(trials, random);
      const best = indexOfGreatest(yield* potential.gainsOf(candidates));
      chosen.push(candidates[best]!);
      if (chosen.length < k) yield* potential.take(best);
    }
    return chosen;
  } finally {
    workspace.backTo(mark);
  }
}

/** Buffers of a run that hold nothing yet, and room for distances. */
export function potentialBuffers(run: Run): PotentialBuffers {
  const { labels, previous, centroids } = run.buffers;
  run.takeDistances();
  return { closest: run.distancesAt, nearest: labels, improved: previous, seeds: centroids };
}

function indexOfGreatest(values: ArrayLike<number>): number {
  let best = 0;
  for (let t = 1; t < values.length; t++) if (values[t]! > values[best]!) best = t;
  return best;
}
