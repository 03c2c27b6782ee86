import type { Run } from '../algorithms/run.js';
import { BEST_BYTES } from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { bytesOf, centroidStride } from '../backend/shapes.js';
import { callRows, type Samples } from '../data/samples.js';
import type { FloatArray } from '../types.js';

/** Puts the values of a sample in the place of centroid j. */
export function placeSeed({ samples, k, buffers }: Run, j: number, values: readonly number[]): void {
  const row = centroidStride(samples.d);
  const seeds = samples.workspace.floats(samples.precision, buffers.centroids, k * row);
  seeds.fill(0, j * row, (j + 1) * row).set(values, j * row);
}

/**
 * Labels samples, those of the run or others, with the nearest of its first `count` centroids; returns the squared distances.
 * The kernels are the samples' own: seeds do not depend on relaxed arithmetic.
 */
export function* measureNearest(
  { buffers, distancesAt }: Run,
  count: number,
  samples: Samples,
  labels: number = buffers.labels,
  distances: number = distancesAt,
): Work<FloatArray> {
  const { kernels, precision, d, stride } = samples;
  kernels.pack(buffers.centroids, count, d, buffers.packed);
  const { packed, centroids, best } = buffers;
  yield* samples.send(
    (kernels, i, rows, thread) => {
      const x = samples.at(i);
      kernels.assign(x, rows, d, stride, packed, count, labels + i * 4, best + thread * BEST_BYTES);
      kernels.sqDistances(x, rows, d, stride, centroids, labels + i * 4, distances + i * bytesOf(precision));
    },
    callRows(count, d),
    undefined,
    count * d,
  );
  return yield* samples.fetch(precision, distances);
}
