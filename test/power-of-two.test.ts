import fc from 'fast-check';
import { expect, test } from 'vitest';
import { powerOfTwoAbove } from '../src/data/power-of-two.js';
import { check } from './helpers/problems.js';

/** Finite and positive, its least power of two finite too. */
const positive = fc.double({ min: 2 ** -1022, max: 2 ** 1023, noNaN: true });

test('powers of two are their own, their neighbours are not', () => {
  for (let exponent = -1022; exponent < 1023; exponent++) {
    const power = 2 ** exponent;
    expect(powerOfTwoAbove(power)).toBe(power);
    expect(powerOfTwoAbove(power * (1 + 2 ** -52))).toBe(2 * power);
    if (exponent > -1022) expect(powerOfTwoAbove(power * (1 - 2 ** -53))).toBe(power);
  }
});

test('for small numbers', () => {
  const powers = [1, 2, 3, 4, 5, 7, 8, 9, 1023, 1024, 1025].map(powerOfTwoAbove);
  expect(powers).toEqual([1, 2, 4, 4, 8, 8, 8, 16, 1024, 1024, 2048]);
  expect([0.1, 0.25, 0.3, 1 / 3, 0.5, 0.7].map(powerOfTwoAbove)).toEqual([0.125, 0.25, 0.5, 0.5, 0.5, 1]);
});

test('is the least power of two that is no less', () => {
  check(
    fc.property(positive, (x) => {
      const power = powerOfTwoAbove(x);
      expect(power).toBeGreaterThanOrEqual(x);
      expect(power / 2).toBeLessThan(x);
      const significand = new BigUint64Array(Float64Array.of(power).buffer)[0]! & 0xfffffffffffffn;
      expect(significand).toBe(0n);
    }),
    1000,
  );
});

test('is a normal number for those that are not', () => {
  for (const x of [Number.MIN_VALUE, 2 ** -1060, 2 ** -1030, 2 ** -1023, 2 ** -1022 - 2 ** -1074])
    expect([2 ** -1022, 2 ** -1021]).toContain(powerOfTwoAbove(x));
});
