import { sumsEntryLength, sumsWidth } from '../backend/shapes.js';
import type { Workspace } from '../backend/workspace.js';
import { powerOfTwoAbove } from '../data/power-of-two.js';

/**
 * The sums and weights of k clusters of d features, exact in any order, see assembly/accumulate.ts: for each thread grids and an
 * entry for each cluster. Those of the first are those of all between passes.
 */
export class ExactSums {
  /** Of one thread, in float64. */
  readonly length: number;
  /** Of an entry, and of the grids. */
  readonly entry: number;

  constructor(
    private readonly workspace: Workspace,
    private readonly pointer: number,
    k: number,
    private readonly d: number,
  ) {
    this.entry = sumsEntryLength(d);
    this.length = (k + 1) * this.entry;
  }

  /** The grids, and the sums of one thread. */
  of(thread = 0): Float64Array {
    return this.workspace.float64(this.at(thread), this.length);
  }

  at(thread: number): number {
    return this.pointer + thread * this.length * 8;
  }

  clear(thread = 0): void {
    this.of(thread).fill(0, this.entry);
  }

  clearAll(): void {
    for (let thread = 0; thread < this.workspace.threads; thread++) this.clear(thread);
  }

  /** Adds what other threads moved to the sums of the first. */
  gather(): void {
    for (let thread = 1; thread < this.workspace.threads; thread++) {
      this.add(this.of(thread));
      this.clear(thread);
    }
  }

  /** Adds sums over the same grids. */
  add(more: Float64Array): void {
    const all = this.of();
    for (let c = this.entry; c < all.length; c++) all[c] = all[c]! + more[c]!;
  }

  /**
   * The constants C and C₂ of the sums: 1.5 · 2⁵² times the grids, the coarse one such that sums of n values up to the
   * greatest are exact, the fine one as far below it again.
   *
   * @param magnitude d: no |value| of the samples is greater
   */
  writeGrids(magnitude: ArrayLike<number>, maxWeight: number, n: number): void {
    const { d, workspace } = this;
    const grids = this.of().fill(0, 0, this.entry);
    const width = sumsWidth(d);
    const room = 2 * powerOfTwoAbove(n + 1);
    const set = (greatest: number, at: number, low: number) => {
      if (greatest === 0) return;
      const coarse = 1.5 * powerOfTwoAbove(greatest) * room;
      grids[at] = coarse;
      grids[at + low] = coarse * room * 2 ** -52;
    };
    for (let f = 0; f < d; f++) set(magnitude[f]! * maxWeight, f, width);
    set(maxWeight, 2 * width, 1);
    for (let thread = 1; thread < workspace.threads; thread++) this.of(thread).set(grids.subarray(0, this.entry));
  }
}
