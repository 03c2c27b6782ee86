import type { Work } from '../backend/pass.js';
import { placeEmptyClusters } from './empty-clusters.js';
import type { Iteration, Limits } from './lloyd.js';
import type { Run } from './run.js';
import type { Transfers } from './transfers.js';

/**
 * The algorithm of Hartigan and Wong (1979, AS 136): from the samples' nearest centroids on, single samples change
 * clusters wherever that lowers the inertia, until no such transfer is left. That optimum is one of Lloyd's algorithm
 * too, but not the other way round. Yields once for every pass of optimal transfers, with the quick ones behind it, while
 * `centroids`, labels and counts are those before it and the means after it stand in `nextCentroids`. Where the first
 * assignment leaves clusters empty, an iteration of Lloyd's comes before. At the end the labels are those of the final
 * centroids.
 */
export function* hartiganWong(
  run: Run,
  { maxIter, emptyCluster }: Omit<Limits, 'shiftTolerance'>,
  transfers: Transfers,
): Work<Iteration, Iteration> {
  yield* run.restart();
  let changed = yield* run.assignAndAccumulate();
  let state: Iteration = { iteration: 0, changed, shift: 0, converged: false };
  run.moveCentroids();
  if (emptyCluster !== 'keep' && run.counts().some((count) => count <= 0)) {
    yield* placeEmptyClusters(run, emptyCluster, 1);
    state = { iteration: 1, changed, shift: run.shift(), converged: false };
    yield state;
    run.swap();
    changed = yield* run.assignAndAccumulate();
    run.countSamples();
  }

  yield* transfers.restart();
  while (!state.converged && state.iteration < maxIter) {
    const converged = yield* transfers.pass();
    const changedNext = yield* moveTo(run, transfers.labels);
    state = { iteration: state.iteration + 1, changed, shift: run.shift(), converged };
    yield state;
    run.labels().set(transfers.labels);
    run.countSamples();
    run.swap();
    changed = changedNext;
  }

  yield* run.assignAndAccumulate();
  run.countSamples();
  return state;
}

/** Brings sums and `nextCentroids` up to new labels, and leaves the labels and counts as they are. */
function* moveTo(run: Run, labels: Int32Array): Work<number> {
  const before = run.labels().slice();
  const counts = run.counts().slice();
  run.labels().set(labels);
  const changed = yield* run.accumulate();
  run.moveCentroids();
  run.labels().set(before);
  run.counts().set(counts);
  return changed;
}
