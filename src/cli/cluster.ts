import { type ClusterArguments, type ClusterOutput, svgOutputs } from './cluster-arguments.js';
import { runClusterStream, wantsStream } from './cluster-stream.js';
import { type Clustering, cluster, type Elbow, findElbow } from './clustering.js';
import { createPaint } from './colours.js';
import { chooseColumns } from './column-choice.js';
import { formatCentroids, formatLabels } from './csv-output.js';
import { DataError } from './failures.js';
import { readInput } from './input.js';
import { formatJson } from './json-document.js';
import { formatModel } from './model-file.js';
import { formatPlural } from './number-format.js';
import { writeOutput } from './outputs.js';
import { formatPicture } from './picture.js';
import { createProgress, type ProgressLine } from './progress.js';
import { formatElbow, formatReport, formatSubject, type ReportInput } from './report.js';
import { asData, type Samples, takeSamples } from './samples.js';
import { fitScaling, type Scaling, scale } from './scaling.js';
import { drawSvg, loadPlot, type Plot } from './svg-pictures.js';
import type { Column, Table } from './table-reader.js';
import { type Terminal, wantsColour, widthOf } from './terminal.js';

/** The command `cluster`: reads, clusters, writes the files that were asked for and reports. */
export async function runCluster(args: ClusterArguments, terminal: Terminal): Promise<void> {
  if (wantsStream(args)) {
    await runClusterStream(args, terminal);
    return;
  }
  const note = (text: string) => !args.quiet && terminal.stderr.write(`note: ${text}\n`);
  const plot = svgOutputs.some((output) => args.outputs[output] !== undefined) ? await loadPlot() : undefined;
  const progress = createProgress(terminal, args.quiet);
  try {
    const input = await readSamples(args, terminal, progress, note);
    const done = await clusterSamples(input, args, terminal, progress, plot);
    progress.end();
    const written = await writeOutputs(done, args, terminal, plot);
    report(done, args, terminal);
    if (written.length > 0) note(`wrote ${written.join(', ')}`);
  } finally {
    progress.end();
  }
}

interface Input {
  table: Table;
  columns: Column[];
  samples: Samples;
  scaling: Scaling;
  scaled: Float64Array;
}

interface Done extends Input {
  clustering: Clustering;
  elbow?: Elbow;
}

async function readSamples(
  args: ClusterArguments,
  terminal: Terminal,
  progress: ProgressLine,
  note: (text: string) => void,
): Promise<Input> {
  const table = await readInput(args, args.labelsWithData, terminal, progress);
  progress.end();
  const columns = chooseColumns(table, args.columns, note);
  const samples = takeSamples(table, columns, args.missing);
  if (table.dialect.decimalComma && !args.forced.decimalComma) note('commas are read as decimal points');
  if (samples.dropped > 0) note(`dropped ${formatPlural(samples.dropped, 'row')} with missing or bad cells`);
  const scaling = fitScaling(args.scale, samples.values, samples.nFeatures);
  return { table, columns, samples, scaling, scaled: scale(samples.values, scaling) };
}

async function clusterSamples(
  input: Input,
  args: ClusterArguments,
  terminal: Terminal,
  progress: ProgressLine,
  plot: Plot | undefined,
): Promise<Done> {
  const { samples, scaled, scaling } = input;
  const data = asData(samples, scaled);
  const needsElbow = args.k === 'auto' || args.outputs.elbow !== undefined;
  const elbow = needsElbow ? findElbow(data, samples.nSamples, args.kMax, args.options, progress) : undefined;
  const k = args.k === 'auto' ? elbow!.k : args.k;
  if (k === undefined) return giveUp(elbow!, args, terminal, plot);
  if (k > samples.nSamples) {
    throw new DataError(`${k} clusters (-k) are more than the ${formatPlural(samples.nSamples, 'row')} there are`);
  }
  const clustering = cluster(data, k, args, scaling, progress);
  return { ...input, clustering, ...(elbow && { elbow }) };
}

/** No k was given and none stands out: shows the curve, so that a person can choose. */
async function giveUp(
  elbow: Elbow,
  args: ClusterArguments,
  terminal: Terminal,
  plot: Plot | undefined,
): Promise<never> {
  const { outputs, quiet, json } = args;
  if (outputs.elbow && plot) await writeOutput(outputs.elbow, await plot.elbowPlot(elbow), terminal.stdout);
  const free = !quiet && !json && !Object.values(outputs).includes('-');
  if (free) terminal.stdout.write(`${formatElbow(elbow, createPaint(false))}\n`);
  throw new DataError(noElbow(elbow));
}

function noElbow({ ks, inertias }: Elbow): string {
  if (inertias[0] === 0) return 'no elbow: all rows are the same';
  const range = `k = ${ks[0]} to ${ks.at(-1)}`;
  return `no elbow: the inertia falls evenly from ${range}; choose the number of clusters with -k, or look further with --k-max`;
}

/** Writes every output that has a file; returns the names of those files. */
async function writeOutputs(
  done: Done,
  { outputs, labelsWithData, options }: ClusterArguments,
  { stdout }: Terminal,
  plot: Plot | undefined,
): Promise<string[]> {
  const { table, columns, samples, scaling, clustering } = done;
  const { result, centroids } = clustering;
  const featureNames = columns.map(({ name }) => name);
  const written: string[] = [];
  const write = async (output: ClusterOutput, format: () => string | Promise<string>) => {
    const file = outputs[output];
    if (file === undefined) return;
    await writeOutput(file, await format(), stdout);
    if (file !== '-') written.push(file);
  };

  await write('labels', () => formatLabels(table, samples, result.labels, labelsWithData));
  await write('centroids', () => formatCentroids(featureNames, result.counts, centroids));
  await write('model', () => formatModel(columns, table.dialect.hasHeader, scaling, result));
  for (const output of svgOutputs)
    await write(output, () => drawSvg(output, plot!, { ...done, options, featureNames }));
  return written;
}

function report(done: Done, args: ClusterArguments, { stdout, env }: Terminal): void {
  const input: ReportInput = { args, ...done };
  if (args.json) {
    stdout.write(formatJson(input, done.scaling, done.elbow));
    return;
  }
  if (args.quiet || Object.values(args.outputs).includes('-')) return;

  const paint = createPaint(wantsColour(stdout, env));
  const width = widthOf(stdout, env);
  stdout.write(`${formatSubject(input, paint)}\n\n`);
  if (args.k === 'auto') stdout.write(`${formatElbow(done.elbow!, paint)}\n`);
  if (args.picture ?? stdout.isTTY) stdout.write(`${formatPicture(input, done.scaled, width, paint)}\n`);
  stdout.write(formatReport(input, width, paint));
}
