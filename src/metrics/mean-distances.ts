import {
  SILHOUETTE_HEADER,
  SILHOUETTE_PANEL,
  SILHOUETTE_ROWS,
  silhouetteLayout,
  silhouetteScratchBytes,
} from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { COLUMNS_MAX_D } from '../backend/shapes.js';
import type { Workspace } from '../backend/workspace.js';
import { copySamples } from '../data/copy-samples.js';
import { flatSource } from '../data/flat.js';
import { callRows } from '../data/samples.js';
import type { FloatArray } from '../types.js';

/** Numbers of a block of rows, which stays in the second-level cache while every sample passes by. */
const BLOCK_NUMBERS = 2 ** 14;

/** Rows of a block. */
export const blockRows = (d: number): number => Math.min(Math.max(Math.ceil(BLOCK_NUMBERS / d), 16), SILHOUETTE_ROWS);

/** Steps that a distance takes, in all. */
export const distanceWork = (d: number): number => d + 8;

/**
 * Sum of the distances of each of n rows, sorted by cluster, to the others of its own cluster, and the lowest of the means to
 * the rows of another: the state of assembly/silhouette.ts. All samples are compared with one block of rows after the other.
 *
 * @param squared whether squared distances are meant: twice 1 − cosine, where rows have length 1
 */
export function* meanDistances(
  workspace: Workspace,
  rows: Float64Array,
  d: number,
  starts: Int32Array,
  squared: boolean,
): Work<FloatArray> {
  const n = starts[starts.length - 1];
  const { threads, parts } = workspace;
  const plan = silhouetteLayout({ n: parts?.rows ?? n, d, threads });
  const { labels, state, block, scratch } = workspace.take(plan, n);
  const samples = yield* copySamples(workspace, flatSource(rows, d), 'float64', 0, parts);
  const clusters = new Int32Array(n);
  for (let c = 1; c < starts.length - 1; c++) clusters.fill(c, starts[c], starts[c + 1]);
  samples.give(labels, clusters);
  const nothing = new Float64Array(SILHOUETTE_PANEL).fill(Number.POSITIVE_INFINITY, 8);
  yield* samples.fill(state, nothing, SILHOUETTE_PANEL, 4);

  for (let from = 0; from < n; from += blockRows(d)) {
    const to = Math.min(from + blockRows(d), n);
    const pieces = piecesOf(from, to, clusters, starts);
    workspace.int32(block, 2 + pieces.length).set([to - from, Number(squared), ...pieces]);
    writeBlock(workspace.float64(block + SILHOUETTE_HEADER, SILHOUETTE_ROWS * d), rows.subarray(from * d, to * d), d);
    yield* samples.pass(
      (kernels, i, count, thread) =>
        kernels.addDistances(
          samples.at(i),
          count,
          d,
          samples.stride,
          labels + i * 4,
          block,
          state + i * SILHOUETTE_PANEL * 2,
          scratch + thread * silhouetteScratchBytes(d),
        ),
      callRows(to - from, distanceWork(d)),
      0,
      undefined,
      (to - from) * distanceWork(d),
    );
  }
  return yield* samples.fetch('float64', state, SILHOUETTE_PANEL, 4);
}

/** Of the clusters that rows `from` … `to` − 1 are of: how many rows, which one, and the size of those that end here, else 0. */
function piecesOf(from: number, to: number, clusters: Int32Array, starts: Int32Array): number[] {
  const pieces: number[] = [];
  for (let at = from; at < to; ) {
    const c = clusters[at];
    const end = Math.min(starts[c + 1], to);
    pieces.push(end - at, c, end === starts[c + 1] ? end - starts[c] : 0);
    at = end;
  }
  return pieces;
}

/** Writes rows in the layout of d. */
function writeBlock(target: Float64Array, rows: Float64Array, d: number): void {
  if (d > COLUMNS_MAX_D) target.set(rows);
  else for (let i = 0; i < rows.length; i++) target[(i % d) * SILHOUETTE_ROWS + Math.floor(i / d)] = rows[i];
}
