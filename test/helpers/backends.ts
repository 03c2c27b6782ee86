import { afterAll, beforeAll, describe, expect } from 'vitest';
import { init } from '../../src/index.js';
import type { KMeansResult } from '../../src/types.js';

export type BackendChoice = 'wasm' | 'js';

export const backends: readonly BackendChoice[] = ['wasm', 'js'];

/** What `result.backend` says when a backend was asked for by name. */
export const backendName = { wasm: 'wasm-simd', js: 'js' } as const;

/** How many of so many random problems a backend gets: the reference, which is the slower by far, a quarter. */
const share = { wasm: 1, js: 4 } as const;

/**
 * Declares the same tests once for every backend, and proves by `ran` that it is this backend that runs; `runs` says how many of so
 * many random problems it is to get.
 */
export function onEveryBackend(
  name: string,
  declare: (ran: <R extends Ran>(result: R) => R, runs: (most: number) => number) => void,
): void {
  for (const backend of backends) {
    describe(`${name} [${backend}]`, () => {
      beforeAll(async () => {
        await init({ backend });
      });
      afterAll(async () => {
        await init({ backend: 'auto' });
      });
      declare(
        (result) => {
          expect(result.backend).toBe(backendName[backend]);
          return result;
        },
        (most) => Math.ceil(most / share[backend]),
      );
    });
  }
}

type Ran = Pick<KMeansResult, 'backend'>;
