import type { Random } from './types.js';

/**
 * A generator of numbers in [0, 1) with 53 random bits each: the same sequence for the same seed on every machine.
 * xoshiro128** 1.1 (Blackman & Vigna 2021), its state filled by splitmix32 from the two halves of the seed.
 */
export function createRandom(seed: number): Random {
  const low = splitmix32(seed >>> 0);
  const high = splitmix32(Math.floor(seed / 4294967296) ^ 0x5bd1e995);
  let a = low();
  let b = low();
  let c = high();
  let d = high() | 1;

  const next = () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
}

/** Fisher–Yates, in place. */
export function shuffle(values: number[] | Int32Array, random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
}

/** Well-mixed 32-bit numbers from a counter. */
function splitmix32(start: number): () => number {
  let counter = start;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let z = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}
