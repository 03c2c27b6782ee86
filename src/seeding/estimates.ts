import { SEED_PANEL, type SeedBuffers } from '../backend/layout.js';
import { bytesOf, centroidStride } from '../backend/shapes.js';
import { forPasses, type Samples } from '../data/samples.js';

/** Samples rounded to i16, their inverse scales and squared lengths. `zeros`: n × i32 that may be overwritten. */
export function quantiseSamples(samples: Samples, room: SeedBuffers, zeros: number): void {
  const { kernels, workspace, n, d, stride, precision } = samples;
  const rowBytes = Math.ceil(d / 2) * 4;
  const value = bytesOf(precision);
  workspace.int32(zeros, n).fill(0);
  workspace.floats(precision, room.candidates, centroidStride(d)).fill(0);
  forPasses(n, (i, count) => {
    const x = samples.at(i);
    kernels.quantise(x, count, d, stride, room.quantised + i * rowBytes, room.inverse + i * 4);
    kernels.sqDistances(x, count, d, stride, room.candidates, zeros + i * 4, room.sqNorms + i * value);
  });
}

/**
 * Packs the candidates as i16 and writes into the plan what `candidateGains` needs to judge estimates: the factor of dot products, and how
 * far off they are at the most, times the inverse scale 1/a of the sample, relatively, and absolutely. With scales a and b,
 * |x·c − x̂·ĉ / ab| ≤ ‖x − x̂/a‖ ‖c‖ + ‖x̂/a‖ ‖c − ĉ/b‖, where ‖x − x̂/a‖ ≤ ½√d / a and ‖x̂‖ ≤ 45,000 + ½√d; a per cent
 * more covers the arithmetic in float32. The rest is rounding: of the lengths, of scores in float32, and of the squared
 * distances that are compared in the end.
 */
export function quantiseCandidates(samples: Samples, room: SeedBuffers, count: number): void {
  const { kernels, workspace, d } = samples;
  const { norm, greatest } = measure(samples, room.candidates, count);
  const scale = norm > 0 ? Math.min(45000 / norm, 32767 / greatest) : 1;
  const places = Math.ceil(count / SEED_PANEL) * SEED_PANEL;
  const order = workspace.int32(room.order, places);
  for (let t = 0; t < places; t++) order[t] = t < count ? t : -1;
  const sqError = kernels.packQuantised(room.candidates, room.order, places, d, scale, room.panels);
  const length = 45000 + Math.sqrt(d);
  const estimate = 1.01 * 2 * (0.51 * Math.sqrt(d) * norm + length * Math.sqrt(sqError));
  const relative = (d + 64) * 2 ** -23;
  workspace.float64(room.plan + 64, 4).set([2 / scale, estimate, relative, relative * norm * norm + 1e-35]);
}

/** Greatest length and greatest absolute value of the candidates. */
function measure(samples: Samples, candidates: number, count: number): { norm: number; greatest: number } {
  const row = centroidStride(samples.d);
  const values = samples.workspace.floats(samples.precision, candidates, count * row);
  let greatest = 0;
  let sqNorm = 0;
  for (let t = 0; t < count; t++) {
    let sum = 0;
    for (let at = t * row; at < (t + 1) * row; at++) {
      const value = values[at]!;
      sum += value * value;
      greatest = Math.max(greatest, value, -value);
    }
    sqNorm = Math.max(sqNorm, sum);
  }
  return { norm: Math.sqrt(sqNorm), greatest };
}
