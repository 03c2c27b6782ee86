import { digitCount, pixelCount, type Shape, shapeOf } from '../data.js';

/** Iterations to be expected. */
const ITERATIONS = { separated: 100, overlapping: 80, uniform: 150 } as const;

/** In so many features samples are all about as far from each other, and runs end sooner. */
const FAR_D = 384;
const FAR_ITERATIONS = 40;

const MOST_SAMPLES = 2e6;
const MOST_VALUES = 64e6;
const LEAST_SAMPLES_PER_CLUSTER = 10;

/** The workloads that the library is tuned on. */
export const fiveShapes: readonly Shape[] = [
  shapeOf('overlapping', 100_000, 2, 100),
  shapeOf('pixels', pixelCount, 3, 64),
  shapeOf('overlapping', 100_000, 16, 64),
  shapeOf('overlapping', 50_000, 128, 256),
  shapeOf('overlapping', 20_000, 768, 100),
];

/** Twelve that stand for the rest. */
export const shortShapes: readonly Shape[] = [
  gridShape('overlapping', 2, 8),
  gridShape('uniform', 2, 100),
  gridShape('separated', 3, 32),
  shapeOf('pixels', pixelCount, 3, 64),
  gridShape('uniform', 8, 256),
  gridShape('overlapping', 16, 32),
  gridShape('overlapping', 16, 1000),
  gridShape('separated', 32, 100),
  shapeOf('digits', digitCount, 64, 10),
  gridShape('uniform', 64, 256),
  gridShape('overlapping', 128, 256),
  gridShape('overlapping', 768, 100),
];

/** Everything: the grid, the two real data sets, the five workloads. */
export const allShapes: readonly Shape[] = [
  ...fiveShapes,
  ...[8, 32, 256].map((k) => shapeOf('pixels', pixelCount, 3, k)),
  ...[10, 32, 100].map((k) => shapeOf('digits', digitCount, 64, k)),
  ...(['separated', 'overlapping', 'uniform'] as const).flatMap((kind) =>
    [2, 3, 8, 16, 32, 64, 128, 384, 768].flatMap((d) => [8, 32, 100, 256, 1000].map((k) => gridShape(kind, d, k))),
  ),
];

/**
 * So many samples that scikit-learn takes about a second and a half: one sample and centroid costs it 1.2 + 0.03 d
 * nanoseconds an iteration.
 */
function gridShape(kind: keyof typeof ITERATIONS, d: number, k: number): Shape {
  const iterations = Math.min(ITERATIONS[kind], d < FAR_D ? Infinity : FAR_ITERATIONS);
  const wanted = 1.5 / (iterations * k * (1.2 + 0.03 * d) * 1e-9);
  const most = Math.min(MOST_SAMPLES, MOST_VALUES / d);
  const n = Math.max(Math.min(wanted, most), LEAST_SAMPLES_PER_CLUSTER * k);
  const unit = 10 ** Math.floor(Math.log10(n) - 1);
  return shapeOf(kind, Math.floor(n / unit) * unit, d, k);
}
