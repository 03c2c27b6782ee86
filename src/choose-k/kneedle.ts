/** Differences below this share of the curve's height are rounding, not shape. */
const NOISE = 1e-9;

/**
 * Index of the knee of a convex decreasing curve with strictly increasing `xs`, or undefined where there is none: fewer
 * than three points, a flat curve, a straight line, a curve that bends the other way.
 * The offline Kneedle without smoothing: the first bend after which the curve falls behind by more than `sensitivity`
 * mean steps of x. Satopää, Albrecht, Irwin and Raghavan, "Finding a 'Kneedle' in a Haystack", 2011.
 */
export function kneedle(xs: readonly number[], ys: readonly number[], sensitivity = 1): number | undefined {
  const falling = runningMinimum(ys);
  const last = xs.length - 1;
  const width = xs[last] - xs[0];
  const height = falling[0] - falling[last];
  if (last < 2 || !(height > 0)) return undefined;

  // Both axes scaled to 0 … 1 and the fall counted upwards, the curve lies above the diagonal by this much.
  const differences = xs.map((x, i) => (falling[0] - falling[i]) / height - (x - xs[0]) / width);
  const meanStep = 1 / last;

  let candidate: number | undefined;
  let threshold = 0;
  for (let i = 1; i < last; i++) {
    const before = differences[i - 1];
    const here = differences[i];
    const after = differences[i + 1];
    if (here > before && here >= after && here > NOISE) {
      candidate = i;
      threshold = here - sensitivity * meanStep;
    } else if (here < before && here <= after) {
      threshold = 0;
    }
    if (candidate !== undefined && after < threshold) return candidate;
  }
  return undefined;
}

/** The curve without its rises: what a better run would at least have reached. */
function runningMinimum(ys: readonly number[]): number[] {
  let lowest = Number.POSITIVE_INFINITY;
  return ys.map((y) => {
    lowest = Math.min(lowest, y);
    return lowest;
  });
}
