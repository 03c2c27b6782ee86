// How time grows with the number of samples, and what that says of more cores and more data: npm run bench:scale
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { dispose, type KMeansOptions, kmeans, kmeansAsync } from '../src/index.js';
import { AWAKE, awake, interleaved, SHORT_RUN, seconds, secondsOf } from './clock.js';
import { makeProblem, type Problem } from './data.js';
import { publish } from './report.js';
import { bytesMoved, type Costs, type Measured, predict, solve } from './scale/model.js';
import { digits, formatTable, milliseconds, times } from './table.js';

const { values: options } = parseArgs({
  options: {
    /** Leaves out what takes long: the last sizes. */
    short: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(Math.max(2, availableParallelism())) },
    repeats: { type: 'string', default: '5' },
    /** Divides the samples of every size: to see that it works. */
    divide: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

const [D, K, ITERATIONS] = [8, 32, 11];
const SIZES = [1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7].map((n) => Math.ceil(n / Number(options.divide)));
/** The model is made of these two, and predicts the others. */
const [SMALL, LARGE] = [SIZES[1]!, SIZES[4]!];

/** Milliseconds; a fit at least. */
const WARM_UP = 1000;

const threads = Number(options.threads);
const repeats = Number(options.repeats);
const sizes = options.short ? SIZES.slice(0, 6) : SIZES;

const measured: Measured[] = [];
const byAuto: number[] = [];
for (const n of sizes) {
  const problem = makeProblem({ kind: 'overlapping', n, d: D, k: K, precision: 'float32' });
  measured.push(await measure(problem));
  byAuto.push(await timeAuto(problem));
  console.log(`${n}: ${milliseconds(measured.at(-1)!.one.all)} ms`);
}
dispose();
const at = (n: number) => measured.find((one) => one.n === n)!;
const costs = solve(at(SMALL), at(LARGE));
publish(
  {
    part: 'scale',
    title: 'More samples',
    body: [
      `Overlapping blobs of ${D} features, float32, k ${K}, from given rows, copying included; in turns, medians of ${repeats} (fewer where a
run takes more than three seconds), runs of less than ${SHORT_RUN} s after others of their kind have gone on for ${AWAKE} ms. Lloyd's algorithm with ${ITERATIONS} iterations by the calling thread (\`kmeans\`) and by ${threads} threads
(\`kmeansAsync\`), and what 'auto' takes by the calling thread; beside them nanoseconds for a sample and an iteration, and the
time by what the model below predicts.`,
      sizeTable(),
      verdict(),
      modelText(costs),
      forecast(costs),
    ],
  },
  options.write,
);

function optionsFor({ start }: Problem, maxIter: number): KMeansOptions {
  return { nFeatures: D, init: start, tol: 0, maxIter, algorithm: 'lloyd' };
}

async function measure(problem: Problem): Promise<Measured> {
  const { values, n } = problem;
  const [first, all] = [optionsFor(problem, 1), optionsFor(problem, ITERATIONS)];
  const asynchronous = (given: KMeansOptions) => () => secondsOf(() => kmeansAsync(values, K, { ...given, threads }));
  // Until the engine has put optimised kernels in place, and memory has grown.
  for (const end = performance.now() + WARM_UP; performance.now() < end; ) {
    kmeans(values, K, all);
    await asynchronous(all)();
  }
  const timings = await interleaved(
    [
      { name: 'one first', run: () => seconds(() => kmeans(values, K, first)) },
      { name: 'one all', run: () => seconds(() => kmeans(values, K, all)) },
      { name: 'many first', run: asynchronous(first) },
      { name: 'many all', run: asynchronous(all) },
    ].map(awake),
    repeats,
  );
  const times = (who: string) => ({ first: timings[`${who} first`]!.median, all: timings[`${who} all`]!.median });
  return { n, threads, iterations: ITERATIONS, one: times('one'), many: times('many') };
}

async function timeAuto(problem: Problem): Promise<number> {
  const given = { ...optionsFor(problem, ITERATIONS), algorithm: 'auto' } as const;
  const timings = await interleaved(
    [awake({ name: 'auto', run: () => seconds(() => kmeans(problem.values, K, given)) })],
    Math.min(3, repeats),
  );
  return timings.auto!.median;
}

function nanoseconds(time: number, n: number): string {
  return digits((time / n / ITERATIONS) * 1e9);
}

function sizeTable(): string {
  const rows = measured.map(({ n, one, many }, i) => [
    String(n),
    milliseconds(one.all),
    nanoseconds(one.all, n),
    digits(one.all / predict(costs, n, ITERATIONS, 1)),
    milliseconds(many.all),
    nanoseconds(many.all, n),
    digits(many.all / predict(costs, n, ITERATIONS, threads)),
    times(one.all / many.all),
    milliseconds(byAuto[i]!),
  ]);
  const many = `${threads} threads`;
  return formatTable(
    ['n', 'one thread, ms', 'ns', 'by the model', `${many}, ms`, 'ns', 'by the model', 'ratio', 'auto, ms'],
    rows,
  );
}

function verdict(): string {
  const each = measured.map(({ n, one }) => one.all / n);
  return `From the cheapest to the dearest size, a sample's time differs by a factor of **${digits(Math.max(...each) / Math.min(...each))}** (one thread).`;
}

function modelText({ copying, preparing, comparing, turning }: Costs): string {
  const ns = (time: number) => `${digits(time * 1e9)} ns`;
  return `The model: n samples and i iterations by t threads take n · (copying + preparing ÷ t) + i · (n · comparing ÷ t + turning).
Solved from n = ${SMALL} and ${LARGE}: copying into memory, by the calling thread, ${ns(copying)} a sample; preparing (statistics, centring, the
comparison behind the result) ${ns(preparing)}; comparing and adding up ${ns(comparing)}, ${digits((2 * D * K) / comparing / 1e9)} GFLOP/s; turning, which is centroids and the
handing over of passes, ${digits(turning * 1e6)} µs an iteration. It leaves out memory: an iteration moves ${bytesMoved(D)} bytes of a sample.`;
}

function forecast(costs: Costs): string {
  const cases = [
    [1e6, 1],
    [1e6, 16],
    [3e7, 16],
    [1e9, 1],
    [1e9, 16],
  ] as const;
  const rows = cases.map(([n, cores]) => {
    const total = predict(costs, n, 100, cores);
    const share = (time: number) => `${digits((100 * time) / total, 2)} %`;
    return [
      n.toExponential(0),
      String(cores),
      digits(total),
      share(n * costs.copying),
      share((n * costs.preparing) / cores),
      share((100 * n * costs.comparing) / cores),
      share(100 * costs.turning),
      digits((bytesMoved(D) * cores) / costs.comparing / 1e9),
    ];
  });
  const table = formatTable(
    ['n', 'cores', 'seconds', 'copying', 'preparing', 'comparing', 'turning', 'GB/s of memory'],
    rows,
  );
  return `What it says of 100 iterations, and the memory traffic that so many cores at that speed ask for; where a machine has less, that is
the limit. 10⁹ samples of ${D} features are 32 GB, in several memories or as a stream.

${table}`;
}
