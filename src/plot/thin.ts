import { createRandom } from '../random.js';

/**
 * `limit` of n samples, in their order and the same ones every time, each with the same chance (selection sampling,
 * Knuth's algorithm S); all of them where there are no more than that.
 */
export function thin(n: number, limit: number): Int32Array {
  if (n <= limit) return Int32Array.from({ length: n }, (_, i) => i);
  const random = createRandom(0);
  const kept = new Int32Array(limit);
  for (let i = 0, taken = 0; taken < limit; i++) {
    if (random() * (n - i) < limit - taken) kept[taken++] = i;
  }
  return kept;
}
