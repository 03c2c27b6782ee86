import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { decodeBytes } from '../src/backend/binary-text.js';
import { createReferenceBackend } from '../src/backend/reference.js';
import { createWasmBackend } from '../src/backend/wasm.js';
import { Workspace } from '../src/backend/workspace.js';
import simd from '../src/generated/simd.js';
import { expectCode } from './helpers/errors.js';

const module = new WebAssembly.Module(decodeBytes(simd));

describe.each([
  ['js', createReferenceBackend],
  ['wasm-simd', () => createWasmBackend(module)],
] as const)('a workspace [%s]', (name, createBackend) => {
  let workspace: Workspace;

  beforeEach(() => {
    workspace = new Workspace(createBackend());
    expect(workspace.backend.name).toBe(name);
  });

  test('takes buffers one behind the other, aligned, with room between for loads that read ahead', () => {
    const plan = { a: 1, none: 0, b: 63, c: 64, d: 65, e: 1000 };
    const pointers = workspace.take(plan, 1);
    expect(Object.keys(pointers)).toEqual(Object.keys(plan));
    let end = 1;
    for (const [buffer, pointer] of Object.entries(pointers)) {
      expect(pointer % 64).toBe(0);
      expect(pointer).toBeGreaterThanOrEqual(end);
      end = pointer + plan[buffer as keyof typeof plan] + 64;
    }
    const { next } = workspace.take({ next: 8 }, 1);
    expect(next).toBeGreaterThanOrEqual(end);
    expect(workspace.backend.memory.buffer.byteLength).toBeGreaterThanOrEqual(next + 8 + 64);
  });

  test('gives back what was taken since a mark', () => {
    const { kept } = workspace.take({ kept: 16 }, 1);
    workspace.float64(kept, 2).set([1, 2]);
    const mark = workspace.mark();
    const first = workspace.take({ a: 100, b: 200 }, 1);
    workspace.backTo(mark);
    expect(workspace.take({ a: 100, b: 200 }, 1)).toEqual(first);
    expect([...workspace.float64(kept, 2)]).toEqual([1, 2]);
  });

  test('keeps its bytes when its memory grows', () => {
    const { small } = workspace.take({ small: 24 }, 1);
    workspace.float64(small, 3).set([1, 2, 3]);
    const before = workspace.backend.memory.buffer;
    const { large } = workspace.take({ large: 3_000_000 }, 1);
    expect(workspace.backend.memory.buffer).not.toBe(before);
    expect([...workspace.float64(small, 3)]).toEqual([1, 2, 3]);
    expect(workspace.floats('float32', large, 3_000_000 / 4).length).toBe(750_000);
  });

  test('does not grow for what it has room for', () => {
    const before = workspace.backend.memory.buffer;
    workspace.take({ small: 1000 }, 1);
    expect(workspace.backend.memory.buffer).toBe(before);
  });

  test('has kernels that see its memory after it grew', () => {
    workspace.take({ large: 1_000_000 }, 1);
    const { values } = workspace.take({ values: 24 }, 3);
    workspace.float64(values, 3).set([1, 2, 4]);
    expect(workspace.kernels('float64').weightedSum(values, 3, 0)).toBe(7);
    workspace.floats('float32', values, 3).set([0.5, 1, 2]);
    expect(workspace.kernels('float32').weightedSum(values, 3, 0)).toBe(3.5);
  });

  test('views bytes as numbers of either precision and as labels', () => {
    const { values } = workspace.take({ values: 16 }, 1);
    workspace.int32(values, 4).set([0, 0x3ff00000, -1, 7]);
    expect(workspace.float64(values, 1)[0]).toBe(1);
    expect(workspace.floats('float64', values, 1)).toEqual(Float64Array.of(1));
    expect(workspace.floats('float32', values, 2)).toEqual(Float32Array.of(0, 1.875));
    expect([...workspace.int32(values + 8, 2)]).toEqual([-1, 7]);
  });

  test('refuses more than a memory holds, in rows and bytes, and stays as it was', () => {
    const mark = workspace.mark();
    const error = expectCode(
      () => workspace.take({ samples: 1000, distances: 5e9 }, 123456),
      'ERR_OUT_OF_MEMORY',
      RangeError,
    );
    expect(error.message).toContain('123456 rows');
    expect(error.message).toContain('4.7 GiB');
    expect(workspace.mark()).toBe(mark);
    expect(workspace.take({ a: 8 }, 1).a).toBe(mark);
  });

  test('refuses what the engine has no room for', () => {
    vi.spyOn(workspace.backend.memory, 'ensure').mockImplementation(() => {
      throw new RangeError('no room');
    });
    expectCode(() => workspace.take({ a: 1e6 }, 10), 'ERR_OUT_OF_MEMORY', RangeError);
  });
});

describe('lent workspaces', () => {
  let workspaces: typeof import('../src/backend/workspace.js');
  let load: typeof import('../src/backend/load.js');

  beforeEach(async () => {
    vi.resetModules();
    workspaces = await import('../src/backend/workspace.js');
    load = await import('../src/backend/load.js');
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const lend = () => workspaces.withWorkspace(undefined, (workspace) => workspace);

  test('are lent again, empty', () => {
    const start = workspaces.withWorkspace(undefined, (workspace) => {
      const mark = workspace.mark();
      workspace.take({ a: 1000 }, 1);
      return { workspace, mark };
    });
    expect(lend()).toBe(start.workspace);
    expect(start.workspace.mark()).toBe(start.mark);
  });

  test('come back from work that fails', () => {
    const workspace = lend();
    const mark = workspace.mark();
    expect(() =>
      workspaces.withWorkspace(undefined, (lent) => {
        lent.take({ a: 1000 }, 1);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(lend()).toBe(workspace);
    expect(workspace.mark()).toBe(mark);
  });

  test('are not lent twice at a time', () => {
    workspaces.withWorkspace(undefined, (outer) => {
      workspaces.withWorkspace(undefined, (inner) => {
        expect(inner).not.toBe(outer);
        expect(inner.backend.memory.buffer).not.toBe(outer.backend.memory.buffer);
      });
    });
  });

  test('that were given get back what was taken there, and are not lent to others', () => {
    const own = new workspaces.Workspace(load.createBackend());
    const { kept } = own.take({ kept: 8 }, 1);
    const mark = own.mark();
    workspaces.withWorkspace(own, (workspace) => {
      expect(workspace).toBe(own);
      workspace.take({ a: 1000 }, 1);
    });
    expect(own.mark()).toBe(mark);
    expect(kept).toBeLessThan(mark);
    expect(lend()).not.toBe(own);
  });

  test('are made anew once dropped', () => {
    const workspace = lend();
    workspaces.dropWorkspaces();
    expect(lend()).not.toBe(workspace);
  });

  test('are of the backend that was chosen last', () => {
    expect(lend().backend.name).toBe('wasm-simd');
    load.configureBackend({ backend: 'js' });
    expect(lend().backend.name).toBe('js');
    load.configureBackend({ backend: 'wasm' });
    expect(lend().backend.name).toBe('wasm-simd');
  });

  test('are of kernels given after plain JavaScript had to stand in', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(lend().backend.name).toBe('js');
    vi.unstubAllGlobals();
    load.configureBackend({ wasm: module });
    expect(lend().backend.name).toBe('wasm-simd');
  });
});
