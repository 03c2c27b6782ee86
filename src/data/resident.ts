import { createBackend } from '../backend/load.js';
import type { Work } from '../backend/pass.js';
import { bytesOf, COLUMNS_MAX_D } from '../backend/shapes.js';
import { createSharedWorkspace } from '../backend/shared.js';
import { Workspace, withWorkspace } from '../backend/workspace.js';
import type { ResolvedOptions } from '../options.js';
import { Turns } from '../turn.js';
import type { FloatArray, Precision } from '../types.js';

/** Bytes from which samples get memory that workers can share: for fewer, workers of their own cost more than a copy. */
export const worthSharing = { bytes: 2 ** 26 };

/** Values that are moved in one kernel call, or up to twice as many: 16 bits tell one from another. */
const SLICE = 2 ** 15;

/** n × d samples, row by row, in a workspace of their own, where one call at a time may cluster them as they lie. */
export class Resident {
  private readonly workspace: Workspace;
  /** Address of the first value. */
  readonly pointer: number;
  private readonly mark: number;
  /** Engines do not see how large shared memory is when they decide what to collect: this they see. Nobody touches it, so it takes none. */
  readonly ballast: ArrayBuffer | undefined;
  private readonly sliceRows: number;
  private busy = false;
  /** What brings everything back, once it has begun. */
  private returning: Work | undefined;
  /** Whether nobody looks at the samples while a call has them. */
  private mayMove = false;
  /** d: what was subtracted from the samples. */
  private shift: Float64Array = new Float64Array();
  /** Of each slice that was moved: the places of values that do not come back by themselves, and these values. */
  private readonly lost: [places: Uint16Array, values: FloatArray][] = [];

  /** @throws ERR_OUT_OF_MEMORY */
  constructor(
    private readonly n: number,
    private readonly d: number,
    readonly precision: Precision,
  ) {
    const bytes = n * d * bytesOf(precision);
    const place = (workspace: Workspace) => [workspace, workspace.take({ values: bytes }, n).values] as const;
    let shared: ReturnType<typeof place> | undefined;
    try {
      const workspace = d > COLUMNS_MAX_D && bytes >= worthSharing.bytes ? createSharedWorkspace() : undefined;
      if (workspace) {
        this.ballast = new ArrayBuffer(bytes);
        shared = place(workspace);
      }
    } catch {}
    [this.workspace, this.pointer] = shared ?? place(new Workspace(createBackend()));
    this.mark = this.workspace.mark();
    this.sliceRows = Math.ceil(SLICE / d);
  }

  /** All rows: a view. Whoever looks need not wait until a call that was aborted has brought them back. */
  values(): FloatArray {
    this.settle();
    return this.rows(0, this.n);
  }

  /** Writes rows `from` … `to` − 1 as the caller left them, whatever a call does to them. */
  write(target: FloatArray, from: number, to: number): void {
    const { d, sliceRows, lost } = this;
    target.set(this.rows(from, to));
    for (let s = Math.floor(from / sliceRows); s < lost.length && s * sliceRows < to; s++) {
      const start = s * sliceRows;
      const first = Math.max(from, start);
      const rows = this.rows(start, this.endOf(s)).slice();
      const back = this.back();
      for (let i = 0; i < rows.length; i++) rows[i] = rows[i]! - back[i % d]!;
      this.putBack(s, rows);
      target.set(rows.subarray((first - start) * d, (to - start) * d), (first - from) * d);
    }
  }

  isIn(workspace: Workspace): boolean {
    return this.workspace === workspace;
  }

  /** Lends the workspace to a call that can have the samples as they lie, unless another one has it. */
  claim({ precision, metric, init, onProgress }: ResolvedOptions, deferred = false): Workspace | undefined {
    this.settle();
    const suits = metric === 'euclidean' && (precision === 'auto' || precision === this.precision);
    if (this.busy || this.d <= COLUMNS_MAX_D || !suits) return undefined;
    this.busy = true;
    this.mayMove = this.d <= SLICE && typeof init !== 'function' && (deferred || !onProgress);
    this.workspace.deferred = deferred;
    return this.workspace;
  }

  /** Brings everything back to what it was before the claim. */
  release(): void {
    this.returning = this.bringBack();
    this.settle();
  }

  /** The same for work in slices. */
  async claimInTurn(options: ResolvedOptions, signal?: AbortSignal): Promise<Workspace | undefined> {
    if (this.returning) await this.settleInTurn(signal);
    return this.claim(options, true);
  }

  async releaseInTurn(): Promise<void> {
    this.returning = this.bringBack();
    await this.settleInTurn();
  }

  private *bringBack(): Work {
    const { workspace } = this;
    workspace.backTo(this.mark);
    yield* this.restore();
    Object.assign(workspace, { threads: 1, deferred: false });
    this.busy = false;
  }

  /** Ends what a release has begun, at once … */
  private settle(): void {
    while (!this.isSettled());
  }

  /** … or in slices; who cannot wait ends it meanwhile. */
  private async settleInTurn(signal?: AbortSignal): Promise<void> {
    const turns = new Turns(signal);
    while (!this.isSettled()) if (turns.isDue) await turns.take();
  }

  private isSettled(): boolean {
    if (this.returning?.next(0).done) this.returning = undefined;
    return !this.returning;
  }

  /**
   * Subtracts a shift from the samples, unless somebody may look at them, or to remember what adding it would not bring back
   * took half as much as a copy; returns whether it did. Only this thread does that, so that it knows how far it came.
   */
  *move(shift: Float64Array): Work<boolean> {
    if (!this.mayMove) return false;
    const { n, d, precision, lost, sliceRows, workspace } = this;
    const value = bytesOf(precision);
    const mark = workspace.mark();
    const most = Math.min(n, sliceRows) * d;
    const { places, kept } = workspace.take({ places: most * 4, kept: most * value }, n);
    const by = this.place(shift);
    this.shift = shift;
    let room = (n * d * value) / 2 / (2 + value);
    while (lost.length * sliceRows < n && room >= 0) {
      const from = lost.length * sliceRows;
      const count = this.endOf(lost.length) - from;
      const length = workspace.kernels(precision).moveRows(this.at(from), count, d, by, places, kept);
      lost.push([new Uint16Array(workspace.int32(places, length)), workspace.floats(precision, kept, length).slice()]);
      room -= length;
      if (workspace.deferred) yield;
    }
    workspace.backTo(mark);
    if (room < 0) yield* this.restore();
    return room >= 0;
  }

  /** Adds the shift to what was moved. */
  private *restore(): Work {
    const { d, precision, lost, sliceRows, workspace } = this;
    if (lost.length === 0) return;
    const mark = workspace.mark();
    const by = this.place(this.back());
    while (lost.length > 0) {
      const s = lost.length - 1;
      const from = s * sliceRows;
      workspace.kernels(precision).subtractShift(this.at(from), this.endOf(s) - from, d, d, by);
      this.putBack(s, this.rows(from, this.endOf(s)));
      lost.pop();
      if (workspace.deferred) yield;
    }
    workspace.backTo(mark);
  }

  /** What brings values back if it is subtracted: 0 for 0, since −0 would turn −0 into 0. */
  private back(): Float64Array {
    return this.shift.map((value) => 0 - value);
  }

  /** Gives the rows of a slice the values that the shift did not bring back. */
  private putBack(s: number, rows: FloatArray): void {
    const [places, values] = this.lost[s]!;
    places.forEach((at, i) => {
      rows[at] = values[i]!;
    });
  }

  /** Puts d numbers into memory; returns their address. */
  private place(numbers: Float64Array): number {
    const { workspace, precision, d, n } = this;
    const { by } = workspace.take({ by: d * bytesOf(precision) }, n);
    workspace.floats(precision, by, d).set(numbers);
    return by;
  }

  /** Rows `from` … `to` − 1 as they are now: a view. */
  private rows(from: number, to: number): FloatArray {
    return this.workspace.floats(this.precision, this.at(from), (to - from) * this.d);
  }

  private at(row: number): number {
    return this.pointer + row * this.d * bytesOf(this.precision);
  }

  private endOf(slice: number): number {
    return Math.min((slice + 1) * this.sliceRows, this.n);
  }
}

/** Does work where samples lie, if it can have them there now, or else in an idle workspace. */
export function withResident<T>(
  resident: Resident | undefined,
  options: ResolvedOptions,
  work: (workspace: Workspace) => T,
): T {
  const place = resident?.claim(options);
  try {
    return withWorkspace(place, work);
  } finally {
    if (place) resident!.release();
  }
}
