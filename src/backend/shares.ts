import { NEXT, NEXT_STEP } from './control.js';

/** First range of the share of a thread, of so many ranges and threads. */
export const shareStart = (ranges: number, thread: number, threads: number): number =>
  Math.floor((ranges * thread) / threads);

/**
 * Makes ranges of a pass, first of the own share, then of those of others, as long as there are any; returns the sum of their
 * values.
 *
 * @param words the slot of the pass, see control.ts
 * @param isOver whether to leave the rest to others
 */
export function takeRanges(
  words: Int32Array,
  ranges: number,
  thread: number,
  threads: number,
  make: (range: number) => number,
  isOver?: () => boolean,
): number {
  const few = (ranges / threads) >> 6 || 1;
  let sum = 0;
  for (let helped = 0; helped < threads; helped++) {
    const share = (thread + helped) % threads;
    const end = shareStart(ranges, share + 1, threads);
    while (!isOver?.()) {
      const first = Atomics.add(words, NEXT + share * NEXT_STEP, few);
      if (first >= end) break;
      for (let range = first; range < Math.min(first + few, end); range++) sum += make(range);
    }
  }
  return sum;
}
