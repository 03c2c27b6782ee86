// Greedy k-means++ beside scikit-learn's: npm run bench:seeding
import { parseArgs } from 'node:util';
import { now } from '../src/backend/pass.js';
import { createRandom } from '../src/random.js';
import { plusPlus } from '../src/seeding/plus-plus.js';
import { interleaved, seconds } from './clock.js';
import { makeProblem, type Shape } from './data.js';
import { missingPython, PythonServer } from './native/server.js';
import { prepareFit } from './prepared.js';
import { publish } from './report.js';
import { digits, formatTable, milliseconds, times } from './table.js';

const { values: options } = parseArgs({
  options: {
    /** Seeds whose potentials are averaged. */
    seeds: { type: 'string', default: '20' },
    repeats: { type: 'string', default: '5' },
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

const missing = missingPython();
if (missing) {
  console.error(missing);
  process.exit(1);
}
const server = new PythonServer(Number(options.threads));
try {
  const rows: string[][] = [];
  for (const [n, d, k] of SIZES)
    for (const kind of ['overlapping', 'uniform'] as const) {
      const by = Number(options.divide);
      rows.push(await measure({ kind, n: Math.ceil(n / by), d, k: Math.ceil(k / by), precision: 'float32' }));
    }
  const header = [
    'n',
    'd',
    'k',
    'data',
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
*Potential*: the sum of squared distances to the nearest seed, its mean over ${options.seeds} seeds. The random numbers differ, so the
two means agree but for chance.`,
        formatTable(header, rows),
      ],
      versions: await server.versions(),
    },
    options.write,
  );
} finally {
  server.close();
}

async function measure(shape: Shape): Promise<string[]> {
  const { n, d, k, kind } = shape;
  const problem = makeProblem(shape);
  await server.load(problem);
  const { run } = prepareFit(problem);

  const potentials = { ours: [] as number[], theirs: [] as number[] };
  const ours = (seed: number) => seconds(() => now(plusPlus(run, createRandom(seed))));
  const theirs = async (seed: number) => await server.seed(k, seed);
  for (let seed = 0; seed < Number(options.seeds); seed++) {
    now(plusPlus(run, createRandom(seed)));
    now(run.assign());
    potentials.ours.push(now(run.inertia()));
    potentials.theirs.push((await theirs(seed)).potential);
  }
  const timings = await interleaved(
    [
      { name: 'ours', run: () => ours(1) },
      { name: 'theirs', run: async () => (await theirs(1)).seconds },
    ],
    Number(options.repeats),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [we, they] = [mean(potentials.ours), mean(potentials.theirs)];
  return [
    ...[n, d, k].map(String),
    kind,
    milliseconds(timings.theirs!.median),
    milliseconds(timings.ours!.median),
    times(timings.theirs!.median / timings.ours!.median),
    digits(they, 5),
    digits(we, 5),
    (we / they).toFixed(4),
  ];
}
