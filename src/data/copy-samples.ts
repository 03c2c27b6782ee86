import type { Parts } from '../backend/parts.js';
import { inParts, type RangeCall, type Work, wait } from '../backend/pass.js';
import { bytesOf, COLUMNS_MAX_D, floatView } from '../backend/shapes.js';
import type { Workspace } from '../backend/workspace.js';
import type { Precision } from '../types.js';
import { FRESH_VALUES, PASS_ROWS, Samples } from './samples.js';
import type { Source } from './source.js';

/** Elements from column to column or from row to row for n samples: whole vectors of columns, rows without gaps. */
export const strideOf = (n: number, d: number): number => (d <= COLUMNS_MAX_D ? (n + 7) & ~7 : d);

/** Bytes of n samples in the layout of d. */
export const samplesBytes = (n: number, d: number, precision: Precision): number =>
  strideOf(n, d) * (d <= COLUMNS_MAX_D ? d : n) * bytesOf(precision);

/** Values of a slice after which copying pauses in a deferred workspace. */
export const SLICE_VALUES = 2 ** 18;

/** Rows that are sorted into columns at a time: in the caches still, and so many that a call for them does not count. */
const STAGED_ROWS = 4 * PASS_ROWS;

/** Where samples lie, in the layout of d, and where rows are sorted into columns, some at a time, or more where they are sent. */
export const samplesLayout = (n: number, d: number, precision: Precision, sent = false) => ({
  x: samplesBytes(n, d, precision),
  staging: d <= COLUMNS_MAX_D ? Math.min(n, sent ? SLICE_VALUES : STAGED_ROWS) * d * bytesOf(precision) : 0,
});

/** Puts the weights of n samples where these are to lie, if there are any; returns their address, or 0. */
export function* placeWeights(workspace: Workspace, weights: Float64Array | undefined, n: number): Work<number> {
  if (!weights) return 0;
  const { parts } = workspace;
  const at = workspace.take({ weights: (parts?.rows ?? n) * 8 }, n).weights;
  if (parts) {
    parts.weights = weights;
    parts.give(at, weights);
  } else
    yield* inParts(workspace, n, (from, to) => {
      workspace.float64(at, n).set(weights.subarray(from, to), from);
    });
  return at;
}

/**
 * Copies all rows of a source, in the layout of d.
 *
 * @param weights address of theirs, or 0
 * @param parts where they are to lie with workers
 */
export function* copySamples(
  workspace: Workspace,
  source: Source,
  precision: Precision,
  weights = 0,
  parts?: Parts,
): Work<Samples> {
  const { nSamples: n, nFeatures: d } = source;
  const rows = parts?.rows ?? n;
  const { x, staging } = workspace.take(samplesLayout(rows, d, precision, !!parts), n);
  const samples = new Samples(workspace, precision, n, d, x, strideOf(rows, d), weights, parts);
  yield* parts ? scatter(samples, source, staging, parts) : copy(samples, source, staging);
  return samples;
}

function* copy(samples: Samples, source: Source, staging: number): Work {
  const { workspace, precision, n, d } = samples;
  const rows = d <= COLUMNS_MAX_D ? STAGED_ROWS : workspace.deferred ? Math.ceil(FRESH_VALUES / d) : n;
  for (let i = 0; i < n; i += rows) {
    const count = Math.min(rows, n - i);
    const at = d <= COLUMNS_MAX_D ? staging : samples.at(i);
    source.write(workspace.floats(precision, at, count * d), i, i + count);
    if (d <= COLUMNS_MAX_D) samples.kernels.toColumns(at, count, d, samples.at(i), samples.stride);
    if (workspace.deferred) yield;
  }
}

/** Slices that are on their way to workers at a time. */
const SLICES = 3;

/** Sends the rows to the workers that are to have them. */
function* scatter(samples: Samples, source: Source, staging: number, parts: Parts): Work {
  const { precision, d } = samples;
  const value = bytesOf(precision);
  const rows = Math.min(Math.ceil(SLICE_VALUES / d / PASS_ROWS) * PASS_ROWS, parts.rows);
  const sent: Promise<ArrayBuffer>[] = [];
  for (let p = 0; p < parts.count; p++)
    for (let from = 0; from < parts.rowsOf(p); from += rows) {
      const to = Math.min(from + rows, parts.rowsOf(p));
      // Slices are on their way while the next one is made.
      const buffer = sent.length < SLICES ? new ArrayBuffer(rows * d * value) : yield* wait(sent.shift()!);
      const values = floatView(buffer, precision, 0, (to - from) * d);
      source.write(values, p * parts.rows + from, p * parts.rows + to);
      const toColumns: RangeCall = (kernels, i, count) =>
        kernels.toColumns(staging + (i - from) * d * value, count, d, samples.at(i), samples.stride);
      const slice =
        d <= COLUMNS_MAX_D
          ? parts.write(p, staging, values, { call: toColumns, precision, from, to })
          : parts.write(p, samples.at(from), values);
      // What goes wrong with it is heard of where it is waited for.
      slice.catch(() => {});
      sent.push(slice);
      yield;
    }
  yield Promise.all(sent);
}
