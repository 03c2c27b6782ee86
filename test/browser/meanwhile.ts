import { kmeansAsync, makeBlobs } from '../../src/index.js';

// What else happens in a page while it clusters something for a second or so.

const samples = makeBlobs({ nSamples: 60_000, nFeatures: 16, centers: 64, spread: 6, seed: 1 }).data;
const k = 128;

export interface Others {
  /** Milliseconds that the clustering took. */
  took: number;
  /** Turns that timers and frames of the page got in that time, and the longest time, in milliseconds, that none did. */
  timers: number;
  frames: number;
  longestGap: number;
}

export async function othersWhile(threads: number): Promise<Others> {
  const begin = performance.now();
  let last = begin;
  let running = true;
  const others = { took: 0, timers: 0, frames: 0, longestGap: 0 };
  const again = (who: 'timers' | 'frames', next: (call: () => void) => unknown) =>
    next(() => {
      if (!running) return;
      const time = performance.now();
      others.longestGap = Math.max(others.longestGap, time - last);
      others[who]++;
      last = time;
      again(who, next);
    });
  again('timers', setTimeout);
  again('frames', requestAnimationFrame);
  await kmeansAsync(samples, k, { threads, tol: 0, maxIter: 40 });
  running = false;
  const end = performance.now();
  return { ...others, took: end - begin, longestGap: Math.max(others.longestGap, end - last) };
}

/** What a call that is aborted in its midst rejects with: the reason itself, and after how many milliseconds. */
export async function abort(threads: number): Promise<{ rejectsWithReason: boolean; after: number }> {
  const controller = new AbortController();
  const reason = { why: 'enough' };
  let aborted = 0;
  setTimeout(() => {
    aborted = performance.now();
    controller.abort(reason);
  }, 100);
  const error = await kmeansAsync(samples, 2000, { threads, signal: controller.signal }).catch((error) => error);
  return { rejectsWithReason: error === reason, after: performance.now() - aborted };
}
