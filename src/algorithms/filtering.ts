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
import { bytesOf, centroidStride, sumsEntryLength } from '../backend/shapes.js';
import type { Assignment } from './lloyd.js';
import type { Run } from './run.js';

/** Samples up to which a node stays a leaf … */
const LEAF_SIZE = 64;
/** … and up to which one kernel call takes a node. */
const CALL_SAMPLES = 65536;

// Words of a node, see assembly/tree.ts.
const [LIMIT, START, COUNT, CHILD, OWNER] = [9, 20, 21, 22, 23] as const;

/**
 * The labels of plain assignment by the filtering algorithm (Kanungo et al. 2002): samples are sorted into a tree of boxes
 * once; then whole boxes go to the only centroid that can be nearest to all of them, with the exact sums of their samples,
 * and boxes that the moves of the centroids cannot have reached are not looked at.
 */
export class Filtering implements Assignment {
  readonly buffers: FilterBuffers;
  /** Addresses of nodes that hold all samples between them. */
  private readonly roots: number[] = [];
  /** How far two centroids can have moved apart since the run began; 0: labels are as they were at its start. */
  private moved = 0;
  private fresh = true;
  private stale = false;

  /** @param magnitude greatest |value| of the samples */
  constructor(
    private readonly run: Run,
    private readonly magnitude: number,
  ) {
    const { samples, k } = run;
    const { n, d, precision, workspace } = samples;
    this.buffers = workspace.take(filterLayout({ n, d, k, precision }), n);
    this.grow();
    run.writeLabels = () => {
      if (!this.stale) return;
      this.stale = false;
      this.roots.forEach((root) => {
        this.writeLabels(root, -1);
      });
    };
  }

  restart(): void {
    const { run, buffers } = this;
    const { workspace, d } = run.samples;
    const count = workspace.int32(buffers.plan + 84, 1)[0]!;
    const limits = workspace.float64(buffers.nodes, count * (NODE_BYTES / 8));
    for (let at = LIMIT; at < limits.length; at += NODE_BYTES / 8) limits[at] = -1;
    this.moved = 0;
    this.fresh = true;
    // All samples are in the first cluster to begin with.
    for (const root of this.roots) this.node(root)[OWNER] = 0;
    const length = sumsEntryLength(d);
    const whole = workspace.float64(buffers.nodeSums, length);
    workspace.float64(run.buffers.sums + length * 8, length).set(whole);
  }

  assign(): number {
    const { run, buffers } = this;
    const { filter } = run.backend.kernels[run.samples.precision];
    if (!this.fresh) this.addShifts();
    this.writeRecords();
    this.stale = true;
    let changed = 0;
    for (const root of this.roots) changed += filter(buffers.plan, root);
    if (this.fresh) changed = run.samples.n;
    this.fresh = false;
    return changed;
  }

  private grow(): void {
    const { run, buffers } = this;
    const { samples, k } = run;
    const { n, d, precision, workspace, kernels } = samples;
    const mark = workspace.mark();
    const { rows, stack } = workspace.take(growLayout({ n, d, precision }), n);
    const { plan, columns, order, nodes, nodeSums, records, lists, squares, fresh } = buffers;
    workspace
      .int32(plan, 27)
      .set([
        ...[
          columns,
          d > 1 ? treeStride(n) : 0,
          d,
          order,
          run.buffers.previous,
          samples.weights,
          nodes,
          nodeSums,
          run.buffers.sums,
        ],
        ...[lists, lists + k * 4, lists + listRoom(k) * 4, squares, 0, fresh],
        ...[n, samples.x, samples.stride, rows, treeRowBytes(d, precision), 0, 1, treeNodes(n), stack, 1, LEAF_SIZE],
        bytesOf(precision),
      ]);
    workspace.int32(lists, k).set(Array.from({ length: k }, (_, j) => records + j * RECORD_BYTES));
    workspace.int32(stack, 2).set([nodes, 0]);
    this.node(nodes).set([0, n, 0], START);
    while (kernels.growTree(plan) > 0);
    workspace.backTo(mark);
    this.findRoots(nodes);
  }

  private findRoots(node: number): void {
    const [count, child] = this.node(node).subarray(COUNT, OWNER) as unknown as [number, number];
    if (child === 0 || count <= CALL_SAMPLES) {
      this.roots.push(node);
      return;
    }
    this.findRoots(child);
    this.findRoots(child + NODE_BYTES);
  }

  /** The 24 words of a node. */
  private node(node: number): Int32Array {
    return this.run.samples.workspace.int32(node, NODE_BYTES / 4);
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
    const size = bytesOf(precision);
    const centroids = run.centroidsAt(run.buffers.centroids);
    const doubles = workspace.float64(buffers.records, (k * RECORD_BYTES) / 8);
    const values = workspace.floats(precision, buffers.records, (k * RECORD_BYTES) / size);
    const indices = workspace.int32(buffers.records, (k * RECORD_BYTES) / 4);
    let longest = 0;
    for (let j = 0; j < k; j++) {
      const at = (j * RECORD_BYTES) / 8;
      const packed = (j * RECORD_BYTES + 32) / size;
      let sum = 0;
      for (let f = 0; f < 4; f++) {
        const value = f < d ? centroids[j * centroidStride(d) + f]! : 0;
        sum += value * value;
        doubles[at + f] = value;
        values[packed + 2 + f] = -2 * value;
      }
      values[packed] = j;
      values[packed + 1] = sum;
      indices[(j * RECORD_BYTES + 88) / 4] = j;
      longest = Math.max(longest, sum);
    }

    // A score is ‖c‖² and d products of which each rounds itself and the sum; the boxes are reckoned with in float64.
    const reach = Math.sqrt(longest) + this.magnitude * Math.sqrt(d);
    const epsilon = precision === 'float32' ? 2 ** -24 : 2 ** -53;
    const lost = (d + 16) * (precision === 'float32' ? 2 ** -148 : 2 ** -1073);
    const margin = (2.02 * (d + 2) * epsilon + 16 * (d + 4) * 2 ** -53) * reach * reach + lost;
    workspace.float64(buffers.plan + 112, 2).set([this.moved, margin]);
  }

  /** Brings the labels below a node into the order of the samples. `owner`: the cluster of all, or −1. */
  private writeLabels(at: number, owner: number): void {
    const { run, buffers } = this;
    const { workspace, n } = run.samples;
    const node = this.node(at);
    const whole = owner >= 0 ? owner : node[OWNER]!;
    const child = node[CHILD]! >>> 0;
    if (child > 0 && whole < 0) {
      this.writeLabels(child, whole);
      this.writeLabels(child + NODE_BYTES, whole);
      return;
    }
    const order = workspace.int32(buffers.order, n);
    const sorted = workspace.int32(run.buffers.previous, n);
    const labels = workspace.int32(run.buffers.labels, n);
    const end = node[START]! + node[COUNT]!;
    for (let i = node[START]!; i < end; i++) labels[order[i]!] = whole < 0 ? sorted[i]! : whole;
  }
}
