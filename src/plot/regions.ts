export type Point = readonly [number, number];

/** A rectangle in the units of the data. */
export interface Bounds {
  x: readonly [number, number];
  y: readonly [number, number];
}

/**
 * The Voronoi region of each centroid within the bounds, as polygons in the units of the data: there, and not on the
 * screen with its two scales, a sample's region is that of its nearest centroid. Of equal centroids the first has it.
 */
export function voronoiRegions(centroids: readonly Point[], bounds: Bounds): Point[][] {
  const [x0, x1] = bounds.x;
  const [y0, y1] = bounds.y;
  return centroids.map((own, i) => {
    let region: Point[] = [
      [x0, y0],
      [x1, y0],
      [x1, y1],
      [x0, y1],
    ];
    for (const [j, other] of centroids.entries()) {
      if (j === i) continue;
      if (other[0] === own[0] && other[1] === own[1]) {
        if (j < i) return [];
      } else region = nearerHalf(region, own, other);
    }
    return region;
  });
}

/** The part of a convex polygon that is nearer to `own` than to `other` (Sutherland–Hodgman with one edge). */
function nearerHalf(polygon: readonly Point[], own: Point, other: Point): Point[] {
  const [dx, dy] = [other[0] - own[0], other[1] - own[1]];
  const [middleX, middleY] = [(own[0] + other[0]) / 2, (own[1] + other[1]) / 2];
  const beyond = ([x, y]: Point) => (x - middleX) * dx + (y - middleY) * dy;
  const kept: Point[] = [];
  for (const [i, from] of polygon.entries()) {
    const to = polygon[(i + 1) % polygon.length]!;
    const a = beyond(from);
    const b = beyond(to);
    if (a <= 0) kept.push(from);
    if (a < 0 !== b < 0 && a !== b) {
      const t = a / (a - b);
      if (t > 0 && t < 1) kept.push([from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])]);
    }
  }
  return kept;
}

/** Whether every label is that of the nearest centroid, rounding aside: only then do Voronoi regions tell the truth. */
export function labelsAreNearest(
  samples: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  centroids: readonly ArrayLike<number>[],
): boolean {
  return samples.every((sample, i) => {
    const own = sqDistance(sample, centroids[labels[i]!]!);
    return centroids.every((centroid) => own <= sqDistance(sample, centroid) * (1 + 1e-5) + Number.MIN_VALUE);
  });
}

function sqDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j]! - b[j]!) ** 2;
  return sum;
}
