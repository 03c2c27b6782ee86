import { now, type Work } from '../backend/pass.js';
import { bytesOf, COLUMNS_MAX_D } from '../backend/shapes.js';
import type { Workspace } from '../backend/workspace.js';
import { typeError } from '../errors.js';
import type { BatchSource, Precision } from '../types.js';
import { type BatchReading, type Block, emptyStream, readBlocks } from './batches.js';
import {
  addSpread,
  addSums,
  emptySpread,
  type FeatureStatistics,
  finiteSums,
  statisticsLayout,
  statisticsOf,
  subtractShift,
} from './centre.js';
import { copySamples, placeWeights } from './copy-samples.js';
import type { Reservoir } from './reservoir.js';
import { normalise, PASS_ROWS, type Samples } from './samples.js';
import type { Source } from './source.js';
import { checkHeaviest, heaviestOf } from './weights.js';

/** Values and rows of a block at the most. */
const BLOCK_VALUES = 2 ** 20;
const BLOCK_ROWS = 2 ** 16;

type Rows = Source & Pick<Block, 'weights'>;

/**
 * All samples of a source, one block of them at a time. Blocks are whole passes (see `rowsFor`), wherever the batches end:
 * sums over the stream are the same bits as sums over samples in memory.
 */
export class SampleStream {
  /** After `measure`. */
  n = 0;
  statistics!: FeatureStatistics;
  heaviest = 0;

  constructor(
    private readonly source: BatchSource,
    private readonly reading: BatchReading,
    private readonly spherical: boolean,
  ) {}

  get d(): number {
    return this.reading.nFeatures!;
  }

  get precision(): Precision {
    return this.reading.precision as Precision;
  }

  /**
   * Two passes, after which number, statistics and weights are known.
   *
   * @throws ERR_EMPTY_DATA, ERR_NON_FINITE, ERR_SAMPLE_WEIGHT
   */
  async measure(workspace: Workspace, reservoir: Reservoir): Promise<void> {
    let n = 0;
    let sums: Float64Array | undefined;
    const mark = workspace.mark();
    for await (const block of this.blocks()) {
      const { samples, room } = now(this.copy(workspace, block));
      sums ??= new Float64Array(this.d);
      now(finiteSums(samples, room, n, this.spherical ? undefined : sums));
      reservoir.offer(samples);
      this.heaviest = Math.max(this.heaviest, block.weights ? heaviestOf(block.weights) : 1);
      if (this.spherical) {
        now(normalise(samples));
        now(addSums(samples, room, sums));
      }
      n += samples.n;
      workspace.backTo(mark);
    }
    if (!sums) throw emptyStream();
    checkHeaviest(this.heaviest);
    this.n = n;
    const means = sums.map((sum) => sum / n);
    const spread = emptySpread(this.d);
    for await (const block of this.blocks()) {
      const { samples, room } = now(this.copy(workspace, block));
      now(this.normalise(samples));
      now(addSpread(samples, room, means, spread));
      workspace.backTo(mark);
    }
    this.statistics = statisticsOf(means, spread, n, this.precision, !this.spherical);
  }

  /** A block in a workspace, in the coordinates of the run. */
  *place(workspace: Workspace, block: Block): Work<Samples> {
    const { samples, room } = yield* this.copy(workspace, block);
    yield* this.normalise(samples);
    yield* subtractShift(samples, this.statistics.shift, room.means);
    return samples;
  }

  /** Rows of a source in a workspace, as they are. */
  *copy(workspace: Workspace, source: Rows) {
    const { d, precision } = this;
    const { nSamples: n, weights } = source;
    const weightsAt = yield* placeWeights(workspace, weights, n);
    const samples = yield* copySamples(workspace, source, precision, weightsAt, workspace.parts);
    // Sums of an odd number of features have one more, of what lies behind each sample: no feature, but a number.
    if (d > COLUMNS_MAX_D) samples.pad(samples.x, d * bytesOf(precision), 8);
    return { samples, room: workspace.take(statisticsLayout(samples.rows, d), n) };
  }

  async *blocks(): AsyncGenerator<Block> {
    let n = 0;
    for await (const block of readBlocks(await this.source(), rowsFor, this.reading)) {
      n += block.nSamples;
      if (this.n > 0 && n > this.n) throw this.changed('more');
      yield block;
    }
    if (n < this.n) throw this.changed(`${n}`);
  }

  /** The error for a source that is not what it was before. */
  changed(found: string): TypeError {
    return typeError(
      'ERR_DATA_TYPE',
      `the source gave ${this.n} samples at first and ${found} later; it must give the same ones at every call`,
    );
  }

  private *normalise(samples: Samples): Work {
    if (this.spherical) yield* normalise(samples);
  }
}

/** Whole passes: what a batch has of them, or, where that is few, so many that they come from several. */
const rowsFor = (d: number, left: number): number => {
  const most = Math.ceil(Math.min(BLOCK_ROWS, BLOCK_VALUES / d) / PASS_ROWS) * PASS_ROWS;
  return left < Math.max(most / 2, PASS_ROWS) ? most : Math.min(most, left - (left % PASS_ROWS));
};
