import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { applyEdits, decodeBytes } from '../src/backend/binary-text.js';
import simd from '../src/generated/simd.js';
import { relaxedBytes } from './helpers/relaxed-simd.js';

describe('bytes as text', () => {
  test('are decoded, all of them', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const codes = Array.from(bytes, (byte) => (byte + 35) % 256);
    expect(decodeBytes(String.fromCharCode(...codes))).toEqual(bytes);
    expect(decodeBytes(String.fromCharCode(...codes.map((code) => code + 256)))).toEqual(bytes);
    expect(decodeBytes('')).toEqual(new Uint8Array(0));
  });

  test('are edited at the start, within and at the end', () => {
    expect(applyEdits('abcdef', '0,1,xy;2,1,;2,0,z')).toBe('xybcefz');
    expect(applyEdits('abcdef', '3,0,-')).toBe('abc-def');
    expect(applyEdits('abcdef', '0,6,')).toBe('');
  });

  test.each([
    ['simd', decodeBytes(simd)],
    ['relaxed', relaxedBytes],
  ])('are those that the compiler wrote [%s]', (target, bytes) => {
    expect(Buffer.compare(bytes, readFileSync(`build/${target}.wasm`))).toBe(0);
  });
});
