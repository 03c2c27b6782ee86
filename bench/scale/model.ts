/** Where the time of a run goes, for each sample, as measured at one n. */
export interface Costs {
  /** Seconds that the calling thread takes for a sample before the first iteration: copying it into shared memory. */
  copying: number;
  /** Seconds of set-up for a sample that threads share: statistics, centring, the last comparison. */
  preparing: number;
  /** Seconds of an iteration for a sample. */
  comparing: number;
  /** Seconds of an iteration whatever n is: centroids, handing passes over. */
  turning: number;
}

/** Bytes of a sample that an iteration moves through memory: its values, its label read and written. */
export const bytesMoved = (d: number): number => 4 * d + 8;

/** Seconds that a run of so many iterations takes by so many threads. */
export function predict(costs: Costs, n: number, iterations: number, threads: number): number {
  const { copying, preparing, comparing, turning } = costs;
  return n * (copying + preparing / threads) + iterations * ((n * comparing) / threads + turning);
}

/** What a run takes by one thread and by `threads`, for one iteration and for `iterations`. */
export interface Measured {
  n: number;
  threads: number;
  iterations: number;
  one: { first: number; all: number };
  many: { first: number; all: number };
}

/** Solves the model for two sizes: the smaller one, which fits the caches, tells what does not depend on n. */
export function solve(small: Measured, large: Measured): Costs {
  const { n, threads, iterations, one, many } = large;
  const each = ({ first, all }: Measured['one']) => (all - first) / (iterations - 1);
  const comparing = each(one) / n;
  const turning = Math.max(0, each(small.many) - (small.n * comparing) / threads);
  // Set-up is copying + preparing by one thread, copying + preparing / threads by all.
  const setUp = [one, many].map((times) => (times.first - each(times)) / n);
  const preparing = ((setUp[0]! - setUp[1]!) * threads) / (threads - 1);
  return { copying: Math.max(0, setUp[0]! - preparing), preparing: Math.max(0, preparing), comparing, turning };
}
