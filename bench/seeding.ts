// Greedy k-means++ beside scikit-learn's: npm run bench:seeding
import { parseArgs } from 'node:util';
import { multipliesBytes } from '../src/backend/load.js';
import { now } from '../src/backend/pass.js';
import { createRandom } from '../src/random.js';
import { plusPlus } from '../src/seeding/plus-plus.js';
import { median, seconds } from './clock.js';
import { makeProblem, type Shape } from './data.js';
import { startPython } from './native/server.js';
import { prepareFit } from './prepared.js';
import { machine } from './quiet.js';
import { publish } from './report.js';
import { digits, formatTable, milliseconds, times } from './table.js';

const { values: options } = parseArgs({
  options: {
    /** Seeds whose potentials are averaged. */
    seeds: { type: 'string', default: '20' },
    /** Seconds after which a problem gets no further seed. */
    limit: { type: 'string', default: 'Infinity' },
    /** Overlapping blobs alone, a minute each. */
    short: { type: 'boolean', default: false },
    /** Divides samples and clusters: to see that it works. */
    divide: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

const SIZES = [
  [100_000, 2, 100],
  [100_000, 32, 256],
  [100_000, 128, 1000],
] as const;

const KINDS = ['overlapping', 'uniform', 'separated'] as const;

const limit = Number(options.short ? 60 : options.limit);

const server = startPython(Number(options.threads));
try {
  const rows: string[][] = [];
  for (const [n, d, k] of SIZES)
    for (const kind of options.short ? KINDS.slice(0, 1) : KINDS) {
      const by = Number(options.divide);
      rows.push(await measure({ kind, n: Math.ceil(n / by), d, k: Math.ceil(k / by), precision: 'float32' }));
    }
  const header = [
    'n',
    'd',
    'k',
    'data',
    'seeds',
    'sklearn ms',
    'ours ms',
    'ratio',
    'sklearn potential',
    'ours',
    'ours / theirs',
  ];
  publish(
    {
      part: 'seeding',
      title: 'Seeding',
      body: [
        `Greedy k-means++ with 2 + ⌊ln k⌋ trials: scikit-learn's \`kmeans_plusplus\` and ours, from samples in place, float32, ${options.threads} thread${options.threads === '1' ? '' : 's for theirs, one for ours'}.
*Potential*: the sum of squared distances to the nearest seed, its mean over the seeds; times are their medians, in turns. The
random numbers differ, so the two means agree but for chance. This engine ${multipliesBytes() ? 'adds' : 'does not add'} up products of bytes in
one instruction, which our estimates use where there is one.`,
        formatTable(header, rows),
      ],
      versions: await server.versions(),
    },
    options.write,
  );
} finally {
  server.close();
}

interface Seeding {
  seconds: number;
  potential: number;
}

async function measure(shape: Shape): Promise<string[]> {
  const { n, d, k, kind } = shape;
  const problem = makeProblem(shape);
  await server.load(problem);
  // Labels are those of `assign`, not of a tree that has been planted.
  const { run } = prepareFit(problem, 'lloyd');

  now(plusPlus(run, createRandom(0)));
  const ours: Seeding[] = [];
  const theirs: Seeding[] = [];
  const start = performance.now();
  for (let seed = 0; seed < Number(options.seeds) && performance.now() - start < 1000 * limit; seed++) {
    const time = await machine.undisturbed(() => seconds(() => now(plusPlus(run, createRandom(seed)))));
    now(run.assign());
    ours.push({ seconds: time, potential: now(run.inertia()) });
    theirs.push(await machine.undisturbed(() => server.seed(k, seed)));
  }
  const mean = (all: readonly Seeding[]) => all.reduce((sum, { potential }) => sum + potential, 0) / all.length;
  const middle = (all: readonly Seeding[]) => median(all.map((one) => one.seconds));
  const [we, they] = [mean(ours), mean(theirs)];
  return [
    ...[n, d, k].map(String),
    kind,
    String(ours.length),
    milliseconds(middle(theirs)),
    milliseconds(middle(ours)),
    times(middle(theirs) / middle(ours)),
    digits(they, 5),
    digits(we, 5),
    (we / they).toFixed(4),
  ];
}
