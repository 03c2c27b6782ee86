import type { Elbow } from './clustering.js';
import type { ReportInput } from './report.js';
import { labelsOfRows } from './samples.js';
import type { Scaling } from './scaling.js';

/** A clustering as one JSON document for programs. */
export function formatJson(
  { args, table, columns, samples, clustering }: ReportInput,
  scaling: Scaling,
  elbow?: Elbow,
) {
  const { result, centroids, spreads, silhouette, elapsedMs } = clustering;
  // Of a stream no labels are kept.
  const labels = result.labels && labelsOfRows(table.nRows, samples, result.labels).map((label) => label ?? null);
  return `${JSON.stringify({
    source: table.source,
    columns: columns.map(({ name }) => name),
    rows: table.nRows,
    dropped: samples.dropped,
    scaling: args.scale === 'none' ? null : scaling,
    k: result.k,
    clusters: centroids.map((centroid, i) => ({
      size: result.counts[i],
      share: result.counts[i]! / samples.nSamples,
      spread: spreads[i],
      centroid,
    })),
    inertia: result.inertia,
    silhouette: silhouette ?? null,
    iterations: result.iterations,
    converged: result.converged,
    seed: result.seed,
    algorithm: result.algorithm,
    backend: result.backend,
    elapsedMs,
    elbow: elbow ? { ...elbow, k: elbow.k ?? null } : null,
    labels: labels ?? null,
  })}\n`;
}
