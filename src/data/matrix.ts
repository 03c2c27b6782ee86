/// <reference lib="esnext.disposable" preserve="true" />
import { rangeError, typeError } from '../errors.js';
import type { FloatArray, Precision } from '../types.js';
import { Resident } from './resident.js';
import type { Source } from './source.js';

/**
 * An n × d matrix of zeros in the library's own memory, to be filled through `data`, and clustered where it lies if the
 * samples have more than four features. Values far from the origin are moved while a call takes, and come back bit for bit.
 *
 * @throws ERR_EMPTY_DATA, ERR_OPTION (precision), ERR_OUT_OF_MEMORY
 */
export function matrix(nSamples: number, nFeatures: number, precision: Precision = 'float32'): Matrix {
  if (!(Number.isSafeInteger(nSamples) && nSamples >= 1 && Number.isSafeInteger(nFeatures) && nFeatures >= 1))
    throw rangeError('ERR_EMPTY_DATA', `a matrix of ${nSamples} × ${nFeatures} is none; both must be integers ≥ 1`);
  if (precision !== 'float32' && precision !== 'float64')
    throw rangeError('ERR_OPTION', `precision is ${String(precision)}; it must be 'float32' or 'float64'`);
  return new Matrix(nSamples, nFeatures, precision);
}

export class Matrix {
  readonly shape: readonly [number, number];
  private samples: Resident | undefined;

  /** @internal Use `matrix()`. */
  constructor(
    nSamples: number,
    nFeatures: number,
    readonly precision: Precision,
  ) {
    this.shape = [nSamples, nFeatures];
    this.samples = new Resident(nSamples, nFeatures, precision);
  }

  /** The n · d values, row by row: a view of the library's memory. Take it anew after a call that clusters the matrix. */
  get data(): FloatArray {
    return this.resident.values();
  }

  /** A view of row i. */
  row(i: number): FloatArray {
    const [n, d] = this.shape;
    if (!(Number.isInteger(i) && i >= 0 && i < n))
      throw rangeError('ERR_OPTION', `row ${i} is not one of 0 … ${n - 1}`);
    return this.data.subarray(i * d, (i + 1) * d);
  }

  /** Gives the memory back; twice is harmless, any other use afterwards throws ERR_DISPOSED. */
  dispose(): void {
    this.samples = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private get resident(): Resident {
    if (!this.samples) throw typeError('ERR_DISPOSED', 'this matrix was disposed of; make a new one with matrix()');
    return this.samples;
  }

  /** @internal */
  source(): Source {
    const { resident, precision } = this;
    const [nSamples, nFeatures] = this.shape;
    return {
      ...{ nSamples, nFeatures, precision, resident },
      write: (target, from, to) => resident.write(target, from, to),
    };
  }
}
