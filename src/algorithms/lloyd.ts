import type { Work } from '../backend/pass.js';
import type { EmptyClusterPolicy } from './empty-clusters.js';
import { placeEmptyClusters } from './empty-clusters.js';
import type { Run } from './run.js';

export interface Limits {
  maxIter: number;
  /** A run ends when the summed squared shift is no more than this. */
  shiftTolerance: number;
  emptyCluster: EmptyClusterPolicy;
}

/** How labels and sums are brought up to date after the centroids moved: all ways give the same. */
export interface Assignment {
  restart(): void;
  /**
   * @param changed labels that the assignment before changed; n at first, and the last time: what would pay later does not begin
   * @returns how many this one changed
   */
  assign(changed: number): Work<number>;
}

export interface Iteration {
  /** From 1. */
  iteration: number;
  /** Labels that changed. */
  changed: number;
  /** Summed squared shift of the centroids. */
  shift: number;
  converged: boolean;
}

/**
 * Lloyd's algorithm (1957; published 1982): label every sample with its nearest centroid, move every centroid to the mean
 * of its samples, until no label changes or the centroids hardly move. Yields once an iteration, while the labels still
 * belong to `centroids` and the means stand in `nextCentroids`. At the end the labels are those of the final centroids.
 */
export function* lloyd(run: Run, limits: Limits, assignment: Assignment): Work<Iteration, Iteration> {
  yield* run.restart();
  assignment.restart();
  let state: Iteration;
  let iteration = 0;
  let changed = run.samples.n;
  do {
    iteration++;
    changed = yield* assignment.assign(changed);
    run.moveCentroids();
    yield* placeEmptyClusters(run, limits.emptyCluster, iteration);
    run.normaliseNext();
    const shift = run.shift();
    state = { iteration, changed, shift, converged: changed === 0 || shift <= limits.shiftTolerance };
    yield state;
    run.swap();
  } while (!state.converged && iteration < limits.maxIter);

  // The labels belong to the centroids before the last move: where that changed anything, they are taken once more.
  if (state.shift > 0) {
    yield* assignment.assign(run.samples.n);
    run.countSamples();
  }
  return state;
}
