import { farthestSamples, placeEmptyClusters } from '../algorithms/empty-clusters.js';
import { Run } from '../algorithms/run.js';
import { runLayout } from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { acquireWorkspace, releaseWorkspace, type Workspace } from '../backend/workspace.js';
import { drive } from '../background.js';
import { describe } from '../data/kind.js';
import { Reservoir } from '../data/reservoir.js';
import { SampleStream } from '../data/sample-stream.js';
import { rangeError, typeError } from '../errors.js';
import { codebookOf, shifted } from '../fit.js';
import { kmeansAsync } from '../kmeans.js';
import { checkOptions } from '../option-rules.js';
import { checkK, type ResolvedOptions, resolveOptions } from '../options.js';
import { createRandom } from '../random.js';
import { createModel } from '../result.js';
import { startingCentroids } from '../seeding/given.js';
import { seedRun } from '../seeding/seed.js';
import type { BatchSource, Data, KMeansModel, KMeansOptions } from '../types.js';

export interface StreamOptions {
  /** Rejects with its reason, at the next block at the latest, and closes the stream. */
  signal?: AbortSignal;
}

/** Samples that the first centroids come from: so many, and so many for each cluster if that is more. */
const RESERVOIR = 4096;
const RESERVOIR_PER_CLUSTER = 32;

/** What `KMeans.fitStream` does; see there. */
export async function fitStream(
  source: BatchSource,
  k: number,
  given: KMeansOptions,
  streamOptions: StreamOptions = {},
): Promise<KMeansModel> {
  const options = checkStream(source, given);
  const signal = checkStreamOptions(streamOptions, options.sampleWeight);
  const workspace = acquireWorkspace();
  try {
    const { nFeatures, precision, metric, seed } = options;
    const stream = new SampleStream(workspace, source, { nFeatures, precision, signal }, metric === 'cosine', k);
    const reservoir = new Reservoir(Math.max(RESERVOIR, RESERVOIR_PER_CLUSTER * k), createRandom(seed));
    await stream.measure(reservoir);
    checkK(k, stream.n);
    const lloyd = new StreamedLloyd(workspace, stream, k, options, signal);
    return await lloyd.run(await startFrom(reservoir, stream, k, given, signal));
  } finally {
    releaseWorkspace(workspace);
  }
}

function checkStream(source: BatchSource, given: KMeansOptions): ResolvedOptions {
  if (typeof source !== 'function')
    throw typeError(
      'ERR_DATA_TYPE',
      `the source is ${describe(source)}; it must be a function that opens an async iterable of batches`,
    );
  const options = resolveOptions(given);
  if (options.algorithm === 'hartigan-wong')
    throw rangeError('ERR_OPTION', "algorithm is 'hartigan-wong', which needs all samples in memory");
  return options;
}

/**
 * The signal, unless it is aborted already.
 *
 * @throws ERR_OPTION and the signal's reason
 */
export function checkStreamOptions(options: StreamOptions, weights: unknown): AbortSignal | undefined {
  checkOptions(options, { signal: [(v) => v instanceof AbortSignal, 'an AbortSignal'] });
  if (weights)
    throw typeError('ERR_OPTION', 'sampleWeight is given; the weights of a stream come as { data, sampleWeight }');
  options.signal?.throwIfAborted();
  return options.signal;
}

/** The first centroids, k × d: those that are given, or those of a clustered reservoir. */
async function startFrom(
  reservoir: Reservoir,
  { d, precision }: SampleStream,
  k: number,
  given: KMeansOptions,
  signal: AbortSignal | undefined,
): Promise<Data> {
  if (typeof given.init === 'object') return given.init;
  const { length } = reservoir;
  const data = { data: reservoir.values, shape: [length, d] };
  const sampleWeight = reservoir.weights.subarray(0, length);
  return (await kmeansAsync(data, k, { ...given, precision, sampleWeight, onProgress: undefined, signal })).centroids;
}

/** A sample that a centroid without any may move to. */
interface Far {
  sqDistance: number;
  values: number[];
  weight: number;
  label: number;
}

/** Lloyd's algorithm, as in algorithms/lloyd.ts, over samples of which a block is in memory. */
class StreamedLloyd {
  private readonly lloyd: Run;
  private farthest: Far[] = [];

  constructor(
    workspace: Workspace,
    private readonly stream: SampleStream,
    private readonly k: number,
    private readonly options: ResolvedOptions,
    private readonly signal: AbortSignal | undefined,
  ) {
    const { n, d, precision, statistics, heaviest, blockRows } = stream;
    const buffers = workspace.take(runLayout({ n: blockRows, d, k, precision, threads: workspace.threads }), blockRows);
    const backend = workspace.backendFor(options.relaxedSimd);
    const spherical = options.metric === 'cosine';
    this.lloyd = new Run(stream.place([], []), k, spherical, buffers, statistics, heaviest, backend);
    this.lloyd.writeGrids(statistics.magnitude, heaviest, n);
  }

  async run(start: Data): Promise<KMeansModel> {
    const { stream, k, options, lloyd } = this;
    const { maxIter, tol, onProgress, seed } = options;
    const { statistics, d, precision } = stream;
    const { shift: centre, meanVariance } = statistics;
    const centroids = shifted(startingCentroids(start, start, k, d)!(Math.random), centre, precision);
    await this.drive(seedRun(lloyd, { kind: 'given', centroids: () => centroids }, Math.random));

    const begun = performance.now();
    let iteration = 0;
    let converged = false;
    let shift: number;
    let inertia: number;
    do {
      iteration++;
      const before = lloyd.sums().slice();
      inertia = await this.pass();
      lloyd.moveCentroids();
      await this.placeEmpty(iteration);
      lloyd.normaliseNext();
      shift = lloyd.shift();
      // Where no label changes, neither do the exact sums.
      converged = shift <= tol * meanVariance || lloyd.sums().every((value, i) => value === before[i]);
      const elapsedMs = performance.now() - begun;
      onProgress?.({ run: 0, runs: 1, iteration, maxIter, inertia, shift, changed: Number.NaN, elapsedMs });
      lloyd.swap();
    } while (!converged && iteration < maxIter);
    if (shift > 0) {
      inertia = await this.pass();
      lloyd.countSamples();
    }

    return createModel(codebookOf(lloyd, centre), {
      ...{ counts: lloyd.counts().slice(), inertia, iterations: iteration, converged, nSamples: stream.n, seed },
      ...{ algorithm: 'lloyd', backend: lloyd.backend.name, threads: 1 },
    });
  }

  /** Labels all samples, sums them up anew and finds those that are far from their centroid; returns the inertia. */
  private async pass(): Promise<number> {
    const { lloyd, stream, k, options } = this;
    lloyd.clearSums();
    this.farthest = [];
    let inertia = 0;
    for await (const samples of stream.placed()) {
      lloyd.samples = samples;
      lloyd.forgetLabels();
      await this.drive(lloyd.assignAndAccumulate());
      await this.drive(lloyd.inertia());
      for (const value of lloyd.chunkInertias()) inertia += value;
      if (k > 1 && options.emptyCluster === 'relocate') await this.drive(this.keepFarthest(k - 1));
    }
    if (!lloyd.sums().every(Number.isFinite)) throw stream.changed('others');
    return inertia;
  }

  /** Work on the block of the moment, in slices. */
  private async drive<T>(work: Work<T>): Promise<T> {
    const { workspace } = this.stream;
    workspace.deferred = true;
    try {
      return await drive(work, workspace, this.signal);
    } finally {
      workspace.deferred = false;
    }
  }

  private *keepFarthest(most: number): Work {
    const { samples } = this.lloyd;
    const { farthest } = this;
    const labels = this.lloyd.labels();
    const distances = this.lloyd.distances();
    const weights = samples.weightValues;
    const least = farthest.length < most ? 0 : farthest[most - 1]?.sqDistance;
    for (const i of yield* farthestSamples(this.lloyd, most, least)) {
      const weight = weights?.[i] ?? 1;
      farthest.push({ sqDistance: distances[i]!, values: samples.read(i), weight, label: labels[i]! });
    }
    farthest.sort((a, b) => b.sqDistance - a.sqDistance).splice(most);
  }

  /** Empty clusters are placed as in a run whose samples are the farthest: those are all that it would look at. */
  private async placeEmpty(iteration: number): Promise<void> {
    const { lloyd, stream, farthest, options } = this;
    if (lloyd.counts().some((count) => count <= 0) && farthest.length > 0) {
      lloyd.samples = stream.place(
        farthest.flatMap(({ values }) => values),
        farthest.map(({ weight }) => weight),
      );
      const labels = farthest.map(({ label }) => label);
      lloyd.labels().set(labels);
      stream.workspace.int32(lloyd.buffers.previous, labels.length).set(labels);
    }
    await this.drive(placeEmptyClusters(lloyd, options.emptyCluster, iteration));
  }
}
