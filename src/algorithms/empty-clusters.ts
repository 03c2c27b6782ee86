import type { Work } from '../backend/pass.js';
import { centroidStride } from '../backend/shapes.js';
import { rangeError } from '../errors.js';
import type { FloatArray } from '../types.js';
import type { Run } from './run.js';

/** Samples between two places to pause. */
const PAUSE = 2 ** 15;

export type EmptyClusterPolicy = 'relocate' | 'keep' | 'error';

/**
 * Gives the centroids that lost all samples their place in `nextCentroids`, as scikit-learn does: the samples farthest from
 * their centroids leave their clusters and become the new centroids; where samples run out, the centroid of the heaviest
 * cluster is taken twice.
 *
 * @throws ERR_EMPTY_CLUSTER under policy `'error'`
 */
export function* placeEmptyClusters(run: Run, policy: EmptyClusterPolicy, iteration: number): Work {
  const empty = emptyClusters(run);
  if (empty.length === 0 || policy === 'keep') return;
  if (policy === 'error')
    throw rangeError(
      'ERR_EMPTY_CLUSTER',
      `cluster ${empty[0]} has no samples in iteration ${iteration}, and emptyCluster is 'error'`,
    );

  yield* relocate(run, empty);
  const counts = run.counts();
  const heaviest = counts.indexOf(counts.reduce((a, b) => Math.max(a, b)));
  for (const j of emptyClusters(run)) copyNext(run, heaviest, j);
  run.countSamples();
}

function emptyClusters(run: Run): number[] {
  const empty: number[] = [];
  const counts = run.counts();
  for (let j = 0; j < counts.length; j++) if (counts[j]! <= 0) empty.push(j);
  return empty;
}

/**
 * The sums are exact, so a sample can be moved into an empty cluster for the means alone and back again without a trace.
 * Until `countSamples` the counts are those of the means.
 */
function* relocate(run: Run, empty: readonly number[]): Work {
  const { samples, buffers } = run;
  const mark = samples.workspace.mark();
  run.takeDistances();
  yield* run.measure();
  const chosen = yield* farthestSamples(run, empty.length);
  const labels = yield* samples.fetchSome('int32', buffers.labels, chosen);
  const rows = yield* samples.readAll(chosen);
  const move = (there: boolean) =>
    chosen.forEach((i, e) => {
      const [from, to] = there ? [labels[e]![0]!, empty[e]!] : [empty[e]!, labels[e]![0]!];
      run.moveSample(rows[e]!, samples.weightValues?.[i] ?? 1, from, to);
    });
  move(true);
  run.moveCentroids();
  move(false);
  rows.forEach((row, e) => {
    writeNext(run, empty[e]!, row);
  });
  samples.workspace.backTo(mark);
}

/**
 * Up to `count` samples of positive weight whose squared distance, as measured, exceeds `least`, the farthest from their
 * centroid first; none that lies on it within rounding.
 */
export function* farthestSamples(run: Run, count: number, least = 0): Work<number[]> {
  const { samples } = run;
  const { precision, n, weightValues: weights } = samples;
  const distances = yield* samples.fetch(precision, run.distancesAt);
  const epsilon = precision === 'float32' ? 2 ** -22 : 2 ** -51;
  const noise = (row: Iterable<number>) => {
    let sum = 0;
    for (const value of row) sum += value * value;
    return epsilon * epsilon * sum;
  };
  /** No sample is noisier. */
  const mostNoise = 2 * noise(run.magnitude);

  const farthest: number[] = [];
  const step = samples.workspace.deferred ? PAUSE : n;
  for (let from = 0; from < n; from += step) {
    if (from > 0) yield;
    const to = Math.min(from + step, n);
    const next = (i: number) =>
      nextAbove(distances, i, to, farthest.length === count ? distances[farthest[count - 1]!]! : least);
    for (let i = next(from); i < to; i = next(i + 1)) {
      const distance = distances[i]!;
      if (weights?.[i] === 0) continue;
      if (distance <= mostNoise && distance <= noise((yield* samples.readAll([i]))[0]!)) continue;
      const place = farthest.findIndex((other) => distances[other]! < distance);
      farthest.splice(place < 0 ? farthest.length : place, 0, i);
      farthest.length = Math.min(farthest.length, count);
    }
  }
  return farthest;
}

/** Index of the next value above a limit, or `to`: most are not, and no generator is as fast at that. */
function nextAbove(values: FloatArray, from: number, to: number, limit: number): number {
  while (from < to && !(values[from]! > limit)) from++;
  return from;
}

function writeNext(run: Run, j: number, values: readonly number[]): void {
  run.centroidsAt(run.buffers.nextCentroids).set(values, j * centroidStride(run.samples.d));
}

function copyNext(run: Run, from: number, to: number): void {
  const stride = centroidStride(run.samples.d);
  run.centroidsAt(run.buffers.nextCentroids).copyWithin(to * stride, from * stride, (from + 1) * stride);
}
