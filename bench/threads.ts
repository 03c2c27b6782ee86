// Worker threads beside the calling thread: npm run bench:threads
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  dispose,
  type Elbow,
  elbow,
  elbowAsync,
  type KMeansAsyncOptions,
  type KMeansOptions,
  type KMeansResult,
  kmeans,
  kmeansAsync,
} from '../src/index.js';
import { algorithmsFor } from './algorithms.js';
import { Apart, type Job } from './apart.js';
import { AWAKE, awake, interleaved, median, SHORT_RUN, secondsOf } from './clock.js';
import { divided, makeProblem, type Problem, type Shape, shapeName, shapeOf, toConvergence } from './data.js';
import { publish } from './report.js';
import { formatTable, milliseconds, times } from './table.js';

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    /** Only shapes whose name, such as 'uniform 20000x2 k8 float32', matches this regular expression. */
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: String(availableParallelism()) },
    repeats: { type: 'string' },
    /** Divides the samples of every shape: to see that it works. */
    divide: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

const CORE = 'dist/esm/index.js';
if (!existsSync(CORE)) {
  console.error(`${CORE} is missing: run "npm run build" first`);
  process.exit(1);
}

const threads = Number(options.threads);
const repeats = Number(options.repeats ?? (options.short ? 3 : 5));
const shape = (...sizes: Parameters<typeof shapeOf>) => divided(shapeOf(...sizes), Number(options.divide));
const SHORT = [
  shape('uniform', 500_000, 2, 50),
  shape('overlapping', 200_000, 16, 64),
  shape('uniform', 50_000, 128, 256),
];
const MORE = [
  shape('overlapping', 2_000_000, 2, 10),
  shape('uniform', 2_000_000, 3, 100),
  shape('uniform', 300_000, 8, 100),
  shape('overlapping', 20_000, 768, 100),
];
const wanted = (one: Shape) => new RegExp(options.only).test(shapeName(one));
const shapes = [...SHORT, ...(options.short ? [] : MORE)].filter(wanted);

/** What takes from a few milliseconds to some hundred. */
const afterRest = [
  shape('separated', 46_000, 2, 256),
  shape('overlapping', 100_000, 2, 100),
  shape('uniform', 30_000, 3, 256),
  shape('overlapping', 56_000, 3, 256),
  shape('uniform', 100_000, 3, 256),
].filter(wanted);
const REST = 300;

/** So many that trees of boxes take their time, too. */
const boxes = [shape('uniform', 4_000_000, 2, 50)].filter(wanted);

const runs: Calls = {
  here: ({ values, k }, options) => kmeans(values, k, options),
  there: ({ values, k }, options) => kmeansAsync(values, k, options),
  job: ({ k }, options) => ['kmeans', k, options],
};
const elbows: Calls = {
  here: ({ values }, options) => elbow(values, options),
  there: ({ values }, options) => elbowAsync(values, options),
  job: (_, options) => ['elbow', options],
};

const header = ['n', 'd', 'k', 'data', 'work', 'calling thread', '1 worker', `${threads} workers`, 'ratio', 'apart'];
const apart = new Apart(threads, CORE);
const rows: string[][] = [];
for (const one of shapes) {
  const problem = makeProblem(one);
  for (const algorithm of algorithmsFor(problem.d))
    rows.push(await measure(problem, algorithm, { ...toConvergence(problem), maxIter: 40, algorithm }));
  rows.push(await measure(problem, 'k-means++', { nFeatures: problem.d, maxIter: 1 }));
}
for (const one of boxes) {
  const problem = makeProblem(one);
  rows.push(await measure(problem, 'filtering', { ...toConvergence(problem), maxIter: 40, algorithm: 'filtering' }));
}
const several = [
  shape('overlapping', 10_000, 4, 32),
  shape('overlapping', 20_000, 8, 64),
  shape('overlapping', 50_000, 32, 64),
].filter(wanted);
for (const one of several) {
  const problem = makeProblem(one);
  const given = { nFeatures: problem.d, maxIter: 50 };
  rows.push(await measure(problem, '10 runs', { ...given, init: 'random' }));
  rows.push(await measure(problem, '10 of k-means++', { ...given, nInit: 10 }));
  rows.push(await measure(problem, 'k 1 to 10', given, elbows));
}
const rested: string[][] = [];
for (const one of afterRest) {
  const problem = makeProblem(one);
  rested.push(await measure(problem, 'filtering', toConvergence(problem), runs, REST));
}
dispose();
await apart.end();
const first = firstCall();
publish(
  {
    part: 'threads',
    title: 'Threads',
    body: [
      `Milliseconds of \`kmeans\`, and of \`kmeansAsync\` by one and by ${threads} worker threads, from a flat typed array, copying
included: 40 iterations from given rows at the most, and k-means++ with one iteration; restarts and elbows, which go on side by
side, the calling thread being one of the threads; in turns, medians of ${repeats}, runs of less than ${SHORT_RUN} s after others of
their kind have gone on for ${AWAKE} ms. All give the same bits. *Ratio*: the
calling thread's time by that of ${threads} workers. *Apart*: how much more than one thread the machine lets ${threads} do that share
nothing, each doing the whole job with a library and a copy of the data of its own, in the same turns.`,
      formatTable(header, rows),
      `To convergence, each after a rest of ${REST} ms, by as many threads as \`kmeansAsync\` takes of itself: where there is little to do
in a pass it stays on the calling thread. *Apart* tells after how much work the system gives threads that were idle ${threads}
processors.`,
      formatTable([...header.slice(0, 7), 'as it comes', ...header.slice(8)], rested),
      first,
    ],
  },
  options.write,
);

interface Calls {
  here(problem: Problem, options: KMeansOptions): KMeansResult | Elbow;
  there(problem: Problem, options: KMeansAsyncOptions): Promise<KMeansResult | Elbow>;
  /** What `here` does, for threads apart. */
  job(problem: Problem, options: KMeansOptions): Job;
}

async function measure(
  problem: Problem,
  work: string,
  given: KMeansOptions,
  { here, there, job }: Calls = runs,
  rest = 0,
): Promise<string[]> {
  const { n, d, k, kind } = problem;
  const found: string[] = [];
  const contender = (name: string, call: () => ReturnType<Calls['here'] | Calls['there']>) => ({
    name,
    run: () =>
      secondsOf(async () => {
        const result = await call();
        found.push(String('inertia' in result ? result.inertia : result.inertias));
      }),
  });
  await apart.load(problem.values);
  const contenders = [
    contender('here', () => here(problem, given)),
    contender('one', () => there(problem, { ...given, threads: 1 })),
    contender('all', () => there(problem, rest ? given : { ...given, threads })),
    { name: 'apart', run: () => secondsOf(() => apart.run(job(problem, given))) },
  ];
  const timings = await interleaved(
    contenders.map(({ name, run }) => (rest ? { name, run: () => setTimeout(rest).then(run) } : awake({ name, run }))),
    repeats,
  );
  if (found.some((inertia) => inertia !== found[0])) throw new Error(`threads differ at ${work}`);
  const medians = [timings.here!, timings.one!, timings.all!].map((timing) => timing.median);
  const machine = (threads * medians[0]!) / timings.apart!.median;
  return [
    ...[n, d, k].map(String),
    ...[kind, work],
    ...medians.map(milliseconds),
    ...[medians[0]! / medians[2]!, machine].map(times),
  ];
}

/** What the first asynchronous call of a process takes, and later calls that are tiny. */
function firstCall(): string {
  const source = `const { kmeans, kmeansAsync, makeBlobs } = await import('${pathToFileURL(CORE).href}');
    const { data } = makeBlobs({ nSamples: 100, centers: 4, seed: 1 });
    const time = async (run) => { const start = performance.now(); await run(); return performance.now() - start; };
    const started = await time(() => kmeansAsync(data, 4, { threads: ${threads} }));
    for (let i = 0; i < 2000; i++) { kmeans(data, 4); await kmeansAsync(data, 4); }
    const tiny = [kmeans, kmeansAsync].map(async (call) => {
      const all = [];
      for (let i = 0; i < 500; i++) all.push(await time(() => call(data, 4)));
      return all.sort((a, b) => a - b)[250];
    });
    console.log(JSON.stringify([started, await tiny[0], await tiny[1]]));`;
  const runs = Array.from({ length: repeats }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as number[];
  });
  const [started, here, there] = [0, 1, 2].map((c) => median(runs.map((run) => run[c]!)) / 1000);
  return `The first call of a process, which compiles the kernels and starts ${threads} workers: ${milliseconds(started!)} ms. 100 × 2, k 4,
warm: ${milliseconds(here!)} ms by \`kmeans\`, ${milliseconds(there!)} ms by \`kmeansAsync\`, which leaves work of this size where it is.`;
}
