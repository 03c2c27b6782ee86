import type { Precision } from '../types.js';
import type { Backend, Kernels } from './backend.js';
import type { Parts } from './parts.js';
import type { Workspace } from './workspace.js';

/**
 * What a pass does to samples `from` … `from + count − 1`: one kernel call, or several. Arguments are linear in `from`, `count`
 * and `thread`, whose only use is to choose the scratch of a thread: they are worked out elsewhere from a few calls.
 * Returns what the last call does, a number or nothing.
 */
export type RangeCall = (kernels: Kernels, from: number, count: number, thread: number) => unknown;

/** Kernel work over n samples, `rows` at a time: the ranges may come in any order and on any thread. */
export interface Pass {
  readonly call: RangeCall;
  readonly backend: Backend;
  readonly precision: Precision;
  readonly n: number;
  readonly rows: number;
  /** Multiply-adds, or what takes as long, for a sample. */
  readonly work: number;
  /** Address of a float64 for the value of each range, or 0: values are integers then, which add up alike in any order. */
  readonly values: number;
  /** Whether nobody wants to know the sum: workers with parts may still be at it when the work goes on. */
  readonly silent?: boolean;
  /** Address and number of the float64 that every thread adds to, and the first one's shall be the sums of. */
  readonly sums?: readonly [at: number, length: number];
  /** Where the samples lie with workers. */
  readonly parts?: Parts;
}

/**
 * Work that goes on as a generator wherever it passes over all samples. In a workspace of one thread such passes are made at
 * once and nothing is yielded; in a deferred one whoever drives the generator has them made and hands the sum of their values
 * back, and what a promise brings. `undefined` is a place to pause.
 */
export type Work<T = void, Y = never> = Generator<Pass | Promise<unknown> | undefined | Y, T, number>;

/**
 * Gives another work that is to be done beside others, whenever one may begin, with its place in the order in which they would
 * follow each other: where several fail, the first of them tells why. A place's lane is always the same.
 */
export type StartWork = (lane: Workspace, place: number) => readonly [order: number, work: Work] | undefined;

/** Work that waits for a worker. */
export function* wait<T>(promise: Promise<T>): Work<T> {
  return (yield promise) as T;
}

/** Work in a workspace that defers nothing. */
export function now<T>(work: Work<T>): T {
  return work.next().value as T;
}

/** Steps up to which handing a pass over takes longer than making it; tests set it to 0. */
export const handOver = { little: 2 ** 18, lane: 2 ** 15 };

/** Of n, between two places to pause. */
const PART = 2 ** 15;

/** Whether work may pause: a workspace, mostly. */
export type Pace = Pick<Workspace, 'deferred'>;

/** Does what this thread has to do itself from 0 to n, in order, with pauses where they are due after so many. */
export function* inParts({ deferred }: Pace, n: number, part: (from: number, to: number) => void, size = PART): Work {
  const step = deferred ? size : n;
  for (let from = 0; from < n; from += step) {
    part(from, Math.min(from + step, n));
    if (deferred) yield;
  }
}

/** Has a pass made; returns the sum of its values, in the order of the ranges. */
export function* make(workspace: Workspace, pass: Pass): Work<number> {
  if (pass.parts) {
    const made = pass.parts.make(pass);
    if (!pass.silent || !pass.parts.isShort(pass)) return yield* wait(made);
    // What goes wrong here goes wrong with the next errand too.
    made.catch(() => {});
    return 0;
  }
  const { deferred, isLane } = workspace;
  if (deferred && !(isLane ? pass.n * pass.work <= handOver.lane : isLittle(pass))) return yield pass;
  return makeRanges(workspace, pass, 0, pass.n);
}

/** Whether threads are not to share a pass. */
export const isLittle = ({ n, rows, work }: Pass): boolean => n <= rows || n * work <= handOver.little;

/** Samples of so many steps of a pass, or of one range: whole ranges. */
export const rowsFor = ({ work, rows }: Pass, steps: number): number =>
  Math.max(Math.floor(steps / work / rows), 1) * rows;

/** Steps after which who makes a pass on the calling thread looks up: to look takes as long as a range of some passes. */
const GLANCE = 2 ** 20;

/** Makes a pass on the calling thread, from glance to glance; returns the sum of its values, in the order of the ranges. */
export async function makeHere(
  workspace: Workspace,
  pass: Pass,
  glance: () => Promise<void> | undefined,
): Promise<number> {
  const step = rowsFor(pass, GLANCE);
  let sum = 0;
  for (let i = 0; i < pass.n; ) {
    // One by one, for the sum to be that of the values in their order.
    for (const end = Math.min(i + step, pass.n); i < end; i += pass.rows)
      sum += makeRanges(workspace, pass, i, Math.min(i + pass.rows, pass.n));
    const turn = glance();
    if (turn) await turn;
  }
  return sum;
}

/** Makes the ranges of a pass from `from` to `to`, on this thread, whose scratch is that of `thread`. */
export function makeRanges(workspace: Workspace, pass: Pass, from: number, to: number, thread = 0): number {
  const { call, backend, precision, rows, values } = pass;
  const kernels = backend.kernels[precision];
  let sum = 0;
  let cell = from / rows;
  const cells = values ? workspace.float64(values, Math.ceil(pass.n / rows)) : undefined;
  for (let i = from; i < to; i += rows) {
    const value = (call(kernels, i, Math.min(rows, to - i), thread) as number) || 0;
    if (cells) cells[cell++] = value;
    sum += value;
  }
  return sum;
}
