// Whole fits against scikit-learn and FAISS, in turns: npm run bench:native -- --short
import { parseArgs } from 'node:util';
import { type KMeansOptions, type KMeansResult, kmeans, kmeansAsync } from '../src/index.js';
import { nativeChart } from './charts.js';
import { awake, interleaved, secondsOf } from './clock.js';
import { divided, makeProblem, type Problem, type Shape, shapeName, toConvergence } from './data.js';
import { allShapes, fiveShapes, shortShapes } from './native/cells.js';
import { type CellResult, readResults, saveResult } from './native/results.js';
import { type Rival, startPython } from './native/server.js';
import { describeCell, nativeReport } from './native/summary.js';
import { commit, publish } from './report.js';

const { values: options } = parseArgs({
  options: {
    /** Only cells whose name, such as 'uniform 2000000x2 k8 float32', matches this regular expression. */
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    five: { type: 'boolean', default: false },
    /** Cells measured earlier are not measured again. */
    resume: { type: 'boolean', default: false },
    /** Theirs and ours; ours by worker threads where there are several. */
    threads: { type: 'string', default: '1' },
    float64: { type: 'boolean', default: false },
    repeats: { type: 'string', default: '5' },
    /** Seconds: a run that takes longer is not repeated. */
    once: { type: 'string', default: '10' },
    /** Ours. */
    algorithm: { type: 'string', default: 'auto' },
    /** Divides the samples of every cell: to see that it works. */
    divide: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

/** Milliseconds: threads of theirs go on looking for work for a while after they are done. */
const REST = 300;

/** Milliseconds of fits of ours that are not timed: engines optimise kernels in the first calls. */
const WARM = 200;

const threads = Number(options.threads);
const shapes = chosenShapes();
const server = startPython(threads);
try {
  const results: CellResult[] = [];
  for (const shape of shapes) {
    const earlier = options.resume ? readResults()[keyOf(shape)] : undefined;
    const result = earlier ?? (await measure(makeProblem(shape)));
    if (!earlier) saveResult(keyOf(shape), result);
    results.push(result);
    console.log(describeCell(result));
  }
  const report = nativeReport(results, await server.versions());
  publish(report, options.write);
  if (options.write && report.part === 'native') await nativeChart(results);
} finally {
  server.close();
}

function chosenShapes(): Shape[] {
  const set = options.five ? fiveShapes : options.short ? shortShapes : allShapes;
  const wanted = new RegExp(options.only ?? '');
  const shapes = set
    .filter((shape) => wanted.test(shapeName(shape)))
    .map(
      (shape): Shape => ({
        ...divided(shape, Number(options.divide)),
        precision: options.float64 ? 'float64' : 'float32',
      }),
    )
    .filter(({ n, k }) => n >= k);
  if (shapes.length > 0) return shapes;
  console.error(`no cell's name matches /${options.only}/; names look like '${shapeName(allShapes[0]!)}'`);
  process.exit(1);
}

function keyOf(shape: Shape): string {
  return `${shapeName(shape)} ${threads} threads ${options.algorithm}`;
}

async function measure(problem: Problem): Promise<CellResult> {
  await server.load(problem);
  const { kind, n, d, k, precision, values } = problem;
  const algorithm = options.algorithm as KMeansOptions['algorithm'];
  const limits = (maxIter: number) => ({ ...toConvergence(problem), algorithm, maxIter });
  const cluster = async (maxIter: number) =>
    threads === 1 ? kmeans(values, k, limits(maxIter)) : kmeansAsync(values, k, limits(maxIter));

  // The first fits are not timed: they tell how far all agree. Where rounding sends them different ways, what is timed is
  // as many iterations as the one that converges first takes.
  const ours = await cluster(300);
  const lloyd = await server.fit('lloyd', 300, true);
  const agreement = agreementOf(ours.labels, server.labels());
  const iterations = Math.min(ours.iterations, lloyd.iterations);
  for (const began = performance.now(); performance.now() - began < WARM; ) await cluster(iterations);
  const rivals: Rival[] = precision === 'float32' ? ['lloyd', 'elkan', 'faiss'] : ['lloyd', 'elkan'];
  const contenders = [
    { name: 'ours', run: () => secondsOf(() => cluster(iterations)), rest: REST },
    ...rivals.map((by) => ({ name: by, run: async () => (await server.fit(by, iterations)).seconds })),
  ];
  const timings = await interleaved(
    threads > 1 ? contenders.map(awake) : contenders,
    Number(options.repeats),
    Number(options.once),
  );
  return {
    ...{ kind, n, d, k, precision, threads, iterations, agreement },
    timings: timings as CellResult['timings'],
    excess: ours.inertia === lloyd.inertia ? 0 : ours.inertia / lloyd.inertia - 1,
    algorithm: ours.algorithm,
    commit: commit(),
  };
}

/** Share of samples with the same label. */
function agreementOf(a: KMeansResult['labels'], b: Int32Array): number {
  let same = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) same++;
  return same / a.length;
}
