type Rows = readonly ArrayLike<number>[];

export interface ReferenceRun {
  labels: number[];
  centroids: number[][];
  iterations: number;
  converged: boolean;
  inertia: number;
  /** Whether a cluster lost all its samples, which this plain Lloyd answers by leaving it where it was. */
  sawEmpty: boolean;
  /** Whether it ended clearly: no centroid had all but stopped while a label still changed. */
  settled: boolean;
  /** Least gap, over the run, between a sample's nearest and second centroid, in units of `spread`. */
  margin: number;
}

/** Lloyd's algorithm as the textbook has it, in plain loops: the oracle of the tests. */
export function referenceLloyd(
  rows: Rows,
  start: Rows,
  { weights = Array.from(rows, () => 1), maxIter = 300, tol = 0 } = {},
): ReferenceRun {
  let centroids = start.map((row) => Array.from(row));
  let labels: number[] = [];
  let margin = Number.POSITIVE_INFINITY;
  let sawEmpty = false;
  const threshold = tol * meanVariance(rows);
  const assign = () => {
    const found = rows.map((row) => nearest(row, centroids));
    margin = Math.min(margin, ...found.map(({ gap }) => gap / spread(rows)));
    return found.map(({ label }) => label);
  };

  let iterations = 0;
  let unchanged = false;
  let converged = false;
  let settled = true;
  while (iterations < maxIter && !converged) {
    iterations++;
    const before = labels;
    labels = assign();
    unchanged = labels.every((label, i) => label === before[i]);
    const moved = means(rows, labels, weights, centroids);
    sawEmpty ||= moved.empty;
    const shift = sum(moved.centroids.map((c, j) => sqDistance(c, centroids[j]!)));
    converged = unchanged || shift <= threshold;
    settled &&= unchanged || shift > 1e-10 * spread(rows) + 1e-12 * Math.max(...rows.map(sqLength));
    centroids = moved.centroids;
  }
  if (!unchanged) labels = assign();
  return {
    labels,
    centroids,
    iterations,
    converged,
    inertia: inertiaOf(rows, labels, centroids, weights),
    sawEmpty,
    settled,
    margin,
  };
}

export function nearest(row: ArrayLike<number>, centroids: Rows): { label: number; sqDistance: number; gap: number } {
  let label = 0;
  let best = Number.POSITIVE_INFINITY;
  let second = Number.POSITIVE_INFINITY;
  centroids.forEach((centroid, j) => {
    const distance = sqDistance(row, centroid);
    if (distance < best) {
      second = best;
      best = distance;
      label = j;
    } else if (distance < second) second = distance;
  });
  return { label, sqDistance: best, gap: second - best };
}

export function sqDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i]! - b[i]!) ** 2;
  return total;
}

/** Σ w · squared distance to the centroid of the label, not to whichever is nearest. */
export function inertiaOf(rows: Rows, labels: ArrayLike<number>, centroids: Rows, weights?: ArrayLike<number>): number {
  return sum(Array.from(rows, (row, i) => (weights?.[i] ?? 1) * sqDistance(row, centroids[labels[i]!]!)));
}

/** Mean of each cluster's samples; a cluster without any keeps its centroid. */
export function means(rows: Rows, labels: ArrayLike<number>, weights: ArrayLike<number>, centroids: Rows) {
  let empty = false;
  const moved = centroids.map((old, j) => {
    const members = [...rows.keys()].filter((i) => labels[i] === j);
    const weight = sum(members.map((i) => weights[i]!));
    if (weight > 0) return Array.from(old, (_, f) => sum(members.map((i) => weights[i]! * rows[i]![f]!)) / weight);
    empty = true;
    return Array.from(old);
  });
  return { centroids: moved, empty };
}

/** Summed weights of each of k clusters. */
export function countsOf(labels: ArrayLike<number>, k: number, weights?: ArrayLike<number>): number[] {
  const counts = Array.from({ length: k }, () => 0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]! += weights?.[i] ?? 1;
  return counts;
}

/** Largest squared distance of a row from the mean row: the unit in which rounding is measured. */
export function spread(rows: Rows): number {
  const mean = Array.from(rows[0]!, (_, f) => sum(rows.map((row) => row[f]!)) / rows.length);
  return Math.max(Number.MIN_VALUE, ...rows.map((row) => sqDistance(row, mean)));
}

function sqLength(row: ArrayLike<number>): number {
  return sum(Array.from(row, (value) => value ** 2));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function meanVariance(rows: Rows): number {
  const mean = Array.from(rows[0]!, (_, f) => sum(rows.map((row) => row[f]!)) / rows.length);
  return sum(rows.map((row) => sqDistance(row, mean))) / (rows.length * mean.length);
}
