import { now } from '../../src/backend/pass.js';
import type { Workspace } from '../../src/backend/workspace.js';
import { type StatisticsRoom, statisticsLayout } from '../../src/data/centre.js';
import { copySamples, placeWeights } from '../../src/data/copy-samples.js';
import type { Samples } from '../../src/data/samples.js';
import type { Source } from '../../src/data/source.js';
import type { Precision } from '../../src/types.js';

/** Copies rows into a workspace as a fit does; `scratch` is where their statistics have room. */
export function placeRows(
  workspace: Workspace,
  precision: Precision,
  rows: readonly number[][],
  weights?: readonly number[],
): { samples: Samples; scratch: StatisticsRoom } {
  const n = rows.length;
  const d = rows[0]!.length;
  const source: Source = {
    nSamples: n,
    nFeatures: d,
    precision,
    write: (target, from, to) => target.set(rows.slice(from, to).flat()),
  };
  const weightsAt = now(placeWeights(workspace, weights && Float64Array.from(weights), n));
  const samples = now(copySamples(workspace, source, precision, weightsAt));
  return { samples, scratch: workspace.take(statisticsLayout(n, d), n) };
}
