import { CHUNK } from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { bytesOf, centroidStride } from '../backend/shapes.js';
import type { FloatArray } from '../types.js';
import type { Samples } from './samples.js';

/** Length that quantised rows are scaled to, and the greatest i16: see assembly/quantise.ts. */
const LENGTH = 45000;
const LARGEST = 32767;

/** What half a unit of every value may be, with what float32 loses when it scales; and what it loses of sums of squares, and of scales. */
const HALVES = 0.51;
const SUM_ERROR = 1.005;
const SCALE_ERROR = 0.02;

/** Where rounded samples go. */
interface Rounding {
  /** n × ⌈d / 2⌉ × 4 bytes. */
  quantised: number;
  /** n inverse scales in float32. */
  inverse: number;
  /** n squared lengths, in the precision of the samples. */
  sqNorms: number;
  /** 4 bytes of the first thread, and how far behind these are those of the next. */
  scratch: number;
  scratchBytes: number;
}

/**
 * Rounds samples that lie in rows to i16; returns how long what rounding takes from a scaled sample is at the most. Half a unit of
 * every value is the most, and nearly so where there are few; of many it is far less.
 */
export function* quantiseSamples(samples: Samples, to: Rounding): Work<number> {
  const { workspace, d, stride, precision } = samples;
  const value = bytesOf(precision);
  const rowBytes = Math.ceil(d / 2) * 4;
  const { quantised, inverse, sqNorms, scratch, scratchBytes } = to;
  const lost = Array.from({ length: workspace.threads }, (_, t) => scratch + t * scratchBytes);
  for (const at of lost) workspace.floats('float32', at, 1)[0] = 0;
  yield* samples.send((kernels, i, count, thread) =>
    kernels.quantise(
      ...([samples.at(i), count, d, stride, quantised + i * rowBytes, inverse + i * 4, sqNorms + i * value] as const),
      scratch + thread * scratchBytes,
    ),
  );
  if (samples.parts) return HALVES * Math.sqrt(d);
  const square = Math.max(...lost.map((at) => workspace.floats('float32', at, 1)[0]!));
  return SUM_ERROR * Math.sqrt(square) + SCALE_ERROR;
}

/** Rounding of lengths, of scores in float32, and of what is compared in the end, where estimates from blocks are used. */
const relativeError = (d: number): number => (d + 64) * 2 ** -23;

/** Rounds samples in blocks of eight, and takes their lengths: `plan` has the addresses, `zeros` is that of its row of zeros. */
export function* roundSamples(samples: Samples, plan: number, zeros: number): Work {
  const { workspace, precision, d } = samples;
  workspace.floats(precision, zeros, centroidStride(d)).fill(0);
  yield* samples.send((kernels, i, count) => kernels.quantiseBlocks(plan, i, count), CHUNK);
}

/** What estimates from blocks are judged by: as the plans have it, see assembly/estimates-plan.ts. */
export interface RoundedCandidates {
  factor: number;
  /** The greatest length of a candidate. */
  norm: number;
  ofCandidate: number;
  relative: number;
}

/**
 * Packs candidates, rounded by one scale. Estimates are off by |x·c − x̂·ĉ| ≤ ‖x − x̂‖ ‖c‖ + ‖x̂‖ ‖c − ĉ‖ at the most, where x̂ and ĉ
 * stand for the rounded values and a per cent more covers the arithmetic in float32; a squared distance by twice that.
 */
export function packCandidates(
  { kernels, workspace, d }: Samples,
  candidates: number,
  count: number,
  { panels, measures }: { panels: number; measures: number },
): RoundedCandidates {
  kernels.packCandidates(candidates, count, d, panels, measures);
  const [scale, norm, residual] = workspace.float64(measures, 3) as unknown as [number, number, number];
  return { factor: 2 / scale, norm, ofCandidate: 2.02 * residual, relative: relativeError(d) };
}

/** Greatest length and greatest absolute value of so many centroids. */
export function measureCentroids(values: FloatArray, count: number, d: number): Measure {
  const stride = centroidStride(d);
  let sqNorm = 0;
  let greatest = 0;
  for (let j = 0; j < count; j++) {
    // Four sums, so that none waits for another, and squares alone: the root of a square is the value. Behind d there are zeros.
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let at = j * stride; at < (j + 1) * stride; at += 4) {
      const q0 = values[at]! * values[at]!;
      const q1 = values[at + 1]! * values[at + 1]!;
      const q2 = values[at + 2]! * values[at + 2]!;
      const q3 = values[at + 3]! * values[at + 3]!;
      s0 += q0;
      s1 += q1;
      s2 += q2;
      s3 += q3;
      if (q0 > greatest) greatest = q0;
      if (q1 > greatest) greatest = q1;
      if (q2 > greatest) greatest = q2;
      if (q3 > greatest) greatest = q3;
    }
    sqNorm = Math.max(sqNorm, s0 + s1 + (s2 + s3));
  }
  return { norm: Math.sqrt(sqNorm), greatest: Math.sqrt(greatest) };
}

/** How scores are estimated from dot products of quantised values. */
export interface Estimates {
  /** Twice the inverse scale of the centroids: times the inverse scale of a sample, what a dot product is multiplied by. */
  factor: number;
  /** Times the inverse scale of a sample: how far off its estimated scores are at the most. */
  error: number;
  /** Times its inverse scale: at least the length of a sample. */
  length: number;
}

/** Addresses of centroids, of the order of the places, and of the panels and rows that are written. */
interface Packing {
  centroids: number;
  order: number;
  panels: number;
  rows: number;
}

/** Length and greatest absolute value of centroids at the most. */
export interface Measure {
  norm: number;
  greatest: number;
}

/**
 * Packs centroids as i16 and tells what to make of dot products with them. With scales a and b,
 * |x·c − x̂·ĉ / ab| ≤ ‖x − x̂/a‖ ‖c‖ + ‖x̂/a‖ ‖c − ĉ/b‖, where ‖ax − x̂‖ is what rounding takes and ‖x̂‖ ≤ 45,000 + ½√d; a per cent
 * more covers the arithmetic in float32.
 *
 * @param lost what rounding takes from a sample, as quantiseSamples gives it
 */
export function packEstimates(
  { kernels, d }: Samples,
  at: Packing,
  places: number,
  { norm, greatest }: Measure,
  lost: number,
): Estimates {
  const scale = norm > 0 ? Math.min(LENGTH / norm, LARGEST / greatest) : 1;
  const residual = Math.sqrt(kernels.packQuantised(at.centroids, at.order, places, d, scale, at.panels, at.rows));
  const length = LENGTH + Math.sqrt(d);
  return { factor: 2 / scale, error: 1.01 * 2 * (lost * norm + length * residual), length };
}
