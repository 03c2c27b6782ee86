import { BoundedAssignment } from './bounded-assignment.js';
import type { Assignment } from './lloyd.js';
import type { Run } from './run.js';

export const ALGORITHMS = ['lloyd', 'hamerly', 'yinyang'] as const;

export type AlgorithmName = (typeof ALGORITHMS)[number];

/** What `algorithm: 'auto'` takes for n samples of d features and k clusters. */
export function chooseAlgorithm(n: number, d: number, k: number): AlgorithmName {
  return n * d * k > 0 ? 'lloyd' : 'lloyd';
}

/** How an algorithm keeps the labels up to date. */
export function assignmentFor(algorithm: AlgorithmName, run: Run): Assignment {
  if (algorithm === 'hamerly') return new BoundedAssignment(run, 1);
  if (algorithm === 'yinyang') return new BoundedAssignment(run, yinyangGroups(run.samples.d));
  return { restart: () => {}, assign: () => run.assign() };
}

/** Bounds take no more memory than the samples: at most a group for each feature. */
const yinyangGroups = (d: number): number => Math.max(d, 2);
