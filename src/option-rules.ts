/** What an option may be: a test, and the words for it that follow "must be". `checkOptions` goes by tables of these. */
export type OptionRule = readonly [(value: unknown) => boolean, string];

export function integer(least: number): OptionRule {
  return [(value) => Number.isSafeInteger(value) && Number(value) >= least, `an integer ≥ ${least}`];
}

export function oneOf(...values: readonly string[]): OptionRule {
  const quoted = values.map((value) => `'${value}'`);
  return [(value) => values.some((one) => one === value), `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`];
}

export const seedRule: OptionRule = [integer(0)[0], 'an integer from 0 to 2⁵³ − 1'];
