import type { Run } from '../algorithms/run.js';
import { inParts, type Work } from '../backend/pass.js';
import { bytesOf, centroidStride, floatArray } from '../backend/shapes.js';
import { copySamples } from '../data/copy-samples.js';
import type { Samples } from '../data/samples.js';
import { readSource } from '../data/source.js';
import type { FloatArray, Random } from '../types.js';
import { drawByWeight } from './draw.js';
import { measureNearest, placeSeed } from './nearest.js';
import { choosePlusPlus, plusPlus } from './plus-plus.js';

/** Candidates expected of a round, times k; and rounds. Both as the paper recommends. */
const OVERSAMPLING = 2;
const ROUNDS = 5;

/**
 * k-means‖ (Bahmani et al. 2012): in each of five rounds every sample becomes a candidate with probability 2k · its share of
 * Σ w · squared distance to the nearest candidate so far; candidates weigh what the samples weigh that they are nearest to,
 * and greedy k-means++ chooses among them. Where there are fewer candidates than k, it chooses among all samples.
 */
export function* parallel(run: Run, random: Random): Work {
  const { samples, k } = run;
  const { workspace } = samples;
  const mark = workspace.mark();
  try {
    const cover = new Cover(run);
    yield* cover.add([drawByWeight(samples, random)]);
    for (let round = 0; round < ROUNDS; round++) yield* cover.add(yield* cover.drawEach(OVERSAMPLING * k, random));
    if (cover.candidates.length < k) {
      yield* plusPlus(run, random);
      return;
    }
    const { reduced, buffers } = yield* placeCandidates(run, cover.candidates, yield* cover.weights());
    const chosen = yield* choosePlusPlus(reduced, k, random, buffers);
    run.setCentroids((yield* reduced.readAll(chosen)).flat());
  } finally {
    workspace.backTo(mark);
  }
}

/** Candidates, and for every sample the nearest of them. */
class Cover {
  readonly candidates: number[] = [];
  private readonly closest: FloatArray;
  private readonly nearest: Int32Array;

  constructor(private readonly run: Run) {
    const { precision, n } = run.samples;
    run.takeDistances();
    this.closest = floatArray(precision, n).fill(Infinity);
    this.nearest = new Int32Array(n);
  }

  /** Further candidates; they are compared k at a time, in the place of the centroids. */
  *add(further: readonly number[]): Work {
    const { run, candidates, closest, nearest } = this;
    const { samples, k, buffers } = run;
    for (let from = 0; from < further.length; from += k) {
      const block = further.slice(from, from + k);
      (yield* samples.readAll(block)).forEach((values, j) => {
        placeSeed(run, j, values);
      });
      const distances = yield* measureNearest(run, block.length, samples);
      const labels = yield* samples.fetch('int32', buffers.labels);
      yield* inParts(samples.workspace, samples.n, (from, to) => {
        for (let i = from; i < to; i++) {
          if (!(distances[i]! < closest[i]!)) continue;
          closest[i] = distances[i]!;
          nearest[i] = candidates.length + labels[i]!;
        }
      });
      candidates.push(...block);
    }
  }

  /** Each sample with probability `expected` · its share of the potential. */
  *drawEach(expected: number, random: Random): Work<number[]> {
    const { n, workspace, weightValues: weights } = this.run.samples;
    const { closest } = this;
    let total = 0;
    yield* inParts(workspace, n, (from, to) => {
      let sum = total;
      for (let i = from; i < to; i++) sum += closest[i]! * (weights?.[i] ?? 1);
      total = sum;
    });
    const factor = expected / total;
    const drawn: number[] = [];
    if (total === 0) return drawn;
    yield* inParts(workspace, n, (from, to) => {
      for (let i = from; i < to; i++) if (random() < closest[i]! * (weights?.[i] ?? 1) * factor) drawn.push(i);
    });
    return drawn;
  }

  /** What the samples weigh that each candidate is nearest to. */
  *weights(): Work<Float64Array> {
    const sums = new Float64Array(this.candidates.length);
    const { nearest } = this;
    const { workspace, weightValues: weights } = this.run.samples;
    yield* inParts(workspace, nearest.length, (from, to) => {
      for (let i = from; i < to; i++) sums[nearest[i]!] = sums[nearest[i]!]! + (weights?.[i] ?? 1);
    });
    return sums;
  }
}

/** The candidates as samples of their own, with what seeding needs. */
function* placeCandidates(run: Run, candidates: readonly number[], weights: Float64Array) {
  const { samples, k } = run;
  const { workspace, precision, d } = samples;
  const m = candidates.length;
  const value = bytesOf(precision);
  const values = floatArray(precision, m * d);
  (yield* samples.readAll(candidates)).forEach((row, at) => {
    values.set(row, at * d);
  });
  const room = workspace.take(
    {
      weights: m * 8,
      closest: m * value,
      nearest: m * 4,
      improved: (m + 8) * 4,
      seeds: k * centroidStride(d) * value,
    },
    m,
  );
  workspace.float64(room.weights, m).set(weights);
  const reduced: Samples = yield* copySamples(workspace, readSource(values, d), precision, room.weights);
  return { reduced, buffers: room };
}
