import { rangeError, typeError } from './errors.js';

/** Throws `ERR_OPTION` for an option that is not among those of `caller`. */
export function checkOptionNames(options: object, allowed: readonly string[], caller: string): void {
  for (const name of Object.keys(options))
    if (!allowed.includes(name)) {
      throw typeError('ERR_OPTION', `${caller} has no option "${name}"; its options are ${allowed.join(', ')}.`);
    }
}

/** Throws `ERR_OPTION` unless `value` is an integer from `min` to `max`. */
export function checkInteger(name: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return;
  const rule = max === Number.MAX_SAFE_INTEGER ? `an integer of ${min} or more` : `an integer from ${min} to ${max}`;
  const fail = typeof value === 'number' ? rangeError : typeError;
  throw fail('ERR_OPTION', `${name} must be ${rule}, not ${String(value)}.`);
}

/** Throws `ERR_OPTION` unless `value` is one of `allowed`. */
export function checkOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (allowed.some((one) => one === value)) return;
  const list = allowed.map((one) => `"${one}"`).join(' or ');
  throw rangeError('ERR_OPTION', `${name} must be ${list}, not ${typeof value === 'string' ? `"${value}"` : value}.`);
}
