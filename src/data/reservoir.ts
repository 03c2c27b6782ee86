import { floatArray } from '../backend/shapes.js';
import type { FloatArray, Random } from '../types.js';
import type { Samples } from './samples.js';

/** A uniform sample of a stream, of at most `size` (algorithm R, Vitter 1985); all of it, in order, where that is no more. */
export class Reservoir {
  values!: FloatArray;
  /** Of the samples in `values`. */
  readonly weights: Float64Array;
  private seen = 0;

  constructor(
    private readonly size: number,
    private readonly random: Random,
  ) {
    this.weights = new Float64Array(size);
  }

  get length(): number {
    return Math.min(this.seen, this.size);
  }

  offer(samples: Samples): void {
    const { n, d, precision, weightValues: weights } = samples;
    this.values ??= floatArray(precision, this.size * d);
    for (let i = 0; i < n; i++) {
      const place = this.seen < this.size ? this.seen : Math.floor(this.random() * (this.seen + 1));
      this.seen++;
      if (place >= this.size) continue;
      this.values.set(samples.read(i), place * d);
      this.weights[place] = weights?.[i] ?? 1;
    }
  }
}
