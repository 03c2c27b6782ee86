import { acquireWorkspace, releaseWorkspace } from '../backend/workspace.js';
import { describe } from '../data/kind.js';
import { Reservoir } from '../data/reservoir.js';
import { SampleStream } from '../data/sample-stream.js';
import { rangeError, typeError } from '../errors.js';
import { kmeansAsync } from '../kmeans.js';
import { checkOptions, type OptionRules } from '../option-rules.js';
import { ASYNC_RULES, checkK, type ResolvedOptions, resolveOptions } from '../options.js';
import { createRandom } from '../random.js';
import type { AsyncOptions, BatchSource, Data, KMeansModel, KMeansOptions } from '../types.js';
import { StreamedLloyd } from './streamed-lloyd.js';

/** The signal rejects with its reason, at the next block at the latest, and closes the stream. */
export type StreamOptions = Pick<AsyncOptions, 'signal'>;

/** Samples that the first centroids come from: so many, and so many for each cluster if that is more. */
const RESERVOIR = 4096;
const RESERVOIR_PER_CLUSTER = 32;

/** What `KMeans.fitStream` does; see there. */
export async function fitStream(
  source: BatchSource,
  k: number,
  given: KMeansOptions,
  by: AsyncOptions = {},
): Promise<KMeansModel> {
  const options = checkStream(source, given);
  const signal = checkStreamOptions(by, options.sampleWeight, ASYNC_RULES);
  const workspace = acquireWorkspace();
  try {
    const { nFeatures, precision, metric, seed } = options;
    const stream = new SampleStream(source, { nFeatures, precision, signal }, metric === 'cosine');
    const reservoir = new Reservoir(Math.max(RESERVOIR, RESERVOIR_PER_CLUSTER * k), createRandom(seed));
    await stream.measure(workspace, reservoir);
    checkK(k, stream.n);
    const start = await startFrom(reservoir, stream, k, given, by);
    return await new StreamedLloyd(workspace, stream, k, options, by).run(start);
  } finally {
    releaseWorkspace(workspace);
  }
}

function checkStream(source: BatchSource, given: KMeansOptions): ResolvedOptions {
  if (typeof source !== 'function')
    throw typeError(
      'ERR_DATA_TYPE',
      `the source is ${describe(source)}; it must be a function that opens an async iterable of batches`,
    );
  const options = resolveOptions(given);
  if (options.algorithm === 'hartigan-wong')
    throw rangeError('ERR_OPTION', "algorithm is 'hartigan-wong', which needs all samples in memory");
  return options;
}

/**
 * The signal, unless it is aborted already.
 *
 * @throws ERR_OPTION and the signal's reason
 */
export function checkStreamOptions(
  options: StreamOptions,
  weights: unknown,
  rules: OptionRules = { signal: ASYNC_RULES.signal! },
): AbortSignal | undefined {
  checkOptions(options, rules);
  if (weights)
    throw typeError('ERR_OPTION', 'sampleWeight is given; the weights of a stream come as { data, sampleWeight }');
  options.signal?.throwIfAborted();
  return options.signal;
}

/** The first centroids, k × d: those that are given, or those of a clustered reservoir. */
async function startFrom(
  reservoir: Reservoir,
  { d, precision }: SampleStream,
  k: number,
  given: KMeansOptions,
  by: AsyncOptions,
): Promise<Data> {
  if (typeof given.init === 'object') return given.init;
  const { length } = reservoir;
  const data = { data: reservoir.values, shape: [length, d] };
  const sampleWeight = reservoir.weights.subarray(0, length);
  return (await kmeansAsync(data, k, { ...given, precision, sampleWeight, onProgress: undefined, ...by })).centroids;
}
