import { KMeans, type KMeansOptions, type KMeansResult, MiniBatchKMeans } from '../index.js';
import { type ClusterArguments, svgOutputs } from './cluster-arguments.js';
import type { Clustering } from './clustering.js';
import { createPaint } from './colours.js';
import { formatCentroids, formatCsv, titleBeside } from './csv-output.js';
import { DataError, UsageError } from './failures.js';
import { formatJson } from './json-document.js';
import { formatModel } from './model-file.js';
import { formatNumber, formatPlural } from './number-format.js';
import { openOutput, writeOutput } from './outputs.js';
import { createProgress, type ProgressLine } from './progress.js';
import { passBar } from './progress-bar.js';
import { formatReport, formatSubject, type ReportInput } from './report.js';
import { type Scaling, ScalingFit, scale, unscale } from './scaling.js';
import { sizeOfFile, TableStream } from './table-stream.js';
import { type Terminal, wantsColour, widthOf } from './terminal.js';

/** Whether the file is to be read in passes instead of into memory; throws a `UsageError` where it cannot be. */
export function wantsStream({ file, stream, memoryLimit }: ClusterArguments): boolean {
  if (!stream && memoryLimit === undefined) return false;
  const option = stream ? '--stream' : '--memory-limit';
  if (file === '-') throw new UsageError(`${option} needs a file: standard input cannot be read more than once`);
  return stream || sizeOfFile(file) > memoryLimit!;
}

/** The command `cluster` for files larger than memory: some passes to learn about them, some to cluster, one for the labels. */
export async function runClusterStream(args: ClusterArguments, terminal: Terminal): Promise<void> {
  checkArguments(args);
  const note = (text: string) => !args.quiet && terminal.stderr.write(`note: ${text}\n`);
  const progress = createProgress(terminal, args.quiet);
  let stream: TableStream | undefined;
  try {
    stream = await TableStream.open(
      args,
      note,
      passBar(progress, () => 'looking at the columns'),
    );
    if (stream.table.dialect.decimalComma && !args.forced.decimalComma) note('commas are read as decimal points');
    const scaling = await fitScaling(args, stream, progress);
    const start = performance.now();
    const model = await clusterRows(args, stream, scaling, progress);
    const elapsedMs = performance.now() - start;
    const done = await label(args, stream, scaling, model, terminal, progress);
    progress.end();
    const dropped = stream.table.nRows - done.nSamples;
    if (dropped > 0) note(`dropped ${formatPlural(dropped, 'row')} with missing or bad cells`);

    const { centroids, spreads, sizes } = done;
    const found = { ...fieldsOf(model), counts: sizes, inertia: done.inertia, nSamples: done.nSamples };
    const clustering = { result: found as KMeansResult, centroids, spreads, elapsedMs };
    const written = await writeOutputs(args, stream, scaling, model, clustering, terminal);
    report(args, stream, scaling, clustering, dropped, terminal);
    if (written.length > 0) note(`wrote ${written.join(', ')}`);
  } finally {
    progress.end();
    await stream?.close();
  }
}

/** What needs all rows at once is refused. */
function checkArguments({ k, kMax, outputs, picture }: ClusterArguments): void {
  const why = 'needs all rows in memory, and the file is read as a stream';
  for (const output of svgOutputs) if (outputs[output] !== undefined) throw new UsageError(`--${output} ${why}`);
  if (picture) throw new UsageError(`--picture ${why}`);
  if (k === 'auto') throw new UsageError(`the elbow ${why}: say how many clusters with -k`);
  if (kMax !== undefined) throw new UsageError(`--k-max ${why}`);
}

async function fitScaling(args: ClusterArguments, stream: TableStream, progress: ProgressLine): Promise<Scaling> {
  const scalingFit = new ScalingFit(args.scale, stream.columns.length);
  for (let pass = 1; pass <= scalingFit.passes; pass++) {
    const bar = passBar(progress, () => `scaling, pass ${pass} of ${scalingFit.passes}`);
    for await (const values of stream.numbers(bar)) scalingFit.add(pass, values);
  }
  return scalingFit.finish();
}

type Model = KMeans | MiniBatchKMeans;

async function clusterRows(
  { k, options, miniBatch, batchSize }: ClusterArguments,
  stream: TableStream,
  scaling: Scaling,
  progress: ProgressLine,
): Promise<Model> {
  let pass = 0;
  let known = '';
  const onProgress: KMeansOptions['onProgress'] = ({ iteration, inertia }) => {
    known = `, inertia ${formatNumber(inertia)} after iteration ${iteration}`;
  };
  async function* open() {
    pass++;
    const number = pass;
    const title = () => (miniBatch ? 'mini-batches' : `clustering, pass ${number}${known}`);
    for await (const values of stream.numbers(passBar(progress, title))) yield scale(values, scaling);
  }
  const given = { ...options, k: k as number, nFeatures: stream.columns.length };
  try {
    if (miniBatch) return await new MiniBatchKMeans({ ...given, ...(batchSize && { batchSize }) }).fitStream(open);
    return await new KMeans({ ...given, onProgress }).fitStream(open);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ERR_EMPTY_DATA')
      throw new DataError(`${stream.table.source}: every row has a missing or bad cell, none is left`);
    if (code === 'ERR_K') throw new DataError(`${k} clusters (-k) are more than the rows there are`);
    throw error;
  }
}

/** The last pass: every row gets its label, which is written where labels are asked for. */
async function label(
  { outputs, labelsWithData, options }: ClusterArguments,
  stream: TableStream,
  scaling: Scaling,
  model: Model,
  { stdout }: Terminal,
  progress: ProgressLine,
) {
  const { table } = stream;
  const { delimiter, hasHeader } = table.dialect;
  const out = outputs.labels === undefined ? undefined : await openOutput(outputs.labels, stdout);
  if (hasHeader && !labelsWithData) await out?.write('cluster\n');
  if (hasHeader && labelsWithData)
    await out?.write(formatCsv([[...table.header!, titleBeside(table.header!)]], delimiter));

  const sizes = new Float64Array(model.k);
  const sq = new Float64Array(model.k);
  const needsText = out !== undefined && (labelsWithData || !stream.clean);
  const bar = passBar(progress, () => 'labels');
  for await (const { cells, kept, values } of needsText ? stream.batches(bar) : withoutText(stream.numbers(bar))) {
    const { labels, distances } = values.length > 0 ? model.nearest(scale(values, scaling)) : none;
    labels.forEach((j, i) => {
      sizes[j]!++;
      sq[j]! += distances[i]! ** 2;
    });
    if (!out) continue;
    let at = 0;
    const ofRows = kept ? kept.map((is) => (is ? labels[at++]! : '')) : Array.from(labels);
    if (labelsWithData)
      await out.write(
        formatCsv(
          cells.map((row, i) => [...row, ofRows[i]!]),
          delimiter,
        ),
      );
    else if (ofRows.length > 0) await out.write(`${ofRows.join('\n')}\n`);
  }
  await out?.end();
  return {
    sizes,
    nSamples: sizes.reduce((a, b) => a + b, 0),
    inertia: sq.reduce((a, b) => a + b, 0),
    spreads: Array.from(sq, (sum, j) => (sizes[j]! > 0 ? Math.sqrt(sum / sizes[j]!) : 0)),
    centroids: model.centroids.map((row) => (options.metric === 'cosine' ? Array.from(row) : unscale(row, scaling))),
  };
}

async function* withoutText(numbers: AsyncIterable<Float64Array>) {
  for await (const values of numbers) yield { cells: [], kept: undefined, values };
}

const none = { labels: new Int32Array(0), distances: new Float64Array(0) };

function fieldsOf({ k, iterations, converged, seed, algorithm, backend }: Model) {
  return { k, iterations, converged, seed, algorithm, backend };
}

async function writeOutputs(
  { outputs }: ClusterArguments,
  { table, columns }: TableStream,
  scaling: Scaling,
  model: Model,
  { result, centroids }: Clustering,
  { stdout }: Terminal,
): Promise<string[]> {
  const names = columns.map(({ name }) => name);
  const texts = {
    centroids: () => formatCentroids(names, result.counts, centroids),
    model: () => formatModel(columns, table.dialect.hasHeader, scaling, model),
  };
  for (const output of ['centroids', 'model'] as const)
    if (outputs[output] !== undefined) await writeOutput(outputs[output], texts[output](), stdout);
  return Object.values(outputs).filter((file) => file !== '-');
}

function report(
  args: ClusterArguments,
  { table, columns }: TableStream,
  scaling: Scaling,
  clustering: Clustering,
  dropped: number,
  { stdout, env }: Terminal,
): void {
  const { nSamples } = clustering.result;
  const samples = { values: new Float64Array(0), nSamples, nFeatures: columns.length, dropped };
  const input: ReportInput = { args, table, columns, samples, clustering };
  if (args.json) {
    stdout.write(formatJson(input, scaling));
    return;
  }
  if (args.quiet || Object.values(args.outputs).includes('-')) return;
  const paint = createPaint(wantsColour(stdout, env));
  stdout.write(`${formatSubject(input, paint)}\n\n`);
  stdout.write(formatReport(input, widthOf(stdout, env), paint));
}
