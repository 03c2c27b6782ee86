import type { Run } from '../algorithms/run.js';
import { inParts, type Work } from '../backend/pass.js';
import { bytesOf, centroidStride, floatArray } from '../backend/shapes.js';
import { copySamples, type Samples, samplesBytes, stagingBytes } from '../data/samples.js';
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
    run.setCentroids(chosen.flatMap((i) => reduced.read(i)));
  } finally {
    workspace.backTo(mark);
  }
}

/** Candidates, and for every sample the nearest of them. */
class Cover {
  readonly candidates: number[] = [];
  private readonly room: Record<'closest' | 'nearest', number>;

  constructor(private readonly run: Run) {
    const { workspace, precision, n } = run.samples;
    this.room = workspace.take({ closest: n * bytesOf(precision), nearest: n * 4 }, n);
    this.closest().fill(Infinity);
  }

  /** Further candidates; they are compared k at a time, in the place of the centroids. */
  *add(further: readonly number[]): Work {
    const { run, candidates } = this;
    const { samples, k } = run;
    for (let from = 0; from < further.length; from += k) {
      const block = further.slice(from, from + k);
      block.forEach((sample, j) => {
        placeSeed(run, j, sample);
      });
      const distances = yield* measureNearest(run, block.length, samples);
      const [closest, nearest, labels] = [this.closest(), this.nearest(), run.labels()];
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
    const { n, workspace } = this.run.samples;
    const closest = this.closest();
    const weights = this.sampleWeights();
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
    const nearest = this.nearest();
    const weights = this.sampleWeights();
    yield* inParts(this.run.samples.workspace, nearest.length, (from, to) => {
      for (let i = from; i < to; i++) sums[nearest[i]!] = sums[nearest[i]!]! + (weights?.[i] ?? 1);
    });
    return sums;
  }

  private sampleWeights(): Float64Array | undefined {
    const { workspace, weights, n } = this.run.samples;
    return weights ? workspace.float64(weights, n) : undefined;
  }

  private closest(): FloatArray {
    return this.run.samples.workspace.floats(this.run.samples.precision, this.room.closest, this.run.samples.n);
  }

  private nearest(): Int32Array {
    return this.run.samples.workspace.int32(this.room.nearest, this.run.samples.n);
  }
}

/** The candidates as samples of their own, with what seeding needs. */
function* placeCandidates(run: Run, candidates: readonly number[], weights: Float64Array) {
  const { samples, k } = run;
  const { workspace, precision, d } = samples;
  const m = candidates.length;
  const value = bytesOf(precision);
  const values = floatArray(precision, m * d);
  candidates.forEach((i, at) => {
    values.set(samples.read(i), at * d);
  });
  const room = workspace.take(
    {
      x: samplesBytes(m, d, precision),
      staging: stagingBytes(m, d, precision),
      weights: m * 8,
      closest: m * value,
      nearest: m * 4,
      improved: (m + 8) * 4,
      seeds: k * centroidStride(d) * value,
    },
    m,
  );
  workspace.float64(room.weights, m).set(weights);
  const reduced: Samples = yield* copySamples(
    workspace,
    readSource(values, d),
    precision,
    room.x,
    room.staging,
    room.weights,
  );
  return { reduced, buffers: room };
}
