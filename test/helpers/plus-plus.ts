import type { Random } from '../../src/types.js';

/** Greedy k-means++ as the paper has it, on plain arrays; with one trial, k-means++ itself. Indices of k rows. */
export function byDefinition(
  rows: readonly number[][],
  weights: readonly number[],
  k: number,
  trials: number,
  random: Random,
): number[] {
  const draw = (values: readonly number[]) => {
    let left = random() * values.reduce((sum, value) => sum + value, 0);
    return values.findIndex((value) => {
      left -= value;
      return left < 0;
    });
  };
  const chosen = [draw(weights)];
  while (chosen.length < k) {
    const closestOf = (seeds: number[]) =>
      rows.map((row, i) => weights[i]! * Math.min(...seeds.map((seed) => sqDistance(row, rows[seed]!))));
    const candidates = Array.from({ length: trials }, () => draw(closestOf(chosen)));
    const potentials = candidates.map((c) => closestOf([...chosen, c]).reduce((sum, value) => sum + value, 0));
    chosen.push(candidates[potentials.indexOf(Math.min(...potentials))]!);
  }
  return chosen;
}

export const sqDistance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, f) => sum + (value - b[f]!) ** 2, 0);
