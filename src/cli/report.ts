import type { ClusterArguments } from './cluster-arguments.js';
import type { Clustering, Elbow } from './clustering.js';
import type { Paint } from './colours.js';
import { formatCount, formatDuration, formatNumber, formatNumbers, formatPlural } from './number-format.js';
import type { Samples } from './samples.js';
import type { Column, Table } from './table-reader.js';
import { countFitting, formatTable, type TextColumn } from './text-table.js';
import { fitText } from './text-width.js';

export interface ReportInput {
  args: ClusterArguments;
  table: Table;
  columns: Column[];
  samples: Samples;
  clustering: Clustering;
}

const clustersShown = 64;
const nameWidth = 16;
const bullet = '●';
const barWidth = 30;

/** What was clustered, in one line. */
export function formatSubject({ args, table, columns, samples }: ReportInput, paint: Paint): string {
  const rows = formatPlural(samples.nSamples, 'row');
  const scaled = args.scale === 'none' ? '' : `, scaled (${args.scale})`;
  const metric = args.options.metric === 'cosine' ? ', by direction (cosine)' : '';
  return `${paint.bold(fitText(table.source, 60))}: ${rows} of ${formatPlural(columns.length, 'column')}${scaled}${metric}`;
}

/** The table of the clusters, cut to `width` columns of text, and the line of totals. */
export function formatReport(input: ReportInput, width: number, paint: Paint): string {
  const { clustering, columns } = input;
  const k = Math.min(clustering.result.k, clustersShown);
  const fixed = clusterColumns(clustering, k, paint.coloured);
  const features = columns.map(({ name }, j) => ({
    title: fitText(name, nameWidth),
    cells: formatNumbers(clustering.centroids.slice(0, k).map((row) => row[j]!)),
  }));
  const fitting = countFitting([...fixed, ...features], width) - fixed.length;
  const nShown = Math.max(1, Math.min(fitting, features.length));
  const [titles, ...rows] = formatTable([...fixed, ...features.slice(0, nShown)]);

  const lines = [paint.dim(titles!), ...rows.map((row, i) => row.replace(bullet, paint.cluster(i, bullet)))];
  const hidden = hiddenParts(clustering.result.k - k, features.length - nShown);
  if (hidden) lines.push(paint.dim(`${hidden} not shown: --centroids FILE and --json have all`));
  return `${lines.join('\n')}\n\n${formatTotals(input)}\n`;
}

/** Inertia by k, a bar for each, the elbow marked. */
export function formatElbow({ ks, inertias, k }: Elbow, paint: Paint): string {
  const [titles, ...rows] = formatTable([
    { title: 'k', cells: ks.map(String) },
    { title: 'inertia', cells: formatNumbers(inertias) },
  ]);
  const lines = rows.map((row, i) => {
    const line = `${row}  ${bar(inertias[i]! / (inertias[0]! || 1))}`;
    return ks[i] === k ? paint.bold(`${line} ← elbow`) : line;
  });
  return `${[paint.dim(titles!), ...lines].join('\n')}\n`;
}

/** A bar for a fraction of 1, in eighths of a character. */
function bar(fraction: number): string {
  const eighths = Math.round(8 * barWidth * fraction);
  return '█'.repeat(eighths >> 3) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths & 7]!;
}

function clusterColumns({ result, spreads }: Clustering, k: number, bullets: boolean): TextColumn[] {
  const counts = Array.from(result.counts.slice(0, k));
  const indexWidth = String(counts.length - 1).length;
  const name = (i: number) => (bullets ? `${bullet} ${String(i).padStart(indexWidth)}` : String(i));
  return [
    { title: 'cluster', cells: counts.map((_, i) => name(i)) },
    { title: 'size', cells: counts.map(formatCount) },
    { title: 'share', cells: counts.map((count) => `${((100 * count) / result.nSamples).toFixed(1)}%`) },
    { title: 'spread', cells: formatNumbers(spreads.slice(0, k)) },
  ];
}

function hiddenParts(clusters: number, columns: number): string {
  const parts = [];
  if (clusters > 0) parts.push(`${formatPlural(clusters, 'more cluster')}`);
  if (columns > 0) parts.push(`${formatPlural(columns, 'more column')}`);
  return parts.join(' and ');
}

function formatTotals({ clustering }: ReportInput): string {
  const { result, silhouette, elapsedMs } = clustering;
  const iterations = formatPlural(result.iterations, 'iteration');
  return [
    `inertia ${formatNumber(result.inertia)}`,
    ...(silhouette === undefined ? [] : [`silhouette ${silhouette.toFixed(2)}`]),
    result.converged ? `converged after ${iterations}` : `not converged in ${iterations} (--max-iter)`,
    formatDuration(elapsedMs),
    result.backend,
  ].join(' · ');
}
