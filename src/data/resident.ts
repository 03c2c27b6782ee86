import { createBackend } from '../backend/load.js';
import { now, type Work } from '../backend/pass.js';
import { bytesOf, COLUMNS_MAX_D, floatArray } from '../backend/shapes.js';
import { createSharedWorkspace } from '../backend/shared.js';
import { Workspace, withWorkspace } from '../backend/workspace.js';
import type { ResolvedOptions } from '../options.js';
import type { FloatArray, Precision } from '../types.js';
import { SLICE_VALUES } from './samples.js';

/** Bytes from which samples get memory that workers can share: for fewer, workers of their own cost more than a copy. */
export const worthSharing = { bytes: 2 ** 26 };

/** n × d samples, row by row, in a workspace of their own, where one call at a time may cluster them as they lie. */
export class Resident {
  private readonly workspace: Workspace;
  /** Address of the first value. */
  readonly pointer: number;
  private readonly mark: number;
  /** Engines collect memory that is shared as if it were small: this is as large, and takes none since nobody touches it. */
  readonly ballast: ArrayBuffer | undefined;
  private busy = false;
  /** Whether nobody looks at the samples meanwhile. */
  private mayMove = false;
  private readonly sliceRows: number;
  /** d: what is subtracted from the samples while a call has them. */
  private shift: Float64Array | undefined;
  /** Of each slice that was moved: the places of values that do not come back by themselves, and these values. */
  private lost: [places: Uint32Array, values: FloatArray][] = [];

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
    this.sliceRows = Math.ceil(SLICE_VALUES / d);
  }

  /** The values from row `from` to row `to`, as they are now. */
  values(from = 0, to = this.n): FloatArray {
    const { precision, pointer, d } = this;
    return this.workspace.floats(precision, pointer + from * d * bytesOf(precision), (to - from) * d);
  }

  /** Writes rows `from` … `to` − 1 as they were given, whatever a call does to them. */
  write(target: FloatArray, from: number, to: number): void {
    const { d, sliceRows, lost } = this;
    target.set(this.values(from, to));
    for (let s = Math.floor(from / sliceRows); s < lost.length && s * sliceRows < to; s++) {
      const start = s * sliceRows;
      const first = Math.max(from, start);
      const rows = this.putBack(s, this.slice(s).slice());
      target.set(rows.subarray((first - start) * d, (to - start) * d), (first - from) * d);
    }
  }

  isIn(workspace: Workspace): boolean {
    return this.workspace === workspace;
  }

  /** Lends the workspace to a call that can have the samples as they lie, unless another one has it. */
  claim({ precision, metric, init, onProgress }: ResolvedOptions, deferred = false): Workspace | undefined {
    if (
      this.busy ||
      this.d <= COLUMNS_MAX_D ||
      metric === 'cosine' ||
      (precision !== 'auto' && precision !== this.precision)
    )
      return undefined;
    this.busy = true;
    this.mayMove = typeof init !== 'function' && (deferred || !onProgress);
    this.workspace.deferred = deferred;
    return this.workspace;
  }

  /** Brings everything back to what it was before the claim. */
  *release(): Work {
    yield* this.restore();
    Object.assign(this.workspace, { threads: 1, deferred: false });
    this.workspace.backTo(this.mark);
    this.busy = false;
  }

  /**
   * Subtracts a shift from the samples, unless somebody may look at them, or to remember what adding it would not bring back
   * took half as much as a copy; returns whether it did. Only this thread does that, so that it knows how far it came.
   */
  *move(shift: Float64Array): Work<boolean> {
    if (!this.mayMove) return false;
    const { n, d, precision, lost, sliceRows, workspace } = this;
    const value = bytesOf(precision);
    let room = (n * d * value) / 2 / (4 + value);
    this.shift = shift;
    while (lost.length * sliceRows < n) {
      const rows = this.slice(lost.length);
      const given = rows.slice();
      subtract(rows, shift);
      const back = subtract(rows.slice(), negative(shift));
      const places = Uint32Array.from(differences(given, back));
      lost.push([places, floatArray(precision, places.length).map((_, i) => given[places[i]!]!)]);
      room -= places.length;
      if (room < 0) {
        yield* this.restore();
        return false;
      }
      if (workspace.deferred) yield;
    }
    return true;
  }

  private *restore(): Work {
    for (let s = this.lost.length - 1; s >= 0; s--) {
      this.putBack(s, this.slice(s));
      this.lost.pop();
      if (this.workspace.deferred) yield;
    }
  }

  private slice(s: number): FloatArray {
    return this.values(s * this.sliceRows, Math.min((s + 1) * this.sliceRows, this.n));
  }

  /** Gives the rows of a moved slice the values that they had. */
  private putBack(s: number, rows: FloatArray): FloatArray {
    const [places, values] = this.lost[s]!;
    subtract(rows, negative(this.shift!));
    places.forEach((at, i) => {
      rows[at] = values[i]!;
    });
    return rows;
  }
}

/** Does work where samples lie, if a call may have them there now, or in an idle workspace. */
export function withResident<T>(
  resident: Resident | undefined,
  options: ResolvedOptions,
  work: (workspace: Workspace) => T,
): T {
  const place = resident?.claim(options);
  try {
    return withWorkspace(place, work);
  } finally {
    if (place) now(resident!.release());
  }
}

/** Subtracts d numbers from every row, rounding to the precision of the rows. */
function subtract(rows: FloatArray, shift: Float64Array): FloatArray {
  const d = shift.length;
  for (let i = 0; i < rows.length; i += d) for (let f = 0; f < d; f++) rows[i + f] = rows[i + f]! - shift[f]!;
  return rows;
}

/** 0 stays 0: −0 would turn values of −0 into 0. */
const negative = (shift: Float64Array): Float64Array => shift.map((value) => 0 - value);

/** The places where a bit differs. */
function differences(a: FloatArray, b: FloatArray): number[] {
  const places: number[] = [];
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) places.push(i);
  return places;
}
