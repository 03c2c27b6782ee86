import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Least seconds of a probe ever, by version of Node: a disturbance may last longer than a benchmark does. */
const FILE = 'build/quiet.json';

/** A processor is undisturbed where a probe takes at the most so many times the least that one ever took. */
const TOLERANCE = 1.2;

/** Runs in all at the most where others disturb them. */
const ATTEMPTS = 4;

/** Milliseconds: how long a process waits in all until nothing disturbs it, and how long between looks. */
const PATIENCE = 600_000;
const PAUSE = 200;

/**
 * The worker: tells seconds of sums that do not wait for each other, as many at a time as a core can do; the first of them
 * are not counted, for it takes tens of milliseconds until threads that were idle have processors of their own.
 */
const SOURCE = `const { parentPort } = require('node:worker_threads');
function sums(steps) {
  let a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
  for (let i = 0; i < steps; i++) {
    a = (a + i) | 0; b = (b ^ i) | 0; c = (c + a) | 0; d = (d ^ b) | 0;
    e = (e + i) | 0; f = (f ^ i) | 0; g = (g - i) | 0; h = (h + g) | 0;
  }
  return a + b + c + d + e + f + g + h;
}
function probe() {
  const start = performance.now();
  for (let i = 0; i < 1000; i++) sums(1000);
  return (performance.now() - start) / 1000;
}
for (let i = 0; i < 20; i++) probe();
parentPort.on('message', () => {
  const times = Array.from({ length: 100 }, probe).slice(-20);
  parentPort.postMessage(times.sort((a, b) => a - b)[10]);
});`;

/**
 * A virtual machine's processors share cores with those of others, which the system does not see: for seconds or minutes
 * programs take twice as long. Sums as fast as a core can add show when that is so.
 */
class Machine {
  private workers?: readonly Worker[];
  private least = readLeast()[process.version] ?? Infinity;
  private waited = 0;
  private runs = 0;
  private disturbed = 0;

  /** What a run returns that nothing disturbed, or the last of some. */
  async undisturbed<T>(run: () => T | Promise<T>): Promise<T> {
    this.runs++;
    for (let attempt = 1; ; attempt++) {
      await this.quiet();
      const result = await run();
      if (await this.isQuiet()) return result;
      if (attempt === ATTEMPTS || this.waited > PATIENCE) {
        this.disturbed++;
        return result;
      }
    }
  }

  /** How many runs had to be taken as they were. */
  get account(): string[] {
    return this.runs > 0 ? [`${this.disturbed} of ${this.runs} runs while others used the machine`] : [];
  }

  private async quiet(): Promise<void> {
    const start = performance.now() - this.waited;
    while (!(await this.isQuiet()) && this.waited < PATIENCE) {
      await setTimeout(PAUSE);
      this.waited = performance.now() - start;
    }
  }

  /** Whether no processor is slower than at its best. */
  private async isQuiet(): Promise<boolean> {
    this.workers ??= Array.from({ length: Math.min(availableParallelism(), 16) }, () => {
      const worker = new Worker(SOURCE, { eval: true });
      worker.unref();
      return worker;
    });
    const answers = this.workers.map((worker) => once(worker, 'message'));
    for (const worker of this.workers) worker.postMessage(null);
    const times = (await Promise.all(answers)).map(([time]) => time as number);
    const best = Math.min(...times);
    if (best < this.least) {
      this.least = best;
      mkdirSync('build', { recursive: true });
      writeFileSync(FILE, JSON.stringify({ ...readLeast(), [process.version]: best }));
    }
    return Math.max(...times) < TOLERANCE * this.least;
  }
}

const readLeast = (): Record<string, number> => (existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {});

export const machine = new Machine();
