import { kmeansAsync, makeBlobs } from '../../src/index.js';

// Runs in the page: how long nobody else gets a turn, while nothing happens and while a million samples are clustered.

export interface Gap {
  what: string;
  /** Milliseconds from beginning to end. */
  took: number;
  /** Frames of the page in that time, and the longest time, in milliseconds, in which neither a frame nor a timer came. */
  frames: number;
  longest: number;
}

const data = makeBlobs({
  ...{ nSamples: 1_000_000, nFeatures: 16, centers: 64, spread: 6, seed: 1, precision: 'float32' as const },
}).data;
const cluster = () => kmeansAsync(data, 64, { init: 'random', nInit: 1, maxIter: 20 });

const gaps: Gap[] = [];
await watch('nothing', () => new Promise((resolve) => setTimeout(resolve, 2000)));
await watch('the first call', cluster);
await watch('the second call', cluster);
await watch('k-means++, on one thread', () => kmeansAsync(data, 64, { maxIter: 3, threads: 1 }));
const response = await fetch('answer', { method: 'POST', body: JSON.stringify(gaps) });
location.replace(await response.text());

async function watch(what: string, work: () => Promise<unknown>): Promise<void> {
  // What making the data left behind is not to be counted.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const begin = performance.now();
  let last = begin;
  let frames = 0;
  let longest = 0;
  let running = true;
  const turn = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const onFrame = () => {
    if (!running) return;
    frames++;
    turn();
    requestAnimationFrame(onFrame);
  };
  const onTimer = () => {
    if (!running) return;
    turn();
    setTimeout(onTimer);
  };
  onFrame();
  onTimer();
  await work();
  turn();
  running = false;
  gaps.push({ what, took: last - begin, frames, longest });
}
