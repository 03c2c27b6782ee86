import { runLayout } from '../backend/layout.js';
import { inParts, now, type Work } from '../backend/pass.js';
import { samplesBytes, strideOf } from '../data/copy-samples.js';
import { Samples } from '../data/samples.js';
import { accumulate, firstAbove } from '../seeding/draw.js';
import { type Seeding, seedRun } from '../seeding/seed.js';
import type { FloatArray, Random } from '../types.js';
import { Run } from './run.js';

/** A run over samples that are drawn from those of another, with replacement, in proportion to their weights. */
export class DrawnRun {
  readonly run: Run;
  private readonly indices: number;
  private readonly cumulative: Float64Array | undefined;

  constructor(
    private readonly all: Run,
    private readonly rows: number,
  ) {
    const { samples, k, spherical, backend } = all;
    const { workspace, precision, n, d } = samples;
    const plan = {
      x: samplesBytes(rows, d, precision),
      weights: rows * 8,
      indices: rows * 4,
      ...runLayout({ n: rows, d, k, precision, threads: workspace.threads }),
    };
    const { x, weights, indices, ...buffers } = workspace.take(plan, rows);
    this.indices = indices;
    let mean = 1;
    if (samples.weights) {
      this.cumulative = new Float64Array(n);
      // Weights drive the draw; what is drawn weighs the same, the mean of all.
      mean = accumulate(samples.weightValues!, this.cumulative) / n;
      workspace.float64(weights, rows).fill(mean);
    }
    const weightsAt = samples.weights && weights;
    const drawn = new Samples(workspace, precision, rows, d, x, strideOf(rows, d), weightsAt);
    this.run = new Run(drawn, k, spherical, buffers, all, mean, backend);
  }

  *draw(random: Random): Work {
    const { all, cumulative, rows } = this;
    const { n, workspace } = all.samples;
    const total = cumulative?.[n - 1];
    const chosen = new Int32Array(rows);
    yield* inParts(workspace, rows, (from, to) => {
      for (let i = from; i < to; i++)
        chosen[i] = cumulative ? firstAbove(cumulative, random() * total!) : Math.floor(random() * n);
    });
    yield* all.samples.gatherAll(chosen, this.indices, this.run.samples);
  }
}

/**
 * The first centroids of a mini-batch run, k × d: those of a seeding on samples that are drawn, or on all where these are no
 * more than `size`. Of several the one of least inertia on further samples that are drawn.
 */
export function drawStart(
  all: Run,
  seeding: Seeding,
  { size, nInit }: { size: number; nInit: number },
  random: Random,
): FloatArray {
  const { workspace, n } = all.samples;
  const mark = workspace.mark();
  const drawn = size < n ? new DrawnRun(all, size) : undefined;
  const validation = drawn && nInit > 1 ? new DrawnRun(all, size) : undefined;
  if (validation) now(validation.draw(random));
  const judge = validation?.run ?? all;
  let best: FloatArray | undefined;
  let least = Infinity;
  for (let i = 0; i < nInit; i++) {
    if (drawn) now(drawn.draw(random));
    const run = drawn?.run ?? all;
    now(seedRun(run, seeding, random));
    const start = run.copyCentroids();
    if (nInit === 1) best = start;
    else {
      judge.setCentroids(start);
      now(judge.assign());
      const inertia = now(judge.inertia());
      if (best && !(inertia < least)) continue;
      best = start;
      least = inertia;
    }
  }
  workspace.backTo(mark);
  return best!;
}
