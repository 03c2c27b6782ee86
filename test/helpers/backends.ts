import { afterAll, beforeAll, describe, expect } from 'vitest';
import { init } from '../../src/index.js';
import type { KMeansResult } from '../../src/types.js';

export type BackendChoice = 'wasm' | 'js';

export const backends: readonly BackendChoice[] = ['wasm', 'js'];

/** What `result.backend` says when a backend was asked for by name. */
export const backendName = { wasm: 'wasm-simd', js: 'js' } as const;

/** Declares the same tests once for every backend, and proves by `ran` that it is this backend that runs. */
export function onEveryBackend(name: string, declare: (ran: <R extends Ran>(result: R) => R) => void): void {
  for (const backend of backends) {
    describe(`${name} [${backend}]`, () => {
      beforeAll(async () => {
        await init({ backend });
      });
      afterAll(async () => {
        await init({ backend: 'auto' });
      });
      declare((result) => {
        expect(result.backend).toBe(backendName[backend]);
        return result;
      });
    });
  }
}

type Ran = Pick<KMeansResult, 'backend'>;
