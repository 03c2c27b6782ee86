// Whole fits through the public API, each algorithm: npm run bench:fit
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { ALGORITHMS } from '../src/algorithms/choose.js';
import { type KMeansResult, kmeans } from '../src/index.js';
import { type Contender, interleaved, seconds } from './clock.js';
import { divided, makeProblem, type Problem, type Shape, shapeName, shapeOf, toConvergence } from './data.js';
import { fiveShapes } from './native/cells.js';
import { publish } from './report.js';
import { digits, formatTable, milliseconds } from './table.js';

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    /** Only shapes whose name, such as 'uniform 20000x2 k8 float32', matches this regular expression. */
    only: { type: 'string', default: '' },
    algorithms: { type: 'string', default: ['auto', ...ALGORITHMS].join() },
    repeats: { type: 'string' },
    /** Divides the samples of every shape: to see that it works. */
    divide: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

type Algorithm = 'auto' | (typeof ALGORITHMS)[number];

const algorithms = options.algorithms.split(',') as Algorithm[];
const repeats = Number(options.repeats ?? (options.short ? 3 : 5));

const MILESTONE = [shapeOf('overlapping', 100_000, 2, 10), fiveShapes[2]!, fiveShapes[3]!];
const MORE = [
  shapeOf('overlapping', 1_000_000, 2, 8),
  shapeOf('uniform', 100_000, 3, 256),
  shapeOf('separated', 200_000, 8, 32),
  shapeOf('uniform', 50_000, 8, 100),
  shapeOf('uniform', 20_000, 32, 1000),
];
const doubles: Shape[] = MILESTONE.map((shape) => ({ ...shape, precision: 'float64' }));

const chosen = (options.short ? MILESTONE : [...new Set([...MILESTONE, ...fiveShapes, ...MORE, ...doubles])])
  .filter((shape) => new RegExp(options.only).test(shapeName(shape)))
  .map((shape) => divided(shape, Number(options.divide)));
const rows: string[][] = [];
for (const shape of chosen) rows.push(await measure(makeProblem(shape)));

const tiny = await timeTiny();
const header = ['n', 'd', 'k', 'data', 'precision', 'iterations', 'inertia', ...algorithms, "'auto' took"];
publish(
  {
    part: 'fit',
    title: 'Whole fits',
    body: [
      `Milliseconds of \`kmeans()\` from given starting rows until no label changes (300 iterations at the most), from a flat
typed array, copying included, on one thread; medians of ${repeats}, algorithms in turns. All algorithms give the same bits.`,
      formatTable(header, rows),
      `300 × 4 \`number[][]\`, k 3, given start, warm: ${tiny}.`,
    ],
  },
  options.write,
);

async function measure(problem: Problem): Promise<string[]> {
  const { n, d, k, kind, precision, values } = problem;
  const results = new Map<Algorithm, KMeansResult>();
  const contenders = algorithms.map(
    (algorithm): Contender => ({
      name: algorithm,
      run: () => {
        const cluster = () => kmeans(values, k, { ...toConvergence(problem), algorithm });
        return seconds(() => results.set(algorithm, cluster()));
      },
    }),
  );
  const timings = await interleaved(contenders, repeats);
  const all = [...results.values()];
  const differs = all.some(
    ({ inertia, iterations }) => inertia !== all[0]!.inertia || iterations !== all[0]!.iterations,
  );
  if (differs) throw new Error(`algorithms disagree at ${shapeName(problem)}`);
  return [
    ...[n, d, k].map(String),
    kind,
    precision,
    String(all[0]!.iterations),
    digits(all[0]!.inertia, 7),
    ...algorithms.map((name) => timings[name]!.failure ?? milliseconds(timings[name]!.median)),
    results.get('auto')?.algorithm ?? '–',
  ];
}

/** The smallest that people cluster: what a call costs beside its work. */
async function timeTiny(): Promise<string> {
  const problem = makeProblem({ kind: 'overlapping', n: 300, d: 4, k: 3, precision: 'float64' });
  const data = Array.from({ length: 300 }, (_, i) => Array.from(problem.values.subarray(4 * i, 4 * i + 4)));
  const init = Array.from({ length: 3 }, (_, j) => Array.from(problem.start.subarray(4 * j, 4 * j + 4)));
  const { iterations } = kmeans(data, 3, { init });
  const bench = new Bench({ time: 500, warmupTime: 300, throws: true });
  bench.add('tiny', () => kmeans(data, 3, { init }));
  await bench.run();
  const { result } = bench.tasks[0]!;
  return `${digits('latency' in result ? result.latency.p50 : Number.NaN)} ms for ${iterations} iterations`;
}
