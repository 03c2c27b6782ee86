// Which algorithm is fastest where: the measurements behind 'auto'. npm run bench:sweep
import { ALGORITHMS, type AlgorithmName } from '../src/algorithms/choose.js';
import { kmeans } from '../src/index.js';
import { algorithmsFor } from './algorithms.js';
import { interleaved, seconds } from './clock.js';
import { type Kind, makeProblem, type Shape, toConvergence } from './data.js';
import { measureGrid, options, precision } from './grid.js';
import { publish } from './report.js';
import { formatTable, milliseconds } from './table.js';

const KINDS: readonly Kind[] = ['separated', 'overlapping', 'uniform'];
const DIMENSIONS = [1, 2, 3, 4, 5, 8, 16, 24, 32, 64, 128, 384];
const CLUSTERS = [3, 8, 16, 32, 64, 256];

const rows = await measureGrid({ dimensions: DIMENSIONS, clusters: CLUSTERS, kinds: KINDS, least: 4 }, measure);
publish(
  {
    part: options.float64 ? 'sweep-float64' : 'sweep',
    title: `Algorithms by shape, ${precision}`,
    command: 'sweep',
    body: [
      `Milliseconds of \`kmeans()\` from given starting rows until no label changes (60 iterations at the most), ${precision}, one
thread, medians of ${options.repeats} in turns. *Loss*: what \`'auto'\` takes beyond the fastest.`,
      formatTable(['n', 'd', 'k', 'data', ...ALGORITHMS, 'fastest', "'auto' took", 'loss'], rows),
    ],
  },
  options.write,
);

async function measure(shape: Shape): Promise<string[]> {
  const problem = makeProblem(shape);
  const run = (algorithm: 'auto' | AlgorithmName) =>
    kmeans(problem.values, shape.k, { ...toConvergence(problem), maxIter: 60, algorithm });
  const auto = run('auto').algorithm;
  const algorithms = algorithmsFor(shape.d);
  const times = await interleaved(
    algorithms.map((algorithm) => ({ name: algorithm, run: () => seconds(() => run(algorithm)) })),
    Number(options.repeats),
  );
  const of = (algorithm: string) => times[algorithm]!.median;
  const fastest = algorithms.reduce((a, b) => (of(b) < of(a) ? b : a));
  const loss = of(auto) / of(fastest) - 1;
  const { n, d, k, kind } = shape;
  return [
    n,
    d,
    k,
    kind,
    ...ALGORITHMS.map((name) => (times[name] ? milliseconds(of(name)) : '–')),
    fastest,
    auto,
    `${(100 * loss).toFixed(0)} %`,
  ].map(String);
}
