import {
  type FilterBuffers,
  filterLayout,
  growLayout,
  listRoom,
  NODE_BYTES,
  RECORD_BYTES,
  treeNodes,
  treeRowBytes,
  treeStride,
} from '../backend/layout.js';
import { inParts, type Work } from '../backend/pass.js';
import { bytesOf, centroidStride, sumsEntryLength } from '../backend/shapes.js';
import type { Assignment } from './lloyd.js';
import type { Run } from './run.js';

/** Samples up to which a node stays a leaf … */
const LEAF_SIZE = 64;
/** … and up to which one kernel call takes a node. */
const CALL_SAMPLES = 65536;

// The parts of a node that are read here, in words, and its limit, in float64; and of the plan. See assembly/tree.ts.
const START = 20;
const COUNT = 21;
const CHILD = 22;
const OWNER = 23;
const LIMIT = 9;
const NODE_COUNT = 84;
const MOVED = 112;

/**
 * The labels of plain assignment by the filtering algorithm (Kanungo et al. 2002): samples are sorted into a tree of boxes
 * once; then whole boxes go to the only centroid that can be nearest to all of them, with the exact sums of their samples,
 * and boxes that the moves of the centroids cannot have reached are not looked at.
 */
export class Filtering implements Assignment {
  readonly buffers: FilterBuffers;
  /** Addresses of nodes that hold all samples between them; none before the tree is grown. */
  private readonly roots: number[] = [];
  /** Whether a run has just begun. */
  private first = true;
  /** How far any two centroids can have come nearer to each other since then. */
  private moved = 0;
  /** Whether the labels have yet to be brought into the order of the samples. */
  private stale = false;

  /**
   * @param magnitude greatest |value| of the samples
   * @param patience plain assignments that come before the tree is grown
   */
  constructor(
    private readonly run: Run,
    private readonly magnitude: number,
    private patience: number,
  ) {
    const { samples, k } = run;
    const { n, d, precision, workspace } = samples;
    this.buffers = workspace.take(filterLayout({ n, d, k, precision, threads: 1 }), n);
    run.writeLabels = () => this.writeLabels();
  }

  restart(): void {
    this.first = true;
    this.moved = 0;
    if (this.roots.length > 0) this.begin();
  }

  *assign(): Work<number> {
    const { run, buffers, first } = this;
    const { workspace, precision } = run.samples;
    this.first = false;
    if (this.roots.length === 0) {
      if (this.patience-- > 0) {
        yield* run.assign();
        return yield* run.accumulate();
      }
      yield* this.grow();
      if (first) this.begin();
      else yield* this.adopt();
    }
    if (!first) this.addShifts();
    this.writeRecords();
    this.stale = true;
    const { filter } = run.backend.kernels[precision];
    let changed = 0;
    for (const root of this.roots) {
      changed += filter(buffers.plan, root);
      if (workspace.deferred) yield;
    }
    return first ? run.samples.n : changed;
  }

  /** Sorts the samples into the tree. */
  *grow(): Work {
    const { run, buffers } = this;
    const { samples, k } = run;
    const { n, d, precision, workspace, kernels, x, stride, weights } = samples;
    const { plan, columns, order, nodes, nodeSums, records, lists, squares, fresh } = buffers;
    const { previous, sums } = run.buffers;
    const mark = workspace.mark();
    const { rows, stack } = workspace.take(growLayout({ n, d, precision, threads: 1 }), n);
    // Of one feature, the second column is that one again.
    workspace
      .int32(plan, 27)
      .set([
        ...[columns, d > 1 ? treeStride(n) : 0, d, order, previous, weights, nodes, nodeSums, sums],
        ...[lists, lists + k * 4, lists + listRoom(k) * 4, squares, 0, fresh],
        ...[
          n,
          x,
          stride,
          rows,
          treeRowBytes(d, precision),
          0,
          1,
          treeNodes(n),
          stack,
          1,
          LEAF_SIZE,
          bytesOf(precision),
        ],
      ]);
    workspace.int32(lists, k).set(Array.from({ length: k }, (_, j) => records + j * RECORD_BYTES));
    workspace.int32(stack, 2).set([nodes, 0]);
    workspace.int32(nodes, NODE_BYTES / 4).set([0, n, 0], START);
    while (kernels.growTree(plan) > 0) if (workspace.deferred) yield;
    workspace.backTo(mark);

    const words = this.nodeWords();
    const findRoots = (at: number): void => {
      const child = this.childOf(words, at);
      if (child === 0 || words[at + COUNT]! <= CALL_SAMPLES) {
        this.roots.push(nodes + at * 4);
        return;
      }
      findRoots(child);
      findRoots(child + NODE_BYTES / 4);
    };
    findRoots(0);
  }

  /** All samples are in the first cluster to begin with. */
  private begin(): void {
    const { buffers, run } = this;
    const { workspace, d } = run.samples;
    const length = sumsEntryLength(d);
    workspace.float64(run.buffers.sums + length * 8, length).set(workspace.float64(buffers.nodeSums, length));
    this.forget(0);
  }

  /** Takes over the labels of plain assignment. */
  private *adopt(): Work {
    const { buffers, run } = this;
    const { workspace, n } = run.samples;
    const labels = workspace.int32(run.buffers.labels, n);
    const order = workspace.int32(buffers.order, n);
    const sorted = workspace.int32(run.buffers.previous, n);
    yield* inParts(workspace, n, (from, to) => {
      for (let i = from; i < to; i++) sorted[i] = labels[order[i]!]!;
    });
    this.forget(-1);
  }

  /** Every node is to be looked at, whatever its limit. `owner`: the cluster of all samples, or −1. */
  private forget(owner: number): void {
    const words = this.nodeWords();
    const limits = this.run.samples.workspace.float64(this.buffers.nodes, words.length / 2);
    for (let at = 0; at < words.length; at += NODE_BYTES / 4) {
      words[at + OWNER] = owner;
      limits[at / 2 + LIMIT] = -1;
    }
  }

  /** All nodes. */
  private nodeWords(): Int32Array {
    const { workspace } = this.run.samples;
    const nodes = workspace.int32(this.buffers.plan + NODE_COUNT, 1)[0]!;
    return workspace.int32(this.buffers.nodes, (nodes * NODE_BYTES) / 4);
  }

  /** Where the first child of a node begins, in words; 0: it has none. */
  private childOf(words: Int32Array, at: number): number {
    const child = words[at + CHILD]! >>> 0;
    return child && (child - this.buffers.nodes) / 4;
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

  /** What the kernel knows of the centroids, see assembly/filter.ts, and how far rounding can reach. */
  private writeRecords(): void {
    const { run, buffers } = this;
    const { k, samples } = run;
    const { workspace, precision, d } = samples;
    const bytes = bytesOf(precision);
    const stride = centroidStride(d);
    const centroids = run.centroidsAt(run.buffers.centroids);
    const coordinates = workspace.float64(buffers.records, (k * RECORD_BYTES) / 8);
    const packed = workspace.floats(precision, buffers.records, (k * RECORD_BYTES) / bytes);
    const indices = workspace.int32(buffers.records, (k * RECORD_BYTES) / 4);
    let longest = 0;
    for (let j = 0; j < k; j++) {
      const at = j * RECORD_BYTES;
      const values = (at + 32) / bytes;
      let sum = 0;
      for (let f = 0; f < 4; f++) {
        const value = centroids[j * stride + f]!;
        sum += value * value;
        coordinates[at / 8 + f] = value;
        packed[values + 2 + f] = -2 * value;
      }
      packed[values] = j;
      packed[values + 1] = sum;
      indices[at / 4 + 22] = j;
      longest = Math.max(longest, sum);
    }

    // A score is ‖c‖² and d products of which each rounds itself and the sum; boxes are reckoned with in float64.
    const reach = Math.sqrt(longest) + this.magnitude * Math.sqrt(d);
    const [epsilon, least] = precision === 'float32' ? [2 ** -24, 2 ** -148] : [2 ** -53, 2 ** -1073];
    const margin = (2.02 * (d + 2) * epsilon + 16 * (d + 4) * 2 ** -53) * reach * reach + (d + 16) * least;
    workspace.float64(buffers.plan + MOVED, 2).set([this.moved, margin]);
  }

  /** Brings the labels into the order of the samples, where they are not. */
  private *writeLabels(): Work {
    if (!this.stale) return;
    this.stale = false;
    const { run, buffers } = this;
    const { workspace, n } = run.samples;
    const order = workspace.int32(buffers.order, n);
    const sorted = workspace.int32(run.buffers.previous, n);
    const labels = workspace.int32(run.buffers.labels, n);
    const words = this.nodeWords();
    const write = (at: number, above: number): void => {
      const owner = above < 0 ? words[at + OWNER]! : above;
      const child = owner < 0 && this.childOf(words, at);
      if (child) {
        write(child, owner);
        write(child + NODE_BYTES / 4, owner);
        return;
      }
      const start = words[at + START]!;
      const end = start + words[at + COUNT]!;
      for (let i = start; i < end; i++) labels[order[i]!] = owner < 0 ? sorted[i]! : owner;
    };
    for (const root of this.roots) {
      write((root - buffers.nodes) / 4, -1);
      if (workspace.deferred) yield;
    }
  }
}
