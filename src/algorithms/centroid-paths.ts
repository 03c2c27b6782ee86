import { type BoundsBuffers, wholeGroups } from '../backend/layout.js';
import type { FloatArray } from '../types.js';
import type { Run } from './run.js';

/** How far centroids have come, step by step, since there are bounds: each with any other, of several groups each one and the groups too. */
export class CentroidPaths {
  constructor(
    private readonly run: Run,
    private readonly buffers: BoundsBuffers,
    private readonly groups: number,
  ) {}

  /** All paths begin here. */
  clear(): void {
    const { own, group } = this.views();
    this.clearJoint();
    own.fill(0);
    group.fill(0);
    // What is read behind the last group is no bound: it counts as infinitely far.
    group.fill(-Infinity, this.groups);
  }

  /** Joint paths begin here: what samples keep of them is shortened by those so far. */
  clearJoint(): void {
    this.views().joint.fill(0);
  }

  /** Adds the last step of every centroid, rounding up: what is between two lengths of a path is no less. */
  lengthen(): void {
    const { run, buffers } = this;
    const { samples, k } = run;
    const { workspace, precision } = samples;
    const up = 1 + (precision === 'float32' ? 2 ** -22 : 2 ** -50);
    const steps = Float64Array.from(workspace.float64(run.buffers.sqShifts, k), Math.sqrt);
    const { joint, own, group } = this.views();
    const [far = 0, next = 0] = steps.slice().sort().reverse();
    steps.forEach((step, j) => {
      joint[j] = (joint[j]! + step + (step === far ? next : far)) * up;
    });
    if (own.length === 0) return;
    const groupOf = workspace.int32(buffers.groupOf, k);
    const longest = new Float64Array(group.length);
    steps.forEach((step, j) => {
      longest[groupOf[j]!] = Math.max(longest[groupOf[j]!]!, step);
      own[j] = (own[j]! + step) * up;
    });
    longest.forEach((step, g) => {
      group[g] = (group[g]! + step) * up;
    });
  }

  /** The longest joint path. */
  longest(): number {
    let longest = 0;
    for (const path of this.views().joint) longest = Math.max(longest, path);
    return longest;
  }

  /** Of several groups those of each centroid and of the groups, too. */
  private views(): { joint: FloatArray; own: FloatArray; group: FloatArray } {
    const { run, buffers, groups } = this;
    const { workspace, precision } = run.samples;
    const at = (address: number, length: number) => workspace.floats(precision, address, length);
    const { k } = run;
    return {
      joint: at(buffers.jointPaths, k),
      own: at(buffers.paths, groups > 1 ? k : 0),
      group: at(buffers.groupPaths, groups > 1 ? wholeGroups(groups) : 0),
    };
  }
}
