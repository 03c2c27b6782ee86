import { farthestSamples, placeEmptyClusters } from '../algorithms/empty-clusters.js';
import type { Run } from '../algorithms/run.js';
import { now, type Work } from '../backend/pass.js';
import type { Workspace } from '../backend/workspace.js';
import { background, effortOf } from '../background.js';
import type { Block } from '../data/batches.js';
import type { SampleStream } from '../data/sample-stream.js';
import type { Samples } from '../data/samples.js';
import { codebookOf, runOver, shifted } from '../fit.js';
import { footprint } from '../footprint.js';
import type { ResolvedOptions } from '../options.js';
import { createModel } from '../result.js';
import { startingCentroids } from '../seeding/given.js';
import { seedRun } from '../seeding/seed.js';
import type { AsyncOptions, Data, FloatArray, KMeansModel } from '../types.js';

/** What a block is labelled by takes no more than this. */
const PLAIN = { algorithm: 'lloyd', init: 'random' } as const;

/** A sample that a centroid without any may move to. */
interface Far {
  sqDistance: number;
  values: number[];
  weight: number;
  label: number;
}

/**
 * Lloyd's algorithm, as in algorithms/lloyd.ts, over samples of which a block is in memory: in that of the worker threads while
 * they label it, which leaves nothing there. What stays are the centroids, the sums and the farthest samples.
 */
export class StreamedLloyd {
  private readonly lloyd: Run;
  private farthest: Far[] = [];
  private inertia = 0;
  /** The most that a block was labelled by. */
  private ran = { backend: '', threads: 0 };

  constructor(
    private readonly workspace: Workspace,
    private readonly stream: SampleStream,
    private readonly k: number,
    private readonly options: ResolvedOptions,
    private readonly by: AsyncOptions,
  ) {
    this.lloyd = this.runOn(this.placeFar([]), k);
  }

  async run(start: Data): Promise<KMeansModel> {
    const { stream, k, options, lloyd } = this;
    const { maxIter, tol, onProgress, seed } = options;
    const { statistics, d, precision } = stream;
    const { shift: centre, meanVariance } = statistics;
    const centroids = shifted(startingCentroids(start, start, k, d)!(Math.random), centre, precision);
    now(seedRun(lloyd, { kind: 'given', centroids: () => centroids }, Math.random));

    const begun = performance.now();
    let iteration = 0;
    let converged = false;
    let shift: number;
    do {
      iteration++;
      const before = lloyd.sums.of().slice();
      await this.pass();
      lloyd.moveCentroids();
      this.placeEmpty(iteration);
      lloyd.normaliseNext();
      shift = lloyd.shift();
      // Where no label changes, neither do the exact sums.
      converged = shift <= tol * meanVariance || lloyd.sums.of().every((value, i) => value === before[i]);
      const elapsedMs = performance.now() - begun;
      const [changed, inertia] = [Number.NaN, this.inertia];
      onProgress?.({ run: 0, runs: 1, iteration, maxIter, inertia, shift, changed, elapsedMs });
      lloyd.swap();
    } while (!converged && iteration < maxIter);
    if (shift > 0) {
      await this.pass();
      lloyd.countSamples();
    }

    return createModel(codebookOf(lloyd, centre), {
      ...{ counts: lloyd.counts().slice(), inertia: this.inertia, iterations: iteration, converged },
      ...{ nSamples: stream.n, seed, algorithm: 'lloyd', ...this.ran },
    });
  }

  /** Labels all samples, sums them up anew and finds those that are far from their centroid, and the inertia. */
  private async pass(): Promise<void> {
    const { lloyd, stream, k, options, by } = this;
    lloyd.sums.clear();
    this.farthest = [];
    this.inertia = 0;
    const effort = effortOf(k, stream.d, options.relaxedSimd);
    const blocks = stream.blocks();
    let next = blocks.next();
    const readOn = () => {
      next = blocks.next();
      next.catch(() => {});
    };
    try {
      for (;;) {
        const { value: block, done } = await next;
        if (done) break;
        const label = (workspace: Workspace) => this.label(workspace, block, readOn);
        await background(by, block.nSamples, effort, label, (rows, threads) =>
          footprint(block, rows, k, { ...options, ...PLAIN }, threads, true),
        );
      }
    } finally {
      blocks.return(undefined).catch(() => {});
    }
    if (!lloyd.sums.of().every(Number.isFinite)) throw stream.changed('others');
  }

  /** The block is read once `readOn` is called: the next one comes while this one is labelled. */
  private *label(workspace: Workspace, block: Block, readOn: () => void): Work {
    const { lloyd, stream, k, options } = this;
    const samples = yield* stream.place(workspace, block);
    readOn();
    const run = this.runOn(samples);
    run.setCentroids(lloyd.copyCentroids());
    yield* run.restart();
    yield* run.labelOnce();
    lloyd.sums.add(run.sums.of());
    for (const value of yield* run.chunkInertias()) this.inertia += value;
    if (k > 1 && options.emptyCluster === 'relocate') yield* this.keepFarthest(run, k - 1);
    const { threads, backend } = run;
    if (threads > this.ran.threads) this.ran = { backend: backend.name, threads };
  }

  /** A run over samples, with room for so many, whose sums have the grids of the stream. */
  private runOn(samples: Samples, rows?: number): Run {
    const { statistics, heaviest, n } = this.stream;
    const run = runOver(samples, this.k, this.options, statistics, heaviest, rows);
    run.sums.writeGrids(statistics.magnitude, heaviest, n);
    run.takeDistances();
    return run;
  }

  private *keepFarthest(run: Run, most: number): Work {
    const { samples } = run;
    const { farthest } = this;
    const least = farthest.length < most ? 0 : farthest[most - 1]?.sqDistance;
    const chosen = yield* farthestSamples(run, most, least);
    const distances = yield* samples.fetchSome(samples.precision, run.distancesAt, chosen);
    const labels = yield* samples.fetchSome('int32', run.buffers.labels, chosen);
    (yield* samples.readAll(chosen)).forEach((values, c) => {
      const weight = samples.weightValues?.[chosen[c]!] ?? 1;
      farthest.push({ sqDistance: distances[c]![0]!, values, weight, label: labels[c]![0]! });
    });
    farthest.sort((a, b) => b.sqDistance - a.sqDistance).splice(most);
  }

  /** Empty clusters are placed as in a run whose samples are the farthest: those are all that it would look at. */
  private placeEmpty(iteration: number): void {
    const { lloyd, workspace, farthest, options } = this;
    const mark = workspace.mark();
    lloyd.samples = this.placeFar(farthest);
    const labels = farthest.map(({ label }) => label);
    lloyd.labels().set(labels);
    workspace.int32(lloyd.buffers.previous, labels.length).set(labels);
    now(placeEmptyClusters(lloyd, options.emptyCluster, iteration));
    workspace.backTo(mark);
  }

  private placeFar(far: readonly Far[]): Samples {
    const { d, precision } = this.stream;
    const write = (target: FloatArray, from: number, to: number) =>
      target.set(far.slice(from, to).flatMap(({ values }) => values));
    const weights = Float64Array.from(far, ({ weight }) => weight);
    const source = { nSamples: far.length, nFeatures: d, precision, write, weights };
    return now(this.stream.copy(this.workspace, source)).samples;
  }
}
