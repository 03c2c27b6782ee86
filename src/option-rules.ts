import { describe } from './data/kind.js';
import { rangeError, typeError } from './errors.js';

/**
 * What an option may be: a test, and the words for it that follow "must be". A value that fails is the wrong kind of thing (a
 * TypeError) unless the third, where there is one, says that its kind is right (a RangeError).
 */
export type OptionRule = readonly [
  allows: (value: unknown) => boolean,
  words: string,
  rightKind?: (value: unknown) => boolean,
];

export type OptionRules = Readonly<Record<string, OptionRule>>;

/**
 * Refuses unknown names and values outside the rules; an option that is undefined counts as not given.
 *
 * @throws ERR_OPTION
 */
export function checkOptions(options: object, rules: OptionRules): void {
  if (typeof options !== 'object' || options === null)
    throw typeError('ERR_OPTION', `the options are ${describe(options)}; they must be an object`);
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule)
      throw typeError('ERR_OPTION', `there is no option '${name}'; the options are ${Object.keys(rules).join(', ')}`);
    const [allows, words, rightKind] = rule;
    if (value === undefined || allows(value)) continue;
    const message = `${name} is ${show(value)}; it must be ${words}`;
    throw rightKind?.(value) ? rangeError('ERR_OPTION', message) : typeError('ERR_OPTION', message);
  }
}

export const isNumber = (value: unknown): value is number => typeof value === 'number';

const isString = (value: unknown): value is string => typeof value === 'string';

export function integer(least: number): OptionRule {
  return [(value) => Number.isSafeInteger(value) && Number(value) >= least, `an integer ≥ ${least}`, isNumber];
}

export function oneOf(...values: readonly string[]): OptionRule {
  const quoted = values.map((value) => `'${value}'`);
  const words = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return [(value) => values.some((one) => one === value), words, isString];
}

export const seedRule: OptionRule = [integer(0)[0], 'an integer from 0 to 2⁵³ − 1', isNumber];

export const anything: OptionRule = [() => true, ''];

export const isFunction: OptionRule = [(value) => typeof value === 'function', 'a function'];

/** A number, or what the library finds best. */
export const autoOr = ([allows, words]: OptionRule): OptionRule => [
  (value) => value === 'auto' || allows(value),
  `'auto' or ${words}`,
  (value) => isNumber(value) || isString(value),
];

export const threadsRule = autoOr(integer(1));

/** A value for a message. */
export function show(value: unknown): string {
  if (isString(value)) return `'${value}'`;
  return isNumber(value) || typeof value === 'boolean' ? String(value) : describe(value);
}
