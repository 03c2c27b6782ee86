/// <reference lib="esnext.disposable" preserve="true" />
import { createBackend } from '../backend/load.js';
import { bytesOf } from '../backend/shapes.js';
import { Workspace } from '../backend/workspace.js';
import { rangeError, typeError } from '../errors.js';
import type { FloatArray, Precision } from '../types.js';
import type { Source } from './source.js';

/**
 * An n × d matrix of zeros in the library's own memory, to be filled through `data`: clustering it copies nothing where
 * the samples have more than four features and need no centring.
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
  /** @internal */
  readonly pointer: number;
  private lent: Workspace | undefined;

  /** @internal Use `matrix()`. */
  constructor(
    nSamples: number,
    nFeatures: number,
    readonly precision: Precision,
  ) {
    this.shape = [nSamples, nFeatures];
    this.lent = new Workspace(createBackend());
    this.pointer = this.lent.take({ values: nSamples * nFeatures * bytesOf(precision) }, nSamples).values;
  }

  /** The n · d values, row by row: a view of the library's memory. Take it anew after a call that clusters the matrix. */
  get data(): FloatArray {
    return this.workspace.floats(this.precision, this.pointer, this.shape[0] * this.shape[1]);
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
    this.lent = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal Where runs on this matrix take place. */
  get workspace(): Workspace {
    if (!this.lent) throw typeError('ERR_DISPOSED', 'this matrix was disposed of; make a new one with matrix()');
    return this.lent;
  }

  /** @internal */
  isIn(workspace: Workspace, precision: Precision): boolean {
    return this.lent === workspace && this.precision === precision;
  }

  /** @internal */
  source(): Source {
    const [nSamples, nFeatures] = this.shape;
    return {
      nSamples,
      nFeatures,
      precision: this.precision,
      matrix: this,
      write: (target, from, to) => target.set(this.data.subarray(from * nFeatures, to * nFeatures)),
    };
  }
}
