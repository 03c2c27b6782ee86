import { algorithmFor, prepareAlgorithm } from '../algorithms/choose.js';
import { DrawnRun } from '../algorithms/drawn-run.js';
import type { Run } from '../algorithms/run.js';
import type { Work } from '../backend/pass.js';
import { Samples } from '../data/samples.js';
import type { Random } from '../types.js';
import { plusPlus } from './plus-plus.js';

/** How much larger every sample is than the one before. */
const GROWTH = 4;

/** Samples of a cluster that the greatest sample has to have, and has at the most: means of so many add a thousandth to the inertia. */
const LEAST = 16;
const MOST = 1024;

/** Samples of a cluster in the least sample, where there are several. */
const FIRST = 32;

/** Iterations on one sample end when the centroids move by this share of what they may be off by. */
const RATIO = 1 / 5;

/** Iterations on one sample at the most. */
const MAX_ITER = 100;

/** Samples of the greatest sample, 0 where there are too few for any. */
export const growingRows = (n: number, k: number): number => {
  const rows = Math.min(Math.floor(n / GROWTH), MOST * k);
  return rows < LEAST * k ? 0 : rows;
};

/**
 * The centroids of samples that grow, each four times the one before and with it inside, as batches do in nested mini-batch
 * k-means (Newling & Fleuret 2016): greedy k-means++ on the least, then Lloyd's algorithm on each until the centroids move less
 * than they are off as means of so few. Samples are drawn with replacement, in proportion to their weights. Where there are
 * too few samples it is greedy k-means++.
 */
export function* growing(run: Run, random: Random): Work {
  const { workspace, precision, n, d } = run.samples;
  const { k } = run;
  const most = growingRows(n, k);
  if (most === 0) return yield* plusPlus(run, random);
  const mark = workspace.mark();
  try {
    const drawn = new DrawnRun(run, most);
    yield* drawn.draw(random);
    const { run: grown } = drawn;
    const { x, stride, weights } = grown.samples;
    // The least sample is this part of the greatest.
    let share = 1;
    while (most >= GROWTH * share * FIRST * k) share *= GROWTH;
    for (let seed = true; share >= 1; share /= GROWTH, seed = false) {
      grown.samples = new Samples(workspace, precision, Math.floor(most / share), d, x, stride, weights);
      if (seed) yield* plusPlus(grown, random);
      yield* settle(grown);
    }
    run.setCentroids(grown.copyCentroids());
  } finally {
    workspace.backTo(mark);
  }
}

/** Lloyd's algorithm from the centroids that are in place, until they hardly matter less than the choice of the samples. */
function* settle(run: Run): Work {
  const { k, samples } = run;
  const { workspace, n } = samples;
  const mark = workspace.mark();
  const limits = { maxIter: MAX_ITER, shiftTolerance: 0, emptyCluster: 'relocate' } as const;
  const algorithm = algorithmFor('auto', { ...samples, k }, false);
  const iterations = (yield* prepareAlgorithm(algorithm, run, limits, true))();
  const share = (RATIO * k) / n;
  let tolerance = 0;
  let step = iterations.next();
  while (!step.done) {
    const { value } = step;
    let made = 0;
    if (!value || !('iteration' in value)) made = yield value;
    else {
      // The variance of a mean is that of its samples by their number, here that of k clusters of one size, for all k together.
      tolerance ||= (yield* run.inertia()) * share * share;
      if (value.shift <= tolerance) {
        run.swap();
        break;
      }
    }
    step = iterations.next(made);
  }
  run.writeLabels = undefined;
  workspace.backTo(mark);
}
