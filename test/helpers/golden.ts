import { readFileSync } from 'node:fs';
import type { Precision } from '../../src/types.js';

/** What scikit-learn found from given starting rows. */
export interface GoldenCase {
  k: number;
  initIndices: number[];
  tol: number;
  maxIter: number;
  dtype: Precision;
  sampleWeight?: number[];
  expected: { labels: number[]; centroids: number[][]; inertia: number; iterations: number };
}

export interface Golden {
  source: string;
  data: number[][];
  target: number[];
  cases: GoldenCase[];
}

/** What the tutorial's own program found. */
export interface TutorialRun {
  k: number;
  initIndices: number[];
  passes: number;
  labels: number[];
  centroids: number[][];
  inertia: number;
  sumOfDistances: number;
}

export interface Tutorial {
  data: number[][];
  main: TutorialRun;
  elbow: TutorialRun[];
}

export function readGolden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8'));
}
