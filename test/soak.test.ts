import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { handOver } from '../src/backend/pass.js';
import { elbowAsync, init, kmeans, kmeansAsync, makeBlobs, silhouetteScoreAsync } from '../src/index.js';
import { soak } from './helpers/soak.js';

// The short form of `npm run soak`: whatever is aborted, thrown, disposed or killed, all calls end, and those that finish are right.

const { little, lane, thread } = handOver;

// Also what is too little to be worth it goes to workers.
beforeEach(() => {
  Object.assign(handOver, { little: 0, lane: 0, thread: 1 });
});

afterEach(() => {
  Object.assign(handOver, { little, lane, thread });
  init();
});

test('mixed calls, a few at a time', async () => {
  const { failures, tally } = await soak({ seconds: 5, seed: 3, most: 20_000, patience: 20_000 });
  expect(failures).toEqual([]);
  expect(tally.finished).toBeGreaterThan(0);
});

test('the same where workers share no memory', async () => {
  vi.stubGlobal('crossOriginIsolated', false);
  init();
  try {
    const { failures, tally } = await soak({ seconds: 5, seed: 5, most: 20_000, patience: 20_000 });
    expect(failures).toEqual([]);
    expect(tally.finished).toBeGreaterThan(0);
  } finally {
    vi.unstubAllGlobals();
  }
}, 60_000);

describe('an abort is heard', () => {
  const never = (): Worker => ({ postMessage() {}, terminate() {} }) as unknown as Worker;

  test('while workers come up', async () => {
    init({ createWorker: never });
    const { data } = makeBlobs({ nSamples: 20_000, nFeatures: 6, seed: 1 });
    const controller = new AbortController();
    const fit = kmeansAsync(data, 3, { threads: 2, signal: controller.signal });
    setTimeout(() => controller.abort('no patience'), 30);
    await expect(fit).rejects.toBe('no patience');
  }, 5000);

  const n = 300_000;
  const data = Float32Array.from({ length: 2 * n }, (_, i) => (i * 7919) % 1013);
  const sampleWeight = new Float64Array(n).fill(2);

  // Nothing here takes its time in passes: the signal is aborted at a turn that others get, which there has to be.
  test.each([
    [
      'k-means||',
      (signal: AbortSignal) => kmeansAsync(data, 9, { nFeatures: 2, init: 'k-means||', sampleWeight, signal }),
    ],
    ['AFK-MC²', (signal: AbortSignal) => kmeansAsync(data, 9, { nFeatures: 2, init: 'afk-mc2', sampleWeight, signal })],
    [
      'Hartigan and Wong',
      (signal: AbortSignal) => kmeansAsync(data, 9, { nFeatures: 2, algorithm: 'hartigan-wong', signal }),
    ],
    ['an elbow', (signal: AbortSignal) => elbowAsync(data, { nFeatures: 2, signal })],
    [
      'silhouettes',
      (signal: AbortSignal) =>
        silhouetteScoreAsync(data, data.subarray(0, n).map(Math.floor), { nFeatures: 2, signal }),
    ],
  ])('in %s', async (_, call) => {
    const controller = new AbortController();
    setImmediate(() => controller.abort('soon'));
    await expect(call(controller.signal)).rejects.toBe('soon');
  });
});

test('where nothing is finite, the first such value is named, wherever it lies', () => {
  const data = new Float64Array(3 * 5000);
  data[3 * 4321 + 1] = Number.NaN;
  expect(() => kmeans(data, 2, { nFeatures: 3 })).toThrow(/4321.*1/);
});
