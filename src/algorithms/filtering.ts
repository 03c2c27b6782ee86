import {
  CELL_ROWS,
  type FilterBuffers,
  filterLayout,
  gridBits,
  growPlaces,
  listRoom,
  NODE_BYTES,
  RECORD_BYTES,
  TREE_PLAN_BYTES,
  TREE_SCRATCH_BYTES,
  treeGrain,
  treeLevels,
  treeRowBytes,
} from '../backend/layout.js';
import { make, type RangeCall, type Work } from '../backend/pass.js';
import { bytesOf, sumsEntryLength } from '../backend/shapes.js';
import { writeRecords } from './centroid-records.js';
import type { Assignment } from './lloyd.js';
import type { Run } from './run.js';
import { writeCuts } from './tree-cuts.js';

/** Steps, as passes count them, of a look at a candidate, and of what a root takes for a sample. */
const LOOK_WORK = 128;
const ROOT_WORK = 16;

// The parts of a node that are written here, in words, and its limit, in float64; and of a plan, in words and bytes. See
// assembly/tree/plan.ts.
const START = 20;
const COUNT = 21;
const OWNER = 23;
const LIMIT = 9;
const LOOKS = 24;
const MOVED = 112;
const REGION_SIZE = 34;
const GRID = 42;

/** Samples of a cluster from which on regions pay, and how many regions it has at least. */
const REGIONS_MIN_SAMPLES = 256;
const REGIONS_OF_CLUSTER = 4;

const regionSize = (n: number, k: number): number =>
  n < REGIONS_MIN_SAMPLES * k ? 0 : Math.ceil(n / (REGIONS_OF_CLUSTER * k));

/**
 * The labels of plain assignment by the filtering algorithm (Kanungo et al. 2002): samples are sorted into trees of boxes,
 * as far as they have to be; whole boxes go to the only centroid that can be nearest to all of them, with the exact sums of their samples,
 * and boxes that the moves of the centroids cannot have reached are not looked at.
 */
export class Filtering implements Assignment {
  /** Taken when trees are planted: until then their place is that of what seeding needs. */
  buffers!: FilterBuffers;
  /** Cuts from the first to a root. */
  private readonly levels: number;
  /** Nodes at which trees begin; none before there are any. */
  private roots = 0;
  /** Candidates looked at in the assignment before. */
  private looks = 0;
  /** Whether a run has just begun. */
  private first = true;
  /** How far any two centroids can have come nearer to each other since then. */
  private moved = 0;
  /** Whether the labels have yet to be brought into the order of the samples. */
  private stale = false;

  /**
   * @param magnitude greatest |value| of the samples
   * @param patience plain assignments that come before there are trees
   */
  constructor(
    private readonly run: Run,
    private readonly magnitude: number,
    private patience: number,
  ) {
    this.levels = treeLevels(run.samples.n);
    run.writeLabels = () => this.writeLabels();
  }

  restart(): void {
    this.first = true;
    this.moved = 0;
    if (this.roots > 0) this.begin();
  }

  *assign(): Work<number> {
    const { run, first } = this;
    this.first = false;
    if (this.roots === 0) {
      if (this.patience-- > 0) return yield* run.assignAndAccumulate();
      yield* this.plant();
      if (first) this.begin();
    }
    if (!first) this.addShifts();
    this.writeCentroids();
    this.stale = true;
    const { buffers } = this;
    const changed = yield* this.pass(
      (kernels, root, count, thread) =>
        kernels.filter(buffers.plan + thread * TREE_PLAN_BYTES, buffers.nodes + root * NODE_BYTES, count),
      this.looks * LOOK_WORK,
    );
    this.looks = this.takeLooks();
    if (changed > 0) run.sums.gather();
    return first ? run.samples.n : changed;
  }

  /** Has a call made for all roots; returns the sum of the values. */
  private pass(call: RangeCall, work: number): Work<number> {
    const { backend, samples } = this.run;
    const { workspace, precision } = samples;
    const n = this.roots;
    return make(workspace, { call, backend, precision, n, rows: 1, work: work / n, values: 0 });
  }

  /** The plans of all threads, one behind the other, in words. */
  private plans(): Int32Array {
    const { workspace } = this.run.samples;
    return workspace.int32(this.buffers.plan, (workspace.threads * TREE_PLAN_BYTES) / 4);
  }

  /** What the threads looked at since this was asked. */
  private takeLooks(): number {
    const plans = this.plans();
    let looks = 0;
    for (let at = LOOKS; at < plans.length; at += TREE_PLAN_BYTES / 4) {
      looks += plans[at]!;
      plans[at] = 0;
    }
    return looks;
  }

  /** Brings the samples to the roots of the trees, which grow where walks lead; labels are those of plain assignment, if any. */
  *plant(): Work {
    const { run, levels } = this;
    const { samples, k } = run;
    const { n, d, precision, workspace, x, stride, weights } = samples;
    const { threads } = workspace;
    const buffers = workspace.take(filterLayout({ n, d, k, precision, threads, levels }), n);
    const { plan, rows, frees, nodes, nodeSums, lists, squares, scratch } = buffers;
    const { cells, starts, cuts, grid } = growPlaces(buffers, d, levels);
    const roots = 2 ** levels;
    const grain = treeGrain({ n, k, precision });
    this.buffers = buffers;
    this.roots = roots;
    this.looks = k * roots + (n * Math.min(k, 8)) / 8;
    for (let thread = 0; thread < threads; thread++) {
      const words = this.plans().subarray((thread * TREE_PLAN_BYTES) / 4);
      const list = lists + thread * listRoom(k) * 4;
      words.set([
        ...[rows, treeRowBytes(d, precision), d, frees, run.buffers.previous, weights, nodes, nodeSums],
        ...[run.sums.at(thread), list, list + k * 4, list + listRoom(k) * 4, squares + thread * k * 8, 0],
        ...[scratch + thread * TREE_SCRATCH_BYTES, run.buffers.labels, x, stride, cuts, levels, cells, 0, 0],
        bytesOf(precision),
      ]);
      words[LOOKS] = 0;
      words.set([regionSize(n, k), grain.leaf, grain.each], REGION_SIZE);
      words.set([grid, gridBits(d, levels)], GRID);
      workspace.int32(list, k).set(Array.from({ length: k }, (_, j) => buffers.records + j * RECORD_BYTES));
    }
    writeCuts(samples, cuts, grid, levels);
    const startsAt = (i: number) => starts + (i / CELL_ROWS) * roots * 4;
    const sort = (call: RangeCall) => samples.pass(call, CELL_ROWS, 0, undefined, 2 * levels + 8);
    yield* sort((kernels, i, count) => kernels.countCells(plan, i, count, startsAt(i)));
    this.placeRoots(workspace.int32(starts, Math.ceil(n / CELL_ROWS) * roots));
    yield* sort((kernels, i, count) => kernels.fillCells(plan, i, count, startsAt(i)));
    yield* this.pass(
      (kernels, root, count, thread) =>
        kernels.plantTree(plan + thread * TREE_PLAN_BYTES, nodes + root * NODE_BYTES, count),
      n * ROOT_WORK,
    );
  }

  /** Makes of how many samples of each range belong to each root where the first of them goes. */
  private placeRoots(starts: Int32Array): void {
    const { roots } = this;
    const { words } = this.nodes();
    let next = 0;
    for (let root = 0; root < roots; root++) {
      const start = next;
      for (let at = root; at < starts.length; at += roots) {
        const count = starts[at]!;
        starts[at] = next;
        next += count;
      }
      words[(root * NODE_BYTES) / 4 + START] = start;
      words[(root * NODE_BYTES) / 4 + COUNT] = next - start;
    }
  }

  /** All samples are in the first cluster to begin with. */
  private begin(): void {
    const { buffers, run, roots } = this;
    const length = sumsEntryLength(run.samples.d);
    const nodeSums = run.samples.workspace.float64(buffers.nodeSums, roots * length);
    const sums = run.sums.of();
    nodeSums.forEach((value, at) => {
      sums[length + (at % length)]! += value;
    });
    const { words, limits } = this.nodes();
    for (let root = 0; root < roots; root++) {
      words[(root * NODE_BYTES) / 4 + OWNER] = 0;
      limits[(root * NODE_BYTES) / 8 + LIMIT] = -1;
    }
  }

  /** The roots. */
  private nodes(): { words: Int32Array; limits: Float64Array } {
    const { workspace } = this.run.samples;
    const bytes = this.roots * NODE_BYTES;
    return {
      words: workspace.int32(this.buffers.nodes, bytes / 4),
      limits: workspace.float64(this.buffers.nodes, bytes / 8),
    };
  }

  /** Any two centroids came nearer by no more than the two longest shifts together, rounded up. */
  private addShifts(): void {
    const { run } = this;
    let longest = 0;
    let second = 0;
    for (const square of run.samples.workspace.float64(run.buffers.sqShifts, run.k)) {
      second = Math.max(second, Math.min(square, longest));
      longest = Math.max(longest, square);
    }
    this.moved = (this.moved + (Math.sqrt(longest) + Math.sqrt(second)) * (1 + 1e-9)) * (1 + 4e-16);
  }

  /** Tells every thread where the centroids are now, how far they moved, and how far rounding can reach. */
  private writeCentroids(): void {
    const { run, buffers, moved, magnitude } = this;
    const { workspace } = run.samples;
    const margin = writeRecords(run, buffers.records, magnitude);
    const plans = workspace.float64(buffers.plan, (workspace.threads * TREE_PLAN_BYTES) / 8);
    for (let at = MOVED / 8; at < plans.length; at += TREE_PLAN_BYTES / 8) {
      plans[at] = moved;
      plans[at + 1] = margin;
    }
  }

  /** Brings the labels into the order of the samples, where they are not. */
  private *writeLabels(): Work {
    if (!this.stale) return;
    this.stale = false;
    const { buffers, run } = this;
    yield* this.pass(
      (kernels, root, count) => kernels.spreadLabels(buffers.plan, buffers.nodes + root * NODE_BYTES, count),
      run.samples.n * 4,
    );
  }
}
