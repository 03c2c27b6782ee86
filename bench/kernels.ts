// The two passes that every algorithm is made of, warm: npm run bench:kernels
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { BoundedAssignment } from '../src/algorithms/bounded-assignment.js';
import { now } from '../src/backend/pass.js';
import type { Precision } from '../src/types.js';
import { makeProblem, type Shape } from './data.js';
import { prepareFit } from './prepared.js';
import { publish } from './report.js';
import { digits, formatTable } from './table.js';

const { values: options } = parseArgs({
  options: {
    /** The shapes of the first milestone alone, for less time each. */
    short: { type: 'boolean', default: false },
    /** Divides the samples of every shape: to see that it works. */
    divide: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

/** n, d, k. */
const MILESTONE: readonly Sizes[] = [
  [50_000, 128, 256],
  [100_000, 16, 64],
  [100_000, 2, 10],
];
const OVER_FEATURES = [2, 3, 4, 5, 8, 12, 16, 32, 64, 128, 384, 768].map(
  (d): Sizes => [Math.round(3e6 / (d + 10)), d, 64],
);

type Sizes = readonly [n: number, d: number, k: number];

const sizes = options.short ? MILESTONE : [...MILESTONE, ...OVER_FEATURES];
const rows: string[][] = [];
for (const precision of ['float32', 'float64'] as const)
  for (const [n, d, k] of sizes) rows.push(await measure(shapeOf(n, d, k, precision)));

const header = ['n', 'd', 'k', 'precision', 'assign ms', 'GFLOP/s', 'estimate ms', 'GFLOP/s', 'accumulate ms', 'GB/s'];
publish(
  {
    part: 'kernels',
    title: 'Kernels',
    body: [
      `One warm pass over all samples on one thread, in calls of the size that a fit makes, packing of the centroids included.
*Assign* finds every sample's nearest centroid (2 · n · d · k operations); *estimate* finds the same centroids, and first
bounds, from samples rounded to 16-bit integers, looking again where those do not settle it (beyond 4 features); *accumulate* adds every sample to the exact sums of
its cluster, as a first iteration does (later ones move only what changed); its rate is that of reading the samples.`,
      formatTable(header, rows),
    ],
  },
  options.write,
);

function shapeOf(n: number, d: number, k: number, precision: Precision): Shape {
  return { kind: 'overlapping', n: Math.ceil(n / Number(options.divide)), d, k, precision };
}

async function measure(shape: Shape): Promise<string[]> {
  const { n, d, k, precision } = shape;
  const { run } = prepareFit(makeProblem(shape));
  const bench = new Bench({
    time: options.short ? 300 : 600,
    iterations: 5,
    warmupTime: 200,
    warmupIterations: 2,
    throws: true,
  });
  bench.add('assign', () => now(run.assign()));
  const estimates =
    shape.d > 4 ? new BoundedAssignment(run, { groups: 1, quantised: true, patient: false }) : undefined;
  if (estimates) bench.add('estimate', () => now(estimates.assign(n)), { beforeEach: () => estimates.restart() });
  // From sums of nothing, so that no sample is where it was.
  bench.add('accumulate', () => now(run.accumulate()), { beforeEach: () => now(run.restart()) });
  await bench.run();
  const latencies = new Map(
    bench.tasks.map(({ name, result }) => [name, 'latency' in result ? result.latency.p50 : Number.NaN]),
  );
  const of = (name: string) => latencies.get(name) ?? Number.NaN;
  const rate = (name: string) => (latencies.has(name) ? digits((2 * n * d * k) / of(name) / 1e6) : '–');
  const bytes = n * d * (precision === 'float32' ? 4 : 8);
  return [
    ...[n, d, k].map(String),
    precision,
    digits(of('assign')),
    rate('assign'),
    latencies.has('estimate') ? digits(of('estimate')) : '–',
    rate('estimate'),
    digits(of('accumulate')),
    digits(bytes / of('accumulate') / 1e6),
  ];
}
