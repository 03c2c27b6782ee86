// MiniBatchKMeans beside scikit-learn's: npm run bench:minibatch
import { parseArgs } from 'node:util';
import { MiniBatchKMeans } from '../src/index.js';
import { interleaved, median } from './clock.js';
import { divided, makeProblem, pixelCount, type Shape } from './data.js';
import { startPython } from './native/server.js';
import { publish } from './report.js';
import { digits, formatTable, milliseconds, times } from './table.js';

const { values: options } = parseArgs({
  options: {
    /** Seeds whose inertias are averaged. */
    seeds: { type: 'string', default: '20' },
    batch: { type: 'string', default: '1024' },
    /** Divides samples and clusters: to see that it works. */
    divide: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

const SHAPES: readonly Shape[] = [
  { kind: 'pixels', n: pixelCount, d: 3, k: 64, precision: 'float32' },
  { kind: 'overlapping', n: 100_000, d: 16, k: 64, precision: 'float32' },
  { kind: 'uniform', n: 50_000, d: 64, k: 100, precision: 'float32' },
];

const batch = Number(options.batch);
const server = startPython(Number(options.threads));
try {
  const rows: string[][] = [];
  for (const shape of SHAPES) {
    const by = Number(options.divide);
    rows.push(await measure({ ...divided(shape, by), k: Math.ceil(shape.k / by) }));
  }
  const header = ['n', 'd', 'k', 'data', 'sklearn steps', 'ours', 'sklearn ms', 'ours ms', 'ratio'];
  publish(
    {
      part: 'minibatch',
      title: 'Mini-batches',
      body: [
        `\`MiniBatchKMeans\` of scikit-learn and ours, batches of ${batch}, all else as it comes, float32, from a flat typed array, copying
and final labels included, ${options.threads === '1' ? 'one thread' : `${options.threads} threads for theirs, one for ours`}. Each runs once for each of ${options.seeds} seeds, in turns: medians of times and steps, means of the
inertia. The random numbers differ.`,
        formatTable([...header, 'sklearn inertia', 'ours', 'ours / theirs'], rows),
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
  const found = { ours: [] as number[], theirs: [] as number[] };
  const steps = { ours: [] as number[], theirs: [] as number[] };
  const ours = (seed: number) => {
    const start = performance.now();
    const { inertia, nSteps } = new MiniBatchKMeans({ k, seed, nFeatures: d, batchSize: batch }).fit(problem.values);
    return { seconds: (performance.now() - start) / 1000, inertia, steps: nSteps };
  };
  // Warm on both sides before anything counts.
  for (let seed = 100; seed < 103; seed++) {
    ours(seed);
    await server.miniBatch(k, seed, batch);
  }
  const keep = (side: 'ours' | 'theirs', fit: { seconds: number; inertia: number; steps: number }) => {
    found[side].push(fit.inertia);
    steps[side].push(fit.steps);
    return fit.seconds;
  };
  const timings = await interleaved(
    [
      { name: 'ours', run: () => keep('ours', ours(found.ours.length)) },
      { name: 'theirs', run: async () => keep('theirs', await server.miniBatch(k, found.theirs.length, batch)) },
    ],
    Number(options.seeds),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [we, they] = [mean(found.ours), mean(found.theirs)];
  return [
    ...[n, d, k].map(String),
    kind,
    digits(median(steps.theirs)),
    digits(median(steps.ours)),
    milliseconds(timings.theirs!.median),
    milliseconds(timings.ours!.median),
    times(timings.theirs!.median / timings.ours!.median),
    digits(they, 6),
    digits(we, 6),
    (we / they).toFixed(4),
  ];
}
