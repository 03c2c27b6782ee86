/** What the kernels compute, by definition, on plain arrays; `round` rounds to the precision. */

export type Round = (value: number) => number;

export const square = (value: number): number => value * value;
export const inOrder = (values: readonly number[]): number =>
  values.slice(1).reduce((sum, value) => sum + value, values[0]!);
export const columnsOf = (rows: readonly number[][], d: number) =>
  Array.from({ length: d }, (_, f) => rows.map((row) => row[f]!));

/** Σ in four stripes i mod 4, merged as (s₀ + s₂) + (s₁ + s₃), each sum rounded. */
export function inStripes(values: readonly number[], round: Round = (value) => value): number {
  const [s0, s1, s2, s3] = [0, 1, 2, 3].map((stripe) =>
    values.filter((_, i) => i % 4 === stripe).reduce((sum, value) => round(sum + value), 0),
  );
  return round(round(s0! + s2!) + round(s1! + s3!));
}

/** The values of a feature, in float64: samples that lie in rows are added block by block. */
export function inBlocks(before: number, values: readonly number[], block: number): number {
  let sum = before;
  for (let at = 0; at < values.length; at += block) sum += inStripes(values.slice(at, at + block));
  return sum;
}

export const squares = (x: readonly number[], c: readonly number[], round: Round): number[] =>
  x.map((value, f) => round(square(round(value - c[f]!))));

export const stripedSqDistance = (x: readonly number[], c: readonly number[], round: Round): number =>
  inStripes(squares(x, c, round), round);

export const orderedSqDistance = (x: readonly number[], c: readonly number[], round: Round): number =>
  squares(x, c, round).reduce((sum, value) => round(sum + value), 0);

/** Rounded to float64 only. */
export const plainSqDistance = (x: readonly number[], c: readonly number[]): number => {
  let sum = 0;
  for (let f = 0; f < x.length; f++) sum += (x[f]! - c[f]!) * (x[f]! - c[f]!);
  return sum;
};

export const sqNorm = (c: readonly number[], round: Round): number => round(inOrder([0, ...c.map(square)]));

export const score = (x: readonly number[], c: readonly number[], round: Round): number =>
  x.reduce((sum, value, f) => round(sum + round(value * (-2 * c[f]!))), sqNorm(c, round));

export const indexOfLeast = (values: readonly number[]): number => values.indexOf(Math.min(...values));
