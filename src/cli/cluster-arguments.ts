import type { InitName, KMeansOptions } from '../index.js';
import { UsageError } from './failures.js';
import type { OptionTable, OptionValues } from './option-values.js';
import { checkTargets, type Target } from './outputs.js';
import { type ReadingArguments, readingArguments, readingOptions } from './reading-arguments.js';
import type { ScalingKind } from './scaling.js';

export interface ClusterArguments extends ReadingArguments {
  name: 'cluster';
  k: number | 'auto';
  /** Undefined if it was not given: then as many as there are rows, at most 10. */
  kMax?: number;
  options: KMeansOptions;
  scale: ScalingKind;
  /** Whether the file is read in passes instead of into memory: always, or if it has more bytes than the limit. */
  stream: boolean;
  memoryLimit?: number;
  miniBatch: boolean;
  batchSize?: number;
  labelsWithData: boolean;
  /** Where each kind of output goes, `-` being standard output. */
  outputs: Partial<Record<ClusterOutput, string>>;
  picture?: boolean;
  json: boolean;
  quiet: boolean;
}

export const svgOutputs = ['plot', 'elbow', 'steps', 'silhouette'] as const;

export type SvgOutput = (typeof svgOutputs)[number];

export type ClusterOutput = 'labels' | 'centroids' | 'model' | SvgOutput;

const clusterOutputs: readonly ClusterOutput[] = ['labels', 'centroids', 'model', ...svgOutputs];

export const clusterOptions: OptionTable = {
  ...readingOptions,
  k: { type: 'string', short: 'k' },
  'k-max': { type: 'string' },
  init: { type: 'string' },
  'n-init': { type: 'string' },
  'max-iter': { type: 'string' },
  tol: { type: 'string' },
  seed: { type: 'string', short: 's' },
  metric: { type: 'string' },
  precision: { type: 'string' },
  scale: { type: 'string' },
  stream: { type: 'boolean' },
  'memory-limit': { type: 'string' },
  'mini-batch': { type: 'boolean' },
  'batch-size': { type: 'string' },
  labels: { type: 'string', short: 'o' },
  'labels-with-data': { type: 'boolean' },
  centroids: { type: 'string' },
  model: { type: 'string', short: 'm' },
  plot: { type: 'string' },
  elbow: { type: 'string' },
  steps: { type: 'string' },
  silhouette: { type: 'string' },
  picture: { type: 'boolean' },
  'no-picture': { type: 'boolean' },
  json: { type: 'boolean' },
};

export function clusterArguments(values: OptionValues, positionals: string[]): ClusterArguments {
  const [file, second] = positionals;
  if (file === undefined) throw new UsageError('name a CSV file to cluster, or - for standard input');
  if (second !== undefined) throw new UsageError(`one file is clustered at a time, and "${second}" is a second one`);

  const outputs: ClusterArguments['outputs'] = {};
  for (const name of clusterOutputs) {
    const target = values.text(name);
    if (target !== undefined) outputs[name] = target;
  }
  const json = values.flag('json');
  checkTargets([file], targetsOf(outputs), json);
  for (const name of svgOutputs) checkIsSvg(name, outputs[name]);

  const memoryLimit = values.bytes('memory-limit');
  const batchSize = values.integer('batch-size', 1);
  const miniBatch = values.flag('mini-batch');
  if (batchSize !== undefined && !miniBatch)
    throw new UsageError('--batch-size is that of --mini-batch: give that too');
  if (miniBatch && outputs.steps !== undefined) throw new UsageError('--steps shows no --mini-batch steps');
  const kMax = values.integer('k-max', 2);
  const picture = values.either('picture');
  const labelsWithData = values.flag('labels-with-data');
  if (labelsWithData && outputs.labels === undefined) {
    throw new UsageError('--labels-with-data says what --labels FILE holds: give that too');
  }
  return {
    name: 'cluster',
    ...readingArguments(values, file),
    k: values.text('k') === 'auto' ? 'auto' : (values.integer('k', 1) ?? 'auto'),
    ...(kMax !== undefined && { kMax }),
    options: kmeansOptions(values),
    scale: values.oneOf('scale', ['none', 'standard', 'minmax']) ?? 'none',
    stream: values.flag('stream'),
    ...(memoryLimit !== undefined && { memoryLimit }),
    miniBatch,
    ...(batchSize !== undefined && { batchSize }),
    labelsWithData,
    outputs,
    ...(picture !== undefined && { picture }),
    json,
    quiet: values.flag('quiet'),
  };
}

function targetsOf(outputs: ClusterArguments['outputs']): Target[] {
  return Object.entries(outputs).map(([name, file]) => ({ option: `--${name}`, file }));
}

function checkIsSvg(name: SvgOutput, file: string | undefined): void {
  const extension = /\.(png|jpe?g|gif|webp|pdf|html?)$/i.exec(file ?? '')?.[0];
  if (extension) throw new UsageError(`--${name} writes SVG: name the file *.svg, not "${file}"`);
}

function kmeansOptions(values: OptionValues): KMeansOptions {
  const given: KMeansOptions = {
    init: values.oneOf<InitName>('init', ['k-means++', 'random', 'growing', 'k-means||', 'afk-mc2']),
    nInit: values.integer('n-init', 1),
    maxIter: values.integer('max-iter', 1),
    tol: values.atLeastZero('tol'),
    seed: values.integer('seed', 0),
    metric: values.oneOf('metric', ['euclidean', 'cosine']),
    precision: values.oneOf('precision', ['float32', 'float64']),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
