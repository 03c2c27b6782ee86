import { RECORD_BYTES } from '../backend/layout.js';
import { bytesOf, centroidStride } from '../backend/shapes.js';
import type { Run } from './run.js';

// The parts of a record behind its four coordinates, in bytes and in words. See assembly/tree/plan.ts.
const SCORE = 32;
const SHIFT = 80;
const INDEX = 22;

/**
 * Writes to an address what the kernel of the filtering algorithm knows of the k centroids: coordinates for boxes, in float64,
 * and what scores of samples are made of, in the precision of the run.
 *
 * @param magnitude greatest |value| of the samples
 * @returns how far rounding can reach in the difference of two scores
 */
export function writeRecords(run: Run, records: number, magnitude: number): number {
  const { k, samples } = run;
  const { workspace, precision, d } = samples;
  const bytes = bytesOf(precision);
  const stride = centroidStride(d);
  const centroids = run.centroidsAt(run.buffers.centroids);
  const coordinates = workspace.float64(records, (k * RECORD_BYTES) / 8);
  const packed = workspace.floats(precision, records, (k * RECORD_BYTES) / bytes);
  const indices = workspace.int32(records, (k * RECORD_BYTES) / 4);
  const sqShifts = workspace.float64(run.buffers.sqShifts, k);
  let longest = 0;
  for (let j = 0; j < k; j++) {
    const at = (j * RECORD_BYTES) / 8;
    const score = at * (8 / bytes) + SCORE / bytes;
    let sum = 0;
    for (let f = 0; f < 4; f++) {
      const value = centroids[j * stride + f]!;
      sum += value * value;
      coordinates[at + f] = value;
      packed[score + 1 + f] = -2 * value;
    }
    packed[score] = sum;
    coordinates[at + SHIFT / 8] = Math.sqrt(sqShifts[j]!) * (1 + 1e-9);
    indices[2 * at + INDEX] = j;
    indices[2 * at + INDEX + 1] = 0;
    longest = Math.max(longest, sum);
  }

  // A score is ‖c‖² and d products of which each rounds itself and the sum; boxes are reckoned with in float64.
  const reach = Math.sqrt(longest) + magnitude * Math.sqrt(d);
  const [epsilon, least] = precision === 'float32' ? [2 ** -24, 2 ** -148] : [2 ** -53, 2 ** -1073];
  return (2.02 * (d + 2) * epsilon + 16 * (d + 4) * 2 ** -53) * reach * reach + (d + 16) * least;
}
