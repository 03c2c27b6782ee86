import { describe, expect, test } from 'vitest';
import { createRandom } from '../src/random.js';

const seeds = [0, 1, 2, 42, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 40 + 7, Number.MAX_SAFE_INTEGER];

describe('createRandom', () => {
  test.each(seeds)('is xoshiro128** with seed %s', (seed) => {
    const random = createRandom(seed);
    const next = xoshiro(stateOf(seed));
    for (let i = 0; i < 200; i++) {
      const high = next() >> 5n;
      const low = next() >> 6n;
      expect(random()).toBe(Number((high << 26n) | low) / 2 ** 53);
    }
  });

  test('the generator it is compared with gives the published numbers', () => {
    const next = xoshiro([1n, 2n, 3n, 4n]);
    const published = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597];
    expect(published.map(() => Number(next()))).toEqual(published);
  });

  test('gives numbers in [0, 1) of 53 bits, evenly spread', () => {
    const random = createRandom(3);
    const values = Array.from({ length: 20000 }, random);
    expect(values.every((value) => value >= 0 && value < 1 && Number.isInteger(value * 2 ** 53))).toBe(true);
    expect(values.some((value) => !Number.isInteger(value * 2 ** 52))).toBe(true);
    const tenths = Array<number>(10).fill(0);
    for (const value of values) tenths[Math.floor(value * 10)]! += 1;
    // A count of 2000 has a standard deviation of 42.
    for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(5 * 43);
    const products = values.slice(1).map((value, i) => (value - 0.5) * (values[i]! - 0.5));
    expect(Math.abs(products.reduce((sum, value) => sum + value, 0) / products.length)).toBeLessThan(0.003);
  });

  test('gives another sequence for another seed', () => {
    const starts = seeds.map((seed) => createRandom(seed)());
    expect(new Set(starts).size).toBe(seeds.length);
    const neighbours = Array.from({ length: 1000 }, (_, seed) => createRandom(seed)());
    expect(new Set(neighbours).size).toBe(1000);
    expect(Math.abs(neighbours.reduce((sum, value) => sum + value, 0) / 1000 - 0.5)).toBeLessThan(0.05);
  });

  test('generators do not share a state', () => {
    const alone = createRandom(9);
    const expected = [alone(), alone(), alone()];
    const a = createRandom(9);
    const b = createRandom(10);
    expect([a(), b(), a(), b(), a()].filter((_, i) => i % 2 === 0)).toEqual(expected);
  });

  test('−0 is 0', () => {
    expect(createRandom(-0)()).toBe(createRandom(0)());
  });
});

const word = (value: bigint): bigint => BigInt.asUintN(32, value);
const rotate = (value: bigint, bits: bigint): bigint => word((value << bits) | (value >> (32n - bits)));

/** xoshiro128** 1.1, https://prng.di.unimi.it/xoshiro128starstar.c, in integers of any length. */
function xoshiro(state: readonly bigint[]): () => bigint {
  const s = [...state] as [bigint, bigint, bigint, bigint];
  return () => {
    const result = word(rotate(word(s[1] * 5n), 7n) * 9n);
    const t = word(s[1] << 9n);
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11n);
    return result;
  };
}

/** Two words of splitmix32 from the low half of the seed, two from the high one; the last is odd, so never all are 0. */
function stateOf(seed: number): bigint[] {
  const low = splitmix32(BigInt(seed), 2);
  const high = splitmix32((BigInt(seed) >> 32n) ^ 0x5bd1e995n, 2);
  return [...low, high[0]!, high[1]! | 1n];
}

function splitmix32(start: bigint, count: number): bigint[] {
  let counter = word(start);
  return Array.from({ length: count }, () => {
    counter = word(counter + 0x9e3779b9n);
    let z = word((counter ^ (counter >> 16n)) * 0x21f0aaadn);
    z = word((z ^ (z >> 15n)) * 0x735a2d97n);
    return z ^ (z >> 15n);
  });
}
