import { setTimeout } from 'node:timers/promises';
import { machine } from './quiet.js';

/** Seconds that a call takes. */
export function seconds(work: () => unknown): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

/** The same until its promise settles. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

export interface Contender {
  name: string;
  /** Runs once; the seconds that took. Throws where it cannot run. */
  run(): number | Promise<number>;
}

export interface Timing {
  /** Median of the runs, in seconds. */
  median: number;
  runs: number;
  /** Why there is no time. */
  failure?: string;
}

/** Runs of less than so many seconds are timed after others of their kind have gone on for so many milliseconds. */
export const SHORT_RUN = 0.25;
export const AWAKE = 50;

/** The same with all threads awake, after a rest of so many milliseconds in which those of others fall asleep. */
export function awake({ name, run, rest = 0 }: Contender & { rest?: number }): Contender {
  return {
    name,
    run: async () => {
      await setTimeout(rest);
      const began = performance.now();
      let spent: number;
      let time: number;
      do {
        spent = performance.now() - began;
        time = await run();
      } while (time < SHORT_RUN && spent < AWAKE);
      return time;
    },
  };
}

/** Runs at the most, once the first has told how long one takes: a long run is repeated less, one of more than `once` seconds never. */
const repeatsAfter = (first: number, repeats: number, once: number): number =>
  first > once ? 1 : first > 3 ? Math.min(3, repeats) : repeats;

/** Times contenders in turns while nothing else disturbs the machine, so that what slows it for a while slows all of them. */
export async function interleaved(
  contenders: readonly Contender[],
  repeats: number,
  once = 10,
): Promise<Record<string, Timing>> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const failures = new Map<string, string>();
  for (let round = 0; round < repeats; round++)
    for (const { name, run } of contenders) {
      const done = times.get(name)!;
      if (failures.has(name) || (done.length > 0 && round >= repeatsAfter(done[0]!, repeats, once))) continue;
      try {
        done.push(await machine.undisturbed(run));
      } catch (error) {
        failures.set(name, (error as Error).message);
      }
    }
  return Object.fromEntries(
    contenders.map(({ name }) => {
      const done = times.get(name)!;
      return [name, { median: median(done), runs: done.length, failure: failures.get(name) }];
    }),
  );
}
