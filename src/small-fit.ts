import { isShort, lloydAtOnce } from './algorithms/at-once.js';
import { Run } from './algorithms/run.js';
import { runLayout } from './backend/layout.js';
import { now } from './backend/pass.js';
import { bytesOf, COLUMNS_MAX_D } from './backend/shapes.js';
import type { Workspace } from './backend/workspace.js';
import { type FeatureStatistics, type Spread, statisticsLayout, statisticsOf } from './data/centre.js';
import { samplesLayout, strideOf } from './data/copy-samples.js';
import { PASS_ROWS, Samples } from './data/samples.js';
import type { Source } from './data/source.js';
import { codebookOf, seedingBy } from './fit.js';
import { checkK, precisionFor, type ResolvedOptions } from './options.js';
import { createRandom } from './random.js';
import { createResult, outcomeOf } from './result.js';
import { startingCentroids } from './seeding/given.js';
import { seedRun } from './seeding/seed.js';
import type { Data, FloatArray, KMeansResult, Precision } from './types.js';

/**
 * A clustering of so few samples that what goes on beside the kernels takes longer than they do: what a `Fit` does, with the same
 * bits, one call after the other. Undefined where more is asked for than this can, a value is not finite or a cluster runs empty:
 * a `Fit` sees to that.
 *
 * @throws as a `Fit` does
 */
export function fitSmall(
  workspace: Workspace,
  data: Data,
  source: Source,
  k: number,
  options: ResolvedOptions,
): KMeansResult | undefined {
  const { nSamples: n, nFeatures: d } = source;
  const { maxIter, tol, emptyCluster, seed } = options;
  checkK(k, n);
  if (!isShort(n, d, k) || n > PASS_ROWS || !isPlain(options)) return undefined;
  const start = startingCentroids(options.init, data, k, d);
  const precision = precisionFor(options, source.precision);
  const place = Place.in(workspace, n, d, k, precision);
  place.copy(source);
  const statistics = place.centre();
  if (!statistics) return undefined;
  const { shift, meanVariance } = statistics;
  const run = place.run(statistics);
  now(seedRun(run, seedingBy(start, options, shift, precision), createRandom(seed)));
  const last = lloydAtOnce(run, { maxIter, shiftTolerance: tol * meanVariance, emptyCluster });
  if (!last) return undefined;
  const outcome = now(outcomeOf(run, last, options, 'lloyd'));
  return createResult(run.labels().slice(), codebookOf(run, shift), outcome);
}

/** Whether one run of Lloyd's algorithm is all that is asked for. */
const isPlain = (options: ResolvedOptions): boolean =>
  (options.algorithm === 'auto' || options.algorithm === 'lloyd') &&
  options.metric === 'euclidean' &&
  options.nInit === 1 &&
  typeof options.init !== 'function' &&
  !options.sampleWeight &&
  !options.relaxedSimd &&
  !options.onProgress;

const places = new WeakMap<Workspace, Place>();

/** Where everything of a small problem lies: kept for the next one, which often has the same shape. */
class Place {
  private readonly at: ReturnType<typeof layoutOf>;
  private readonly bytes: number;
  private readonly samples: Samples;
  /** The samples as they come, row by row. */
  private readonly rows: FloatArray;
  private readonly means: Float64Array;
  private readonly spread: Spread;
  private readonly shift: FloatArray;

  /** Taken in a workspace. */
  static in(workspace: Workspace, n: number, d: number, k: number, precision: Precision): Place {
    const last = places.get(workspace);
    if (last?.suits(n, d, k, precision)) {
      workspace.reserve(last.bytes, n);
      return last;
    }
    const place = new Place(workspace, workspace.mark(), n, d, k, precision);
    places.set(workspace, place);
    return place;
  }

  private constructor(
    private readonly workspace: Workspace,
    private readonly mark: number,
    n: number,
    d: number,
    private readonly k: number,
    precision: Precision,
  ) {
    const at = workspace.take(layoutOf(n, d, k, precision), n);
    this.at = at;
    this.bytes = workspace.mark() - mark;
    this.samples = new Samples(workspace, precision, n, d, at.x, strideOf(n, d));
    this.rows = workspace.floats(precision, d <= COLUMNS_MAX_D ? at.staging : at.x, n * d);
    this.means = workspace.float64(at.means, d);
    const [squares, least, greatest] = [0, 1, 2].map((i) => workspace.float64(at.ranges + i * d * 8, d));
    this.spread = { squares: squares!, least: least!, greatest: greatest! };
    this.shift = workspace.floats(precision, at.shift, d);
  }

  private suits(n: number, d: number, k: number, precision: Precision): boolean {
    const { samples, workspace, mark, rows } = this;
    const alike = samples.n === n && samples.d === d && this.k === k && samples.precision === precision;
    // Memory that has grown has another buffer.
    return alike && mark === workspace.mark() && rows.buffer === workspace.backend.memory.buffer;
  }

  copy(source: Source): void {
    const { n, d, x, stride, kernels } = this.samples;
    source.write(this.rows, 0, n);
    if (d <= COLUMNS_MAX_D) kernels.toColumns(this.at.staging, n, d, x, stride);
  }

  /** Shifts the samples as `placeSamples` does; undefined where some value is not finite. */
  centre(): FeatureStatistics | undefined {
    const { at, means, spread, shift } = this;
    const { n, d, x, stride, precision, kernels } = this.samples;
    const { squares, least, greatest } = spread;
    squares.fill(0);
    kernels.addFeatureSums(x, n, d, stride, at.ranges);
    for (let f = 0; f < d; f++) {
      if (!Number.isFinite(squares[f])) return undefined;
      means[f] = squares[f]! / n;
    }
    squares.fill(0);
    least.fill(Infinity);
    greatest.fill(-Infinity);
    kernels.addFeatureSpread(x, n, d, stride, at.means, at.ranges);
    const statistics = statisticsOf(means, spread, n, precision, true);
    if (statistics.shift.every((value) => value === 0)) return statistics;
    shift.set(statistics.shift);
    kernels.subtractShift(x, n, d, stride, at.shift);
    return statistics;
  }

  run(statistics: FeatureStatistics): Run {
    return new Run(this.samples, this.k, false, this.at, statistics, 1);
  }
}

const layoutOf = (n: number, d: number, k: number, precision: Precision) => ({
  shift: d * bytesOf(precision),
  ...samplesLayout(n, d, precision),
  ...statisticsLayout(n, d),
  ...runLayout({ n, d, k, precision, threads: 1 }),
});
