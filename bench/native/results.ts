import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Timing } from '../clock.js';
import type { Shape } from '../data.js';
import type { Rival } from './server.js';

const FILE = 'build/native-results.json';

/** What the comparison found for one shape. */
export interface CellResult extends Shape {
  threads: number;
  timings: Record<Rival | 'ours', Timing>;
  /** Of every timed run. */
  iterations: number;
  /** At convergence: share of samples to which scikit-learn's Lloyd and ours give the same label. */
  agreement: number;
  /** At convergence: inertia of ours by that of scikit-learn's Lloyd, less one. */
  excess: number;
  /** The algorithm of ours that ran. */
  algorithm: string;
  commit: string;
}

/** Everything measured so far. */
export function readResults(): Record<string, CellResult> {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};
}

/** Keeps a result at once, so that a long comparison can go on where it was stopped. */
export function saveResult(key: string, result: CellResult): void {
  mkdirSync('build', { recursive: true });
  writeFileSync(FILE, JSON.stringify({ ...readResults(), [key]: result }, null, 1));
}
