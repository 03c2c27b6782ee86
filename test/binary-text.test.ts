import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { applyEdits, decodeBytes } from '../src/backend/binary-text.js';
import relaxedEdits from '../src/generated/relaxed.js';
import sharedEdits from '../src/generated/shared.js';
import simd from '../src/generated/simd.js';
import { relaxedBytes } from './helpers/relaxed-simd.js';

describe('bytes as text', () => {
  test('are decoded, all of them, with Buffer of Node and without', () => {
    const bytes = Uint8Array.from({ length: 259 }, (_, i) => i);
    const text = String.fromCharCode(...bytes);
    expect(decodeBytes(text)).toEqual(bytes);
    expect(decodeBytes('')).toEqual(new Uint8Array(0));
    vi.stubGlobal('Buffer', undefined);
    const decoded = decodeBytes(text);
    vi.unstubAllGlobals();
    expect(decoded).toEqual(bytes);
  });

  test('are edited at the start, within and at the end', () => {
    expect(applyEdits('abcdef', [[0, 1, 2, 2, 1, 0, 2, 0, 1], 'xyz'])).toBe('xybcefz');
    expect(applyEdits('abcdef', [[3, 0, 1], '-'])).toBe('abc-def');
    expect(applyEdits('abcdef', [[0, 6, 0], ''])).toBe('');
  });

  test('are characters below 256, which engines keep as bytes', () => {
    expect([simd, relaxedEdits[1], sharedEdits[1]].join('')).toMatch(/^[\0-\xff]+$/);
  });

  test.each([
    ['simd', decodeBytes(simd)],
    ['relaxed', relaxedBytes],
  ])('are those that the compiler wrote [%s]', (target, bytes) => {
    expect(Buffer.compare(bytes, readFileSync(`build/${target}.wasm`))).toBe(0);
  });
});
