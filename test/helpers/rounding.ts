import type { Precision } from '../../src/types.js';
import type { Problem } from './problems.js';
import { type ReferenceRun, spread } from './reference.js';

/** The most that rounding may change a squared distance between a sample and a centroid of this problem. */
export function rounding(problem: Problem): number {
  const { rows, precision } = problem;
  const nFeatures = rows[0]!.length;
  const eps = epsilon(precision);
  const radius = Math.sqrt(spread(rows));
  const coordinates = eps * largest(problem) * Math.sqrt(nFeatures);
  return 8 * (nFeatures + 4) * (eps * radius ** 2 + radius * coordinates + coordinates ** 2);
}

/** Whether the run never came so near a tie that rounding could have decided it. */
export function decided({ sawEmpty, margin }: ReferenceRun, precision: Precision): boolean {
  return !sawEmpty && margin > (precision === 'float32' ? 1e-4 : 1e-11);
}

export function largest({ rows }: Pick<Problem, 'rows'>): number {
  return Math.max(...rows.flat().map(Math.abs));
}

export function epsilon(precision: Precision): number {
  return precision === 'float32' ? 2 ** -23 : 2 ** -52;
}
