import type { Run } from '../algorithms/run.js';
import { inParts, type Work } from '../backend/pass.js';
import { COLUMNS_MAX_D } from '../backend/shapes.js';
import { samplesBytes } from '../data/copy-samples.js';
import { Samples } from '../data/samples.js';
import type { FloatArray, Random } from '../types.js';
import { drawByWeight, drawInProportion, firstAbove } from './draw.js';
import { measureNearest, placeSeed } from './nearest.js';

/** Samples of a chain. */
const CHAIN = 200;

/**
 * AFK-MC² (Bachem et al. 2016): k-means++ without looking at every sample at every step. Each further seed is the end of a
 * Markov chain of 200 samples, drawn in proportion to w · (½ · share of the potential that the first seed leaves + ½ · 1/Σw),
 * whose stationary distribution is that of k-means++. A chain that ends on a seed is replaced by one draw of k-means++ itself.
 */
export function* afkMc2(run: Run, random: Random): Work {
  const { samples, k } = run;
  const mark = samples.workspace.mark();
  try {
    const seeds = new Seeds(run);
    const first = drawByWeight(samples, random);
    yield* seeds.add(first);
    const chosen = [first];
    const proposals = yield* Proposals.from(samples, yield* seeds.measureAll());
    let { covered } = proposals;
    while (chosen.length < k) {
      let next = covered ? undefined : yield* walk(seeds, proposals, random);
      if (next === undefined && !covered) {
        next = yield* drawByPotential(samples, yield* seeds.measureAll(), random);
        covered = next === undefined;
      }
      const seed = next ?? drawByWeight(samples, random);
      chosen.push(seed);
      if (chosen.length < k) yield* seeds.add(seed);
      if (samples.workspace.deferred) yield;
    }
    run.setCentroids((yield* samples.readAll(chosen)).flat());
  } finally {
    samples.workspace.backTo(mark);
  }
}

/** The end of a chain, or undefined where that lies on a seed. */
function* walk(seeds: Seeds, proposals: Proposals, random: Random): Work<number | undefined> {
  const chain = Array.from({ length: CHAIN }, () => proposals.draw(random));
  const sqDistances = yield* seeds.measure(chain);
  let at = 0;
  for (let t = 1; t < CHAIN; t++) {
    const { densities } = proposals;
    const here = sqDistances[at]! * densities[chain[t]!]!;
    const there = sqDistances[t]! * densities[chain[at]!]!;
    if (random() * here < there) at = t;
  }
  return sqDistances[at]! > 0 ? chain[at] : undefined;
}

/** A sample in proportion to w · squared distance; undefined where all are zero. */
function* drawByPotential(samples: Samples, sqDistances: FloatArray, random: Random): Work<number | undefined> {
  const values = new Float64Array(samples.n);
  const total = yield* weigh(samples, (i) => sqDistances[i]!, values);
  return total > 0 ? drawInProportion(values, random() * total) : undefined;
}

/** The distribution that chains draw from, made once from the distances to the first seed. */
class Proposals {
  private constructor(
    /** Probability of each sample, divided by its weight. */
    readonly densities: Float64Array,
    private readonly cumulative: Float64Array,
    /** Whether all samples lie on the first seed. */
    readonly covered: boolean,
  ) {}

  static *from(samples: Samples, sqDistances: FloatArray): Work<Proposals> {
    const { n, workspace } = samples;
    const potential = yield* weigh(samples, (i) => sqDistances[i]!);
    const weight = yield* weigh(samples, () => 1);
    const densities = new Float64Array(n);
    yield* inParts(workspace, n, (from, to) => {
      for (let i = from; i < to; i++) densities[i] = 0.5 * (sqDistances[i]! / potential) + 0.5 / weight;
    });
    const cumulative = new Float64Array(n);
    yield* weigh(samples, (i) => densities[i]!, undefined, cumulative);
    return new Proposals(densities, cumulative, potential === 0);
  }

  draw(random: Random): number {
    const { cumulative } = this;
    let i = firstAbove(cumulative, random() * cumulative[cumulative.length - 1]!);
    // At the edge of rounding the last may be one without weight.
    while (i > 0 && cumulative[i] === cumulative[i - 1]) i--;
    return i;
  }
}

/** Σ w · value over the samples; the products and their running sums are written where there is room for them. */
function* weigh(
  { workspace, weightValues: w, n }: Samples,
  ofSample: (i: number) => number,
  products?: Float64Array,
  sums?: Float64Array,
): Work<number> {
  let total = 0;
  yield* inParts(workspace, n, (from, to) => {
    let sum = total;
    for (let i = from; i < to; i++) {
      const product = w ? ofSample(i) * w[i]! : ofSample(i);
      sum += product;
      if (products) products[i] = product;
      if (sums) sums[i] = sum;
    }
    total = sum;
  });
  return total;
}

/** The seeds so far, in the place of the centroids, and distances to the nearest of them. */
class Seeds {
  private count = 0;
  private readonly room: Record<'x' | 'indices' | 'labels' | 'distances', number>;
  /** The samples of a chain, one behind the other. */
  private readonly chain: Samples;

  constructor(private readonly run: Run) {
    const { workspace, precision, d } = run.samples;
    const sizes = {
      x: samplesBytes(CHAIN, d, precision),
      indices: CHAIN * 4,
      labels: (CHAIN + 8) * 4,
      distances: CHAIN * 8,
    };
    this.room = workspace.take(sizes, CHAIN);
    run.takeDistances();
    const stride = d <= COLUMNS_MAX_D ? CHAIN : d;
    this.chain = new Samples(workspace, precision, CHAIN, d, this.room.x, stride);
  }

  *add(sample: number): Work {
    const [values] = yield* this.run.samples.readAll([sample]);
    placeSeed(this.run, this.count, values!);
    this.count++;
  }

  /** Squared distances of the samples of a chain. */
  *measure(chain: readonly number[]): Work<FloatArray> {
    yield* this.run.samples.gatherAll(chain, this.room.indices, this.chain);
    return yield* measureNearest(this.run, this.count, this.chain, this.room.labels, this.room.distances);
  }

  /** Squared distances of all samples. */
  measureAll(): Work<FloatArray> {
    return measureNearest(this.run, this.count, this.run.samples);
  }
}
