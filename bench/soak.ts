// An hour's worth of mixed calls in a few minutes: npm run soak -- --seconds 120
import { parseArgs } from 'node:util';
import { soak } from '../test/helpers/soak.js';
import { formatTable } from './table.js';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    /** Values of the data of a call at the most. */
    most: { type: 'string', default: '200000' },
    /** As in a page that may not share memory: workers have parts of the samples. */
    apart: { type: 'boolean', default: false },
  },
});

/** By how much memory may have grown from the first quarter to the last: less than a few calls leave behind. */
const GROWTH = 1.2;
const ROOM = 32 * 2 ** 20;

if (options.apart) globalThis.crossOriginIsolated = false;

const { tally, failures, heap, resident } = await soak({
  seconds: Number(options.seconds),
  seed: Number(options.seed),
  most: Number(options.most),
  patience: 60_000,
});

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
const quarters = Object.entries({ heap, resident }).map(([name, values]) => {
  // Engines warm up, and memories grow to what the largest call takes.
  const quarter = Math.max(1, Math.floor(values.length / 4));
  const [first, last] = [mean(values.slice(0, quarter)), mean(values.slice(-quarter))];
  if (values.length >= 8 && last > first * GROWTH + ROOM)
    failures.push(`${name} memory grew from ${mebibytes(first)} to ${mebibytes(last)} MiB`);
  return [`${name}, MiB`, `${mebibytes(first)} → ${mebibytes(last)}`];
});
console.log(
  formatTable(
    ['what', 'figure'],
    [...Object.entries(tally).map(([name, count]) => [name, String(count)]), ...quarters],
  ),
);
for (const failure of failures) console.error(`✗ ${failure}`);
if (failures.length > 0) process.exitCode = 1;
