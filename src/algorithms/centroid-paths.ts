import { type BoundsBuffers, wholeGroups } from '../backend/layout.js';
import type { FloatArray } from '../types.js';
import type { Run } from './run.js';

/** How far centroids have come, step by step, since there are bounds: each one, each with any other, and the groups. */
export class CentroidPaths {
  constructor(
    private readonly run: Run,
    private readonly buffers: BoundsBuffers,
    private readonly groups: number,
  ) {}

  /** All paths begin here. */
  clear(): void {
    const [own, joint, group] = this.views();
    for (const path of [own, joint, group]) path.fill(0);
    // What is read behind the last group is no bound: it counts as infinitely far.
    if (this.groups > 1) group.fill(-Infinity, this.groups);
  }

  /** Adds the last step of every centroid, rounding up: what is between two lengths of a path is no less. */
  lengthen(): void {
    const { run, buffers, groups } = this;
    const { samples, k } = run;
    const { workspace, precision } = samples;
    const up = 1 + (precision === 'float32' ? 2 ** -22 : 2 ** -50);
    const sqShifts = workspace.float64(run.buffers.sqShifts, k);
    const steps = Float64Array.from(sqShifts, Math.sqrt);
    const groupOf = workspace.int32(buffers.groupOf, k);
    const [own, joint, group] = this.views();
    const longest = new Float64Array(group.length);
    const [far = 0, next = 0] = steps.slice().sort().reverse();
    steps.forEach((step, j) => {
      const other = step === far ? next : far;
      if (groups === 1) longest[j] = other;
      else longest[groupOf[j]!] = Math.max(longest[groupOf[j]!]!, step);
      own[j] = (own[j]! + step) * up;
      joint[j] = (joint[j]! + step + other) * up;
    });
    longest.forEach((step, g) => {
      group[g] = (group[g]! + step) * up;
    });
  }

  /** The longest joint path. */
  longest(): number {
    let longest = 0;
    for (const path of this.views()[1]) longest = Math.max(longest, path);
    return longest;
  }

  /** Own, joint, and those of groups; of one group the longest of the others, for each centroid. */
  private views(): [own: FloatArray, joint: FloatArray, group: FloatArray] {
    const { run, buffers, groups } = this;
    const { workspace, precision } = run.samples;
    const at = (address: number, length: number) => workspace.floats(precision, address, length);
    const { k } = run;
    return [
      at(buffers.paths, k),
      at(buffers.jointPaths, k),
      at(buffers.groupPaths, groups === 1 ? k : wholeGroups(groups)),
    ];
  }
}
