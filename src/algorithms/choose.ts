import { BoundedAssignment } from './bounded-assignment.js';
import type { Assignment } from './lloyd.js';
import type { Run } from './run.js';

export const ALGORITHMS = ['lloyd', 'hamerly', 'yinyang'] as const;

export type AlgorithmName = (typeof ALGORITHMS)[number];

/** What `algorithm: 'auto'` takes for n samples of d features and k clusters. */
export function chooseAlgorithm(n: number, d: number, k: number): AlgorithmName {
  return n * d * k > 0 ? 'lloyd' : 'lloyd';
}

/**
 * How an algorithm keeps the labels up to date. Bounds and estimates are squares, in float32 in part: data of another order
 * of magnitude than they hold is left to plain assignment.
 *
 * @param magnitude greatest |value| of the samples
 */
export function assignmentFor(algorithm: AlgorithmName, run: Run, magnitude: number): Assignment {
  const { d } = run.samples;
  if (magnitude < 1e-12 || magnitude > 1e15) return { restart: () => {}, assign: () => run.assign() };
  if (algorithm === 'hamerly') return new BoundedAssignment(run, 1, false);
  if (algorithm === 'yinyang') return new BoundedAssignment(run, yinyangGroups(d), d >= QUANTISED_MIN_D);
  return { restart: () => {}, assign: () => run.assign() };
}

/** From this many features on Yinyang keeps the samples as i16 too: half their size, and estimates at half the cost. */
const QUANTISED_MIN_D = 24;

/** Bounds and quantised samples together take no more memory than the samples do. */
const yinyangGroups = (d: number): number =>
  d >= QUANTISED_MIN_D ? Math.max(Math.floor(d / 2) - 2, 1) : Math.max(d - 1, 2);
