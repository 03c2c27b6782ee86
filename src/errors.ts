/** What went wrong, as the `code` of the `TypeError` or `RangeError` that is thrown. */
export type ErrorCode =
  | 'ERR_EMPTY_DATA'
  | 'ERR_RAGGED_DATA'
  | 'ERR_NON_FINITE'
  | 'ERR_DATA_TYPE'
  | 'ERR_EMPTY_CLUSTER'
  | 'ERR_K'
  | 'ERR_OPTION'
  | 'ERR_INIT_SHAPE'
  | 'ERR_SAMPLE_WEIGHT'
  | 'ERR_FEATURES'
  | 'ERR_NOT_FITTED'
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_DISPOSED'
  | 'ERR_WORKER';

/** A `TypeError` (the wrong kind of thing was given) with a code. */
export function typeError(code: ErrorCode, message: string): TypeError {
  return Object.assign(new TypeError(message), { code });
}

/** The error of a worker thread that ended before its time, with what is known of why. */
export function workerError(cause: unknown): Error {
  const message = 'a worker thread died; call again, and new ones are started';
  return Object.assign(new Error(message, { cause }), { code: 'ERR_WORKER' });
}

/** The error for more than a memory, or the machine, holds. */
export function outOfMemory(rows: number, bytes: number): RangeError {
  return rangeError(
    'ERR_OUT_OF_MEMORY',
    `${rows} rows take ${bytes} bytes (${(bytes / 2 ** 30).toFixed(1)} GiB), more than there is or than one memory holds ` +
      '(4 GiB): use kmeansAsync, whose workers have a memory each, fitStream, precision float32 or fewer rows',
  );
}

/** A `RangeError` (the right kind of thing, a value outside what is allowed) with a code. */
export function rangeError(code: ErrorCode, message: string): RangeError {
  return Object.assign(new RangeError(message), { code });
}
