import { now } from '../backend/pass.js';
import { COLUMNS_MAX_D } from '../backend/shapes.js';
import type { Workspace } from '../backend/workspace.js';
import { typeError } from '../errors.js';
import type { BatchSource, Precision } from '../types.js';
import { type BatchReading, emptyStream, readBlocks } from './batches.js';
import {
  addSpread,
  addSums,
  emptySpread,
  type FeatureStatistics,
  measureFeatures,
  type StatisticsRoom,
  statisticsLayout,
  statisticsOf,
  subtractShift,
} from './centre.js';
import type { Reservoir } from './reservoir.js';
import { copySamples, normalise, PASS_ROWS, type Samples, samplesBytes, stagingBytes } from './samples.js';
import { checkHeaviest, heaviestOf } from './weights.js';

/** Values and rows of a block at the most, unless there are more clusters. */
const BLOCK_VALUES = 2 ** 20;
const BLOCK_ROWS = 2 ** 14;

type Room = StatisticsRoom & Record<'x' | 'staging' | 'weights', number>;

/**
 * All samples of a source, one block of them at a time in a workspace. Blocks are whole passes (see `forPasses`), wherever
 * the batches end: sums over the stream are the same bits as sums over samples in memory.
 */
export class SampleStream {
  /** After `measure`. */
  n = 0;
  statistics!: FeatureStatistics;
  heaviest = 0;
  private room: Room | undefined;
  private rows = 0;

  /** @param leastRows that a block has room for */
  constructor(
    readonly workspace: Workspace,
    private readonly source: BatchSource,
    private readonly reading: BatchReading,
    private readonly spherical: boolean,
    private readonly leastRows: number,
  ) {}

  get d(): number {
    return this.reading.nFeatures!;
  }

  get precision(): Precision {
    return this.reading.precision as Precision;
  }

  /** Rows that a block has room for. */
  get blockRows(): number {
    return this.rows;
  }

  /**
   * Two passes, after which number, statistics and weights are known.
   *
   * @throws ERR_EMPTY_DATA, ERR_NON_FINITE, ERR_SAMPLE_WEIGHT
   */
  async measure(reservoir: Reservoir): Promise<void> {
    let n = 0;
    let sums: Float64Array | undefined;
    for await (const samples of this.blocks()) {
      const room = this.room!;
      sums ??= new Float64Array(this.d);
      now(measureFeatures(samples, room, false, n));
      reservoir.offer(samples);
      this.heaviest = Math.max(this.heaviest, samples.weightValues ? heaviestOf(samples.weightValues) : 1);
      this.normalise(samples);
      now(addSums(samples, room, sums));
      n += samples.n;
    }
    if (!sums) throw emptyStream();
    checkHeaviest(this.heaviest);
    this.n = n;
    const means = sums.map((sum) => sum / n);
    const spread = emptySpread(this.d);
    for await (const samples of this.blocks()) {
      this.normalise(samples);
      now(addSpread(samples, this.room!, means, spread));
    }
    this.statistics = statisticsOf(means, spread, n, this.precision, !this.spherical);
  }

  /** The samples in the coordinates of the run. */
  async *placed(): AsyncGenerator<Samples> {
    for await (const samples of this.blocks()) {
      this.normalise(samples);
      now(subtractShift(samples, this.statistics.shift, this.room!.means));
      yield samples;
    }
  }

  /** Puts values that are in the coordinates of the run in the place of the block. */
  place(values: readonly number[], weights: readonly number[]): Samples {
    const { d, precision, room } = this;
    const write = (target: { set(values: ArrayLike<number>): void }, from: number, to: number) =>
      target.set(values.slice(from * d, to * d));
    this.workspace.float64(room!.weights, weights.length).set(weights);
    const source = { nSamples: weights.length, nFeatures: d, precision, write };
    return now(copySamples(this.workspace, source, precision, room!.x, room!.staging, room!.weights));
  }

  /** The error for a source that is not what it was before. */
  changed(found: string): TypeError {
    return typeError(
      'ERR_DATA_TYPE',
      `the source gave ${this.n} samples at first and ${found} later; it must give the same ones at every call`,
    );
  }

  private async *blocks(): AsyncGenerator<Samples> {
    const { workspace, reading } = this;
    let n = 0;
    for await (const block of readBlocks(await this.source(), (d) => this.rowsFor(d), reading)) {
      const { room = this.takeRoom() } = this;
      n += block.nSamples;
      if (this.n > 0 && n > this.n) throw this.changed(`more`);
      if (block.weights) workspace.float64(room.weights, block.nSamples).set(block.weights);
      const { precision } = this;
      const samples = now(
        copySamples(workspace, block, precision, room.x, room.staging, block.weights && room.weights),
      );
      // Sums of an odd number of features have one more, of what lies behind each sample: no feature, but a number.
      if (this.d > COLUMNS_MAX_D) workspace.floats(precision, samples.at(samples.n), 1)[0] = 0;
      yield samples;
    }
    if (n < this.n) throw this.changed(`${n}`);
  }

  private rowsFor(d: number): number {
    const wanted = Math.max(this.leastRows, Math.min(BLOCK_ROWS, BLOCK_VALUES / d));
    this.rows = Math.ceil(wanted / PASS_ROWS) * PASS_ROWS;
    return this.rows;
  }

  private takeRoom(): Room {
    const { d, precision, rows } = this;
    const plan = {
      x: samplesBytes(rows, d, precision),
      staging: stagingBytes(rows, d, precision),
      weights: rows * 8,
      ...statisticsLayout(rows, d),
    };
    this.room = this.workspace.take(plan, rows);
    return this.room;
  }

  private normalise(samples: Samples): void {
    if (this.spherical) now(normalise(samples));
  }
}
