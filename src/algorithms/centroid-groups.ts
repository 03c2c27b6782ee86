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
  const row = (j: number) => centroids.subarray(j * stride, (j + 1) * stride);
  /** Leaves the distance of each member from one of them as its position. */
  const farthestFrom = (a: number) => {
    let farthest = a;
    let greatest = 0;
    for (const b of members) {
      const square = sqDistance(row(a), row(b));
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
  for (const j of members) position[j] = position[j]! - sqDistance(row(j), row(end));
}

/** Two sums at once: neither waits for the other. */
function sqDistance(a: FloatArray, b: FloatArray): number {
  let even = 0;
  let odd = 0;
  for (let f = 0; f < a.length; f += 2) {
    even += (a[f]! - b[f]!) ** 2;
    odd += (a[f + 1]! - b[f + 1]!) ** 2;
  }
  return even + odd;
}
