import { now } from '../backend/pass.js';
import { floatArray } from '../backend/shapes.js';
import { rangeError, typeError } from '../errors.js';
import { Turns } from '../turn.js';
import type { Batch, Batches, FloatArray, Precision } from '../types.js';
import { flatSource } from './flat.js';
import { describe } from './kind.js';
import { readSource, type Source } from './source.js';
import { copyWeights } from './weights.js';

/** Consecutive samples of a stream; the rows of the stream ahead of them are counted. */
export interface Block extends Source {
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
  return {
    data,
    source,
    weights: weighted ? now(copyWeights({ deferred: false }, batch.sampleWeight, source.nSamples)) : undefined,
  };
}

/**
 * The samples of a stream in blocks, whatever the batches are, the last one shorter; empty batches are passed over. A block
 * holds until the next one is asked for; what lies in one batch is read from there.
 *
 * @param rowsFor rows of the next block, told the features and how many rows of the batch are left
 * @throws what data forms throw; ERR_RAGGED_DATA for a batch of other features; the reason of an aborted signal
 */
export async function* readBlocks(
  stream: Batches,
  rowsFor: (nFeatures: number, left: number) => number,
  reading: BatchReading,
): AsyncGenerator<Block> {
  let rows = 0;
  let values: FloatArray | undefined;
  let weights: Float64Array | undefined;
  let filled = 0;
  let rowsBefore = 0;
  const block = (nSamples: number, write: Source['write'], weights: Float64Array | undefined): Block => {
    const { nFeatures, precision } = reading as { nFeatures: number; precision: Precision };
    rowsBefore += nSamples;
    return { nSamples, nFeatures, precision, write, weights, rowsBefore: rowsBefore - nSamples };
  };
  const gathered = () => {
    const own = flatSource(values!.subarray(0, filled * reading.nFeatures!), reading.nFeatures);
    const full = block(filled, own.write, weights?.subarray(0, filled));
    filled = 0;
    return full;
  };

  const turns = new Turns(reading.signal);
  let index = 0;
  for await (const batch of abortable(stream, reading.signal)) {
    if ((batch as ArrayLike<unknown>)?.length === 0) continue;
    const at = index++;
    const { source, weights: given } = inBatch(at, () => readNext(batch, reading));
    const { nSamples: n, nFeatures: d } = source;
    for (let from = 0; from < n; ) {
      if (filled === 0) rows = rowsFor(d, n - from);
      const count = Math.min(rows - filled, n - from);
      const first = from;
      const write: Source['write'] = (target, i, to) => inBatch(at, () => source.write(target, first + i, first + to));
      const own = given?.subarray(from, from + count);
      from += count;
      if (count === rows) yield block(count, write, own);
      else {
        if (!values || values.length < rows * d) values = floatArray(reading.precision as Precision, rows * d);
        if (!weights || weights.length < rows) weights = given && new Float64Array(rows).fill(1);
        write(values.subarray(filled * d, (filled + count) * d), 0, count);
        if (own) weights!.set(own, filled);
        else weights?.fill(1, filled, filled + count);
        filled += count;
        if (filled < rows) continue;
        yield gathered();
      }
      if (turns.isDue) await turns.take();
    }
  }
  if (filled > 0) yield gathered();
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
