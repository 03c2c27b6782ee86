import { floatArray } from '../backend/shapes.js';
import { rangeError, typeError } from '../errors.js';
import { SLICE, turn } from '../turn.js';
import type { Batch, Batches, FloatArray, Precision } from '../types.js';
import { flatSource } from './flat.js';
import { describe } from './kind.js';
import { readSource, type Source } from './source.js';
import { copyWeights } from './weights.js';

/** Consecutive samples of a stream; the rows of the stream ahead of them are counted. */
export interface Block extends Source {
  /** The same, row by row. */
  readonly values: FloatArray;
  readonly rowsBefore: number;
  readonly weights: Float64Array | undefined;
}

/** How batches are read: `precision` and `nFeatures` are settled by the first where they are open. */
export interface BatchReading {
  nFeatures: number | undefined;
  precision: 'auto' | Precision;
  signal?: AbortSignal | undefined;
}

/** The samples of a batch and their weights, where it has some. */
export function readBatch(batch: Batch, nFeatures?: number) {
  const weighted = typeof batch === 'object' && batch !== null && 'data' in batch && !('shape' in batch);
  const data = weighted ? batch.data : batch;
  const source = readSource(data, nFeatures);
  return { data, source, weights: weighted ? copyWeights(batch.sampleWeight, source.nSamples) : undefined };
}

/**
 * The samples of a stream in blocks of `rowsFor(d)`, the last one shorter, whatever the batches are; empty batches are passed
 * over. A block holds until the next one, none may be longer than the first.
 *
 * @throws what data forms throw; ERR_RAGGED_DATA for a batch of other features; the reason of an aborted signal
 */
export async function* readBlocks(
  stream: Batches,
  rowsFor: (nFeatures: number) => number,
  reading: BatchReading,
): AsyncGenerator<Block> {
  let rows = 0;
  let values: FloatArray | undefined;
  let weights: Float64Array | undefined;
  let filled = 0;
  let rowsBefore = 0;
  const block = (): Block => {
    const own = values!.subarray(0, filled * reading.nFeatures!);
    const full = {
      ...flatSource(own, reading.nFeatures),
      values: own,
      rowsBefore,
      weights: weights?.subarray(0, filled),
    };
    rowsBefore += filled;
    filled = 0;
    return full;
  };

  let rested = performance.now();
  let index = 0;
  for await (const batch of abortable(stream, reading.signal)) {
    if ((batch as ArrayLike<unknown>)?.length === 0) continue;
    const { source, weights: given } = inBatch(index, () => readNext(batch, reading));
    const { nSamples: n, nFeatures: d } = source;
    rows ||= rowsFor(d);
    values ??= floatArray(reading.precision as Precision, rows * d);
    if (given) weights ??= new Float64Array(values.length / d).fill(1);
    for (let from = 0; from < n; ) {
      const count = Math.min(rows - filled, n - from);
      const target = values.subarray(filled * d, (filled + count) * d);
      inBatch(index, () => source.write(target, from, from + count));
      if (given) weights!.set(given.subarray(from, from + count), filled);
      else weights?.fill(1, filled, filled + count);
      filled += count;
      from += count;
      if (filled < rows) continue;
      yield block();
      rows = rowsFor(d);
      if (performance.now() - rested < SLICE) continue;
      await turn();
      reading.signal?.throwIfAborted();
      rested = performance.now();
    }
    index++;
  }
  if (filled > 0) yield block();
}

/** Reads a batch like the ones before it, which settle what is open. */
function readNext(batch: Batch, reading: BatchReading) {
  const read = readBatch(batch, reading.nFeatures);
  const { nFeatures: d, precision } = read.source;
  reading.nFeatures ??= d;
  if (reading.precision === 'auto') reading.precision = precision;
  if (d !== reading.nFeatures)
    throw rangeError('ERR_RAGGED_DATA', `it has ${d} features; it must have ${reading.nFeatures} like those before it`);
  return read;
}

/** Does something with a batch; what is wrong with it is told with its number. */
function inBatch<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    (error as Error).message = `batch ${index} of the stream: ${(error as Error).message}`;
    throw error;
  }
}

export const emptyStream = (): RangeError =>
  rangeError('ERR_EMPTY_DATA', 'the stream has no samples; there must be at least one');

/** The items of a stream until a signal aborts, be it while one is awaited; whoever leaves early closes the stream. */
async function* abortable<T>(stream: AsyncIterable<T> | Iterable<T>, signal?: AbortSignal): AsyncGenerator<T> {
  const open = (stream as AsyncIterable<T>)?.[Symbol.asyncIterator] ?? (stream as Iterable<T>)?.[Symbol.iterator];
  if (typeof open !== 'function' || typeof stream === 'string')
    throw typeError('ERR_DATA_TYPE', `the stream is ${describe(stream)}; it must be an async iterable of batches`);
  const iterator = open.call(stream) as AsyncIterator<T>;
  const next = async () => iterator.next();
  let closed = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { value, done } = await (signal ? unlessAborted(next(), signal) : next());
      if (done) {
        closed = true;
        return;
      }
      yield value;
    }
  } finally {
    // A stream that never answers cannot be waited for.
    const closing = closed ? undefined : (async () => iterator.return?.())();
    if (signal?.aborted) closing?.catch(() => {});
    else await closing;
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
