import type { Run } from '../algorithms/run.js';
import { CHUNK } from '../backend/layout.js';
import { bytesOf, centroidStride, panelWidth } from '../backend/shapes.js';
import { forPasses } from '../data/samples.js';
import type { Random } from '../types.js';

/** Candidates of a step: 2 + ⌊ln k⌋, as scikit-learn has it. */
export const trialsFor = (k: number): number => 2 + Math.floor(Math.log(k));

/**
 * Greedy k-means++ (Arthur & Vassilvitskii 2007, section 6): each further centroid is the best of several samples drawn
 * with probabilities in proportion to w · squared distance to the nearest centroid so far, the best being the one that
 * leaves the least Σ w · squared distance. The first is drawn in proportion to the weights.
 */
export function plusPlus(run: Run, random: Random): void {
  const { samples, k } = run;
  const chosen: number[] = [];
  const potential = new Potential(run);
  const first = drawFirst(run, random);
  chosen.push(first);
  potential.lower(samples.read(first));
  while (chosen.length < k) {
    const candidates = Array.from({ length: trialsFor(k) }, () => potential.draw(random));
    const best = candidates[indexOfLeast(potential.ofCandidates(candidates))]!;
    chosen.push(best);
    potential.lower(samples.read(best));
  }
  run.setCentroids(chosen.flatMap((i) => samples.read(i)));
}

function drawFirst(run: Run, random: Random): number {
  const { samples } = run;
  if (!samples.weights) return Math.floor(random() * samples.n);
  const weights = samples.workspace.float64(samples.weights, samples.n);
  return drawInProportion(weights, random() * weights.reduce((sum, w) => sum + w, 0));
}

/** The first index at which the running sum exceeds a target; the last of positive weight where rounding leaves none. */
function drawInProportion(weights: ArrayLike<number>, target: number): number {
  let sum = 0;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i]! <= 0) continue;
    sum += weights[i]!;
    last = i;
    if (sum > target) break;
  }
  return last;
}

const indexOfLeast = (values: Float64Array): number => values.indexOf(values.reduce((a, b) => Math.min(a, b)));

/** Σ w · squared distance to the nearest centroid so far, sample by sample and chunk by chunk. */
class Potential {
  /** Sums of the chunks: a draw looks for its chunk first. */
  private readonly chunks: Float64Array;

  constructor(private readonly run: Run) {
    this.chunks = new Float64Array(Math.ceil(run.samples.n / CHUNK));
    run.distances().fill(Infinity);
  }

  /** Takes a new centroid into account. */
  lower(centroid: readonly number[]): void {
    const { samples, buffers } = this.run;
    const { kernels, d, stride, workspace, precision } = samples;
    workspace.floats(precision, buffers.candidates, centroidStride(d)).fill(0).set(centroid);
    forPasses(
      samples.n,
      (i, count) => {
        const closest = buffers.distances + i * bytesOf(precision);
        this.chunks[i / CHUNK] = kernels.updateClosest(
          samples.at(i),
          count,
          d,
          stride,
          buffers.candidates,
          closest,
          samples.weightAt(i),
        );
      },
      CHUNK,
    );
  }

  /** A sample, drawn in proportion to what it adds to the potential; any of positive weight where all lie on centroids. */
  draw(random: Random): number {
    const { samples } = this.run;
    const total = this.chunks.reduce((sum, chunk) => sum + chunk, 0);
    if (total === 0) return drawFirst(this.run, random);
    let target = random() * total;
    let chunk = 0;
    let last = 0;
    for (; chunk < this.chunks.length; chunk++) {
      if (this.chunks[chunk]! <= 0) continue;
      last = chunk;
      if (this.chunks[chunk]! > target) break;
      target -= this.chunks[chunk]!;
    }
    const from = last * CHUNK;
    const count = Math.min(CHUNK, samples.n - from);
    const closest = this.run.distances().subarray(from, from + count);
    if (!samples.weights) return from + drawInProportion(closest, target);
    const weights = samples.workspace.float64(samples.weightAt(from), count);
    return (
      from +
      drawInProportion(
        weights.map((w, i) => w * closest[i]!),
        target,
      )
    );
  }

  /** The potential that each candidate would leave. */
  ofCandidates(candidates: readonly number[]): Float64Array {
    const { samples, buffers } = this.run;
    const { kernels, d, stride, workspace, precision } = samples;
    const width = panelWidth(precision);
    const row = centroidStride(d);
    const rows = workspace.floats(precision, buffers.candidates, candidates.length * row).fill(0);
    candidates.forEach((i, t) => {
      rows.set(samples.read(i), t * row);
    });
    const totals = new Float64Array(candidates.length);
    for (let t = 0; t < candidates.length; t += width) {
      const count = Math.min(width, candidates.length - t);
      kernels.packDirect(buffers.candidates + t * row * bytesOf(precision), count, d, buffers.candidatePanel);
      const sums = workspace.float64(buffers.potentials, width).fill(0);
      forPasses(samples.n, (i, rowsOfPass) =>
        kernels.candidatePotentials(
          samples.at(i),
          rowsOfPass,
          d,
          stride,
          buffers.candidatePanel,
          buffers.distances + i * bytesOf(precision),
          samples.weightAt(i),
          buffers.potentials,
        ),
      );
      totals.set(sums.subarray(0, count), t);
    }
    return totals;
  }
}
