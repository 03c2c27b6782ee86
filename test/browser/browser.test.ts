import { beforeAll, describe, expect, test } from 'vitest';
import * as library from '../../src/index.js';
import { type Browser, browsers, find, visit } from './browsers.js';
import { ask, type Case, cases, clusterAll, clusterMatrix, type Found, type FoundInMatrix, small } from './cases.js';
import type { Answers } from './page.js';

// The built library in browsers: what pages find, on their main thread and by worker threads, is what Node finds.

const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
/** Nothing may be loaded but scripts of the site. */
const policy = (scripts: string) => ({
  'content-security-policy': `default-src 'none'; connect-src 'self'; script-src 'self' ${scripts}`,
});

const pages = {
  isolated: isolation,
  open: {},
  strict: { ...isolation, ...policy('') },
  'no-blobs': { ...isolation, ...policy("'wasm-unsafe-eval'; worker-src 'self'") },
};

const inNode = await clusterAll(library);
const askedInNode = await ask(library);
const matrixInNode = await clusterMatrix(library);

for (const browser of browsers) {
  const command = find(browser);
  if (command) describe(browser.name, () => testIn(browser, command));
  else
    test(browser.name, ({ skip }) => {
      const message = `not installed: none of ${browser.commands.join(', ')} is on the path`;
      if (process.env.CI === 'true') expect.fail(message);
      skip(message);
    });
}

function testIn(browser: Browser, command: string): void {
  let answers: Map<string, unknown>;
  beforeAll(async () => {
    answers = await visit(browser, command, pages, 'test/browser/page.ts');
  }, 90_000);

  const answerOf = <Name extends keyof Answers>(name: Name): Answers[Name] => {
    const answer = answers.get(name) as (Answers[Name] & { error?: string }) | undefined;
    if (!answer || answer.error) expect.fail(answer?.error ?? `the page '${name}' has not answered`);
    return answer;
  };

  describe('a page that is isolated', () => {
    test('finds what Node finds, with and without worker threads', () => {
      const { isolated, onThisThread, byWorkers } = answerOf('isolated');
      expect(isolated).toBe(true);
      expectSame(onThisThread, 'wasm-simd', 1);
      expectSame(byWorkers, 'wasm-simd-shared', 2);
    });

    test('so do workers that send messages, and a worker that has workers', () => {
      const { byMessages, inWorker } = answerOf('isolated');
      expectSame(byMessages, 'wasm-simd-shared', 2);
      expectSame(inWorker, 'wasm-simd-shared', 2);
    });

    test('clusters a matrix in memory that is shared, and leaves it as it was', () => {
      expectSameMatrix(answerOf('isolated').inMatrix, 'wasm-simd-shared');
    });

    test('predicts, judges silhouettes and clusters a stream as Node does', () => {
      expect(answerOf('isolated').asked).toEqual({ ...askedInNode, streamThreads: 2 });
    });

    test('has relaxed SIMD where the engine has', () => {
      expect(answerOf('isolated').relaxed).toMatch(/^wasm-(relaxed-)?simd$/);
    });

    test('goes on meanwhile, and can abort', () => expectResponsive(answerOf('isolated')));
  });

  describe('a page that is not isolated', () => {
    test('finds what Node finds, by workers that share no memory', () => {
      const { isolated, byWorkers } = answerOf('open');
      expect(isolated).toBe(false);
      const alone = inNode.map((found, i) => ({ ...found, threads: isSerial(cases[i]!) ? 1 : 2 }));
      expect(byWorkers).toEqual(alone.map((found) => ({ ...found, backend: 'wasm-simd' })));
    });

    test('clusters a large matrix likewise, and leaves it as it was', () => {
      expectSameMatrix(answerOf('open').inMatrix, 'wasm-simd');
    });

    test('predicts, judges silhouettes and clusters a stream as Node does', () => {
      expect(answerOf('open').asked).toEqual({ ...askedInNode, streamThreads: 2 });
    });

    test('goes on meanwhile, and can abort', () => expectResponsive(answerOf('open')));
  });

  describe('a policy', () => {
    test('that forbids WebAssembly leaves plain JavaScript, which finds the same', () => {
      const { onThisThread, inSlices, forced } = answerOf('strict');
      expectSame(onThisThread, 'js', 1);
      expectSame(
        inSlices,
        'js',
        1,
        inNode.filter((_, i) => small.includes(cases[i]!)),
      );
      expect(forced).toBe('ERR_OPTION');
    });

    test('that forbids workers from a Blob leaves the own thread, and others where the page makes them', () => {
      const { isolated, inSlices, byWorkers } = answerOf('no-blobs');
      expect(isolated).toBe(true);
      // The first learns in its midst that no worker will start.
      expectSame(inSlices, expect.stringMatching(/^wasm-simd(-shared)?$/), 1);
      expectSame(byWorkers, 'wasm-simd-shared', 2);
    });
  });
}

/** Hartigan and Wong's transfers go on the thread of the page where it shares no memory. */
const isSerial = ({ options }: Case) => options?.algorithm === 'hartigan-wong';

/** Every bit of every case as in Node, and who found it. */
function expectSame(all: readonly Found[], backend: unknown, threads: number, some = inNode): void {
  expect(all).toEqual(some.map((found) => ({ ...found, backend, threads })));
}

/** The same of a matrix, at once and by two threads, and that its values are what they were. */
function expectSameMatrix({ found, unchanged }: FoundInMatrix, backend: string): void {
  expect(unchanged).toBe(true);
  expect(found).toEqual(matrixInNode.found.map((one, i) => ({ ...one, backend, threads: i + 1 })));
}

/** No more than that others had their turns: how long these took is the machine's business. */
function expectResponsive({ others, abort }: Pick<Answers['open'], 'others' | 'abort'>): void {
  expect(others.timers).toBeGreaterThan(5);
  expect(others.frames).toBeGreaterThan(1);
  expect(abort.rejectsWithReason).toBe(true);
}
