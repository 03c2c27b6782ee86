import type { FloatArray } from '../types.js';

/** k centroids as they come, in panels of `width`: panels × width indices, −1 where the last has fewer. */
export const panelsInOrder = (k: number, width: number): Int32Array =>
  Int32Array.from({ length: Math.ceil(k / width) * width }, (_, j) => (j < k ? j : -1));

/**
 * Splits k centroids into panels of `width` that lie close together, panels next to each other closer than others: by halving
 * along the line between two centroids that are far apart, as long as more than a panel is left.
 *
 * @param centroids k rows, `stride` elements apart, zeros behind the last feature
 * @returns indices as of `panelsInOrder`, ascending within a panel
 */
export function panelsOfCentroids(centroids: FloatArray, k: number, stride: number, width: number): Int32Array {
  const order = panelsInOrder(k, width);
  const members = order.subarray(0, k);
  const position = new Float64Array(k);
  const halve = (from: number, to: number) => {
    if (to - from <= width) {
      members.subarray(from, to).sort();
      return;
    }
    project(members.subarray(from, to), centroids, stride, position);
    members.subarray(from, to).sort((a, b) => position[a]! - position[b]! || a - b);
    // Whole panels to the left, so that only the very last can be short.
    const middle = from + Math.ceil((to - from) / (2 * width)) * width;
    halve(from, middle);
    halve(middle, to);
  };
  halve(0, k);
  return order;
}

/** Position of each member along the line from the one farthest from the first to the one farthest from that. */
function project(members: Int32Array, centroids: FloatArray, stride: number, position: Float64Array): void {
  /** Leaves the distance of each member from one of them as its position. */
  const farthestFrom = (a: number) => {
    let farthest = a;
    let greatest = 0;
    for (const b of members) {
      const square = sqDistance(centroids, a * stride, b * stride, stride);
      position[b] = square;
      if (square > greatest) {
        greatest = square;
        farthest = b;
      }
    }
    return farthest;
  };
  const end = farthestFrom(farthestFrom(members[0]!));
  // Nearer to one and farther from the other: the line itself is not needed.
  for (const j of members) position[j] = position[j]! - sqDistance(centroids, j * stride, end * stride, stride);
}

/** Of two rows; four sums at once: none waits for another. */
function sqDistance(values: FloatArray, a: number, b: number, stride: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let f = 0; f < stride; f += 4) {
    const d0 = values[a + f]! - values[b + f]!;
    const d1 = values[a + f + 1]! - values[b + f + 1]!;
    const d2 = values[a + f + 2]! - values[b + f + 2]!;
    const d3 = values[a + f + 3]! - values[b + f + 3]!;
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  return s0 + s1 + (s2 + s3);
}
