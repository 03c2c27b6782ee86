import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { decodeBytes } from '../src/backend/binary-text.js';
import simd from '../src/generated/simd.js';
import { expectCode } from './helpers/errors.js';
import { compileRelaxedKernels } from './helpers/relaxed-simd.js';

type Load = typeof import('../src/backend/load.js');

/** Freshly loaded for every test: nothing is compiled or chosen yet. */
let load: Load;

const { WebAssembly: engine } = globalThis;
const bytes = decodeBytes(simd);

beforeEach(async () => {
  vi.resetModules();
  load = await import('../src/backend/load.js');
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Whether a module is more than what tries an instruction. */
const isKernels = (source: ArrayBufferView | ArrayBuffer): boolean => source.byteLength > 1000;

/** An engine whose compiler counts its calls, and refuses as long as `broken` is set. */
function stubEngine(): { compiled: number; broken: boolean } {
  const state = { compiled: 0, broken: false };
  const Module = new Proxy(engine.Module, {
    construct(target, [source]) {
      if (isKernels(source) || state.broken) state.compiled++;
      if (state.broken) throw new engine.CompileError('code generation is disallowed here');
      return new target(source);
    },
  });
  vi.stubGlobal('WebAssembly', { ...propertiesOf(engine), Module });
  return state;
}

/** WebAssembly's properties are not enumerable. */
const propertiesOf = (object: object) =>
  Object.fromEntries(Object.getOwnPropertyNames(object).map((name) => [name, Reflect.get(object, name)]));

describe('by default', () => {
  test('the kernels are compiled once, at first need', () => {
    const state = stubEngine();
    load.configureBackend({});
    expect(state.compiled).toBe(0);
    expect(load.createBackend().name).toBe('wasm-simd');
    expect(load.createBackend().name).toBe('wasm-simd');
    expect(state.compiled).toBe(1);
  });

  test('every backend has a memory of its own', () => {
    const [a, b] = [load.createBackend(), load.createBackend()];
    expect(a.memory.buffer).not.toBe(b.memory.buffer);
  });

  test('plain JavaScript stands in where there is no WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(load.createBackend().name).toBe('js');
  });

  test('plain JavaScript stands in where WebAssembly may not be compiled, until it may', () => {
    const state = stubEngine();
    state.broken = true;
    expect(load.createBackend().name).toBe('js');
    state.broken = false;
    expect(load.createBackend().name).toBe('wasm-simd');
    expect(state.compiled).toBe(2);
  });
});

describe('a forced backend', () => {
  test('is js', () => {
    const state = stubEngine();
    load.configureBackend({ backend: 'js' });
    expect(load.createBackend().name).toBe('js');
    expect(state.compiled).toBe(0);
  });

  test('is wasm', () => {
    load.configureBackend({ backend: 'wasm' });
    expect(load.createBackend().name).toBe('wasm-simd');
  });

  test('is an error where it cannot run, which says why, and no longer once it can', () => {
    const state = stubEngine();
    state.broken = true;
    load.configureBackend({ backend: 'wasm' });
    expect(expectCode(load.createBackend, 'ERR_OPTION').message).toContain('code generation is disallowed here');
    state.broken = false;
    expect(load.createBackend().name).toBe('wasm-simd');
  });

  test('is an error where there is no WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined);
    load.configureBackend({ backend: 'wasm' });
    expectCode(load.createBackend, 'ERR_OPTION');
  });

  test('is left by the next choice', () => {
    load.configureBackend({ backend: 'js' });
    const js = load.createBackend();
    load.configureBackend({ backend: 'wasm' });
    const wasm = load.createBackend();
    expect([js, wasm].map(load.isCurrent)).toEqual([false, true]);
    load.configureBackend({ backend: 'js' });
    expect([js, wasm].map(load.isCurrent)).toEqual([true, false]);
  });

  test('does not outlive the return to auto', () => {
    load.configureBackend({ backend: 'js' });
    const js = load.createBackend();
    load.configureBackend({ backend: 'auto' });
    expect(load.isCurrent(js)).toBe(false);
  });
});

describe('estimates', () => {
  test('take bytes where the engine multiplies these, and two bytes where it does not', () => {
    expect(load.createBackend().estimateBytes).toBe(load.multipliesBytes() ? 1 : 2);
  });

  test('take two bytes where the engine has no relaxed SIMD', () => {
    stubEngine();
    vi.spyOn(WebAssembly, 'validate').mockReturnValueOnce(false);
    expect(load.createBackend().estimateBytes).toBe(2);
  });

  test('take two bytes where the instruction gives other results than the standard says', () => {
    stubEngine();
    WebAssembly.Instance = class {
      exports = { f: () => -130048 };
    } as unknown as typeof WebAssembly.Instance;
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(true);
    expect(load.multipliesBytes()).toBe(false);
  });
});

describe.skipIf(!compileRelaxedKernels())('the relaxed kernels, where the engine has relaxed SIMD', () => {
  test('see the same memory, also after it grew', () => {
    const plain = load.createBackend();
    const relaxed = plain.relaxed();
    expect([plain.name, relaxed.name]).toEqual(['wasm-simd', 'wasm-relaxed-simd']);
    relaxed.memory.ensure(200_000);
    expect(plain.memory.buffer).toBe(relaxed.memory.buffer);
    new Float64Array(plain.memory.buffer, 190_000, 2).set([1, 2]);
    expect(relaxed.kernels.float64.weightedSum(190_000, 2, 0)).toBe(3);
  });

  test('are validated and compiled once, at first need', () => {
    const state = stubEngine();
    const validate = vi.spyOn(WebAssembly, 'validate');
    const [a, b] = [load.createBackend(), load.createBackend()];
    const validated = () => validate.mock.calls.filter(([source]) => isKernels(source as Uint8Array)).length;
    expect([state.compiled, validated()]).toEqual([1, 0]);
    expect(a.relaxed()).toBe(a.relaxed());
    expect(a.relaxed().relaxed()).toBe(a.relaxed());
    expect(b.relaxed().name).toBe('wasm-relaxed-simd');
    expect([state.compiled, validated()]).toEqual([2, 1]);
  });

  test('are the plain ones where they may not be compiled, until they may', () => {
    const wasm = new engine.Module(bytes);
    const state = stubEngine();
    state.broken = true;
    load.configureBackend({ wasm });
    const backend = load.createBackend();
    expect(backend.relaxed()).toBe(backend);
    state.broken = false;
    expect(backend.relaxed().name).toBe('wasm-relaxed-simd');
  });
});

describe('the relaxed kernels, where the engine has no relaxed SIMD', () => {
  test('are the plain ones; it is asked once', () => {
    const state = stubEngine();
    const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    const [a, b] = [load.createBackend(), load.createBackend()];
    expect([a.relaxed(), b.relaxed(), a.relaxed()]).toEqual([a, b, a]);
    const asked = validate.mock.calls.filter(([source]) => isKernels(source as Uint8Array));
    expect([state.compiled, asked.length]).toEqual([1, 1]);
  });

  test('are plain JavaScript where that runs', () => {
    load.configureBackend({ backend: 'js' });
    const backend = load.createBackend();
    expect(backend.relaxed()).toBe(backend);
  });
});

describe('kernels that were given', () => {
  const behind = new Uint8Array(bytes.length + 3);
  behind.set(bytes, 3);

  test.each([
    ['bytes', bytes],
    ['a buffer', bytes.buffer],
    ['a view behind the start of its buffer', behind.subarray(3)],
  ])('as %s are compiled instead of the own ones', (_, wasm) => {
    const state = stubEngine();
    load.configureBackend({ wasm });
    expect(load.createBackend().name).toBe('wasm-simd');
    expect(load.createBackend().name).toBe('wasm-simd');
    expect(state.compiled).toBe(1);
  });

  test('as a module are used where nothing may be compiled', () => {
    const wasm = new engine.Module(bytes);
    stubEngine().broken = true;
    load.configureBackend({ backend: 'wasm', wasm });
    expect(load.createBackend().name).toBe('wasm-simd');
  });

  test.each([
    ['no bytes of a module', new Uint8Array([1, 2, 3])],
    ['of a kind that holds no bytes', 'kernels' as unknown as BufferSource],
  ])('%s change nothing', (_, wasm) => {
    expect(() => load.configureBackend({ backend: 'js', wasm })).toThrow();
    expect(load.createBackend().name).toBe('wasm-simd');
  });

  test.each([
    ['no bytes of a module', new Uint8Array([1, 2, 3])],
    ['of a kind that holds no bytes', 'kernels' as unknown as BufferSource],
    ['a module without kernels', new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])],
  ])('%s are refused', (_, wasm) => {
    expectCode(() => load.configureBackend({ wasm }), 'ERR_OPTION');
  });

  test('are refused where there is no WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expectCode(() => load.configureBackend({ wasm: bytes }), 'ERR_OPTION');
  });
});
