// Samples in several memories: 6 GB of them, and workers that share no memory beside those that do: npm run bench:memories
import { parseArgs } from 'node:util';
import { memoryLimit } from '../src/backend/workspace.js';
import { dispose, KMeans, type KMeansResult, kmeans, kmeansAsync } from '../src/index.js';
import { createRandom } from '../src/random.js';
import { type Contender, interleaved, secondsOf } from './clock.js';
import { makeProblem, toConvergence } from './data.js';
import { publish } from './report.js';
import { digits, formatTable, milliseconds, times } from './table.js';

const { values: options } = parseArgs({
  options: {
    /** Divides the samples: to see that it works. */
    divide: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    repeats: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
});

const divide = Number(options.divide);
const threads = Number(options.threads);
const GIB = 2 ** 30;

const compared = await compareWays();
const large = await clusterLarge();
publish(
  {
    part: 'memories',
    title: 'Separate memories',
    body: [...large, ...compared],
  },
  options.write,
);

/** More than one memory holds: by `kmeansAsync`, and by a stream of the same samples, which gives the same bits. */
async function clusterLarge(): Promise<string[]> {
  const [n, d, k, maxIter] = [Math.ceil(48e6 / divide), 32, 8, 4];
  const data = fill(new Float32Array(n * d), d, k);
  // Rows of the same blob, so that there is something to do.
  const init = Array.from({ length: k }, (_, j) => data.slice(j * k * d, (j * k + 1) * d));
  const clustering = { init, maxIter, tol: 0, nFeatures: d };

  const rest = process.memoryUsage.rss();
  let resident = rest;
  const watch = setInterval(() => {
    resident = Math.max(resident, process.memoryUsage.rss());
  }, 50);
  const start = performance.now();
  const copied: number[] = [];
  const onProgress = () => void copied.push(performance.now());
  const result = await kmeansAsync(data, k, { ...clustering, threads, onProgress });
  const seconds = (performance.now() - start) / 1000;
  clearInterval(watch);

  const source = function* () {
    const rows = 2 ** 15;
    for (let i = 0; i < n; i += rows) yield data.subarray(i * d, Math.min(i + rows, n) * d);
  };
  const streamStart = performance.now();
  const model = await new KMeans({ k, ...clustering }).fitStream(source);
  const streamed = (performance.now() - streamStart) / 1000;
  const same =
    model.inertia === result.inertia &&
    model.centroids.every((row, j) => row.every((value, f) => value === result.centroids[j]![f]));
  if (!same) throw new Error(`the stream found another clustering: ${model.inertia}, not ${result.inertia}`);

  const header = [
    'n',
    'd',
    'k',
    'input, GiB',
    'beyond it, GiB',
    'to the end of iteration 1, s',
    'in all, s',
    'as a stream, s',
  ];
  const first = (copied[0]! - start) / 1000;
  const row = [n, d, k].map(String);
  const figures = [data.byteLength / GIB, (resident - rest) / GIB, first, seconds, streamed].map((value) =>
    digits(value),
  );
  return [
    `${result.iterations} iterations from given rows, float32, by \`${result.algorithm}\` in ${result.threads} workers with memories of their own.
*Beyond it*: by how much the resident memory of the process rose above what it was with the input in place: the samples once more,
with labels, distances and bounds. *As a stream*: \`fitStream\` from the same rows, on the calling thread; centroids and inertia have
the same bits. The operating system takes ${digits(freshMemory())} s to give a GiB of memory that nobody has touched before.`,
    formatTable(header, [[...row, ...figures]]),
  ];
}

/** Seconds to write to a GiB for the first time. */
function freshMemory(): number {
  const bytes = new Uint8Array(new WebAssembly.Memory({ initial: GIB / 2 ** 18 }).buffer);
  const start = performance.now();
  bytes.fill(1);
  return ((performance.now() - start) / 1000) * (GIB / bytes.length);
}

/** Workers over one memory, workers with memories of their own, and the calling thread. */
async function compareWays(): Promise<string[]> {
  const problem = makeProblem({ kind: 'overlapping', n: Math.ceil(1e6 / divide), d: 16, k: 64, precision: 'float32' });
  const { values, n, d, k } = problem;
  const given = { ...toConvergence(problem), maxIter: 20 };
  const found: KMeansResult[] = [];
  const contender = (name: string, run: () => KMeansResult | Promise<KMeansResult>): Contender => ({
    name,
    run: () =>
      secondsOf(async () => {
        found.push(await run());
      }),
  });
  /** Where one memory is too little for all samples. */
  const apart = async () => {
    const { bytes } = memoryLimit;
    memoryLimit.bytes = values.byteLength;
    try {
      return await kmeansAsync(values, k, { ...given, threads });
    } finally {
      memoryLimit.bytes = bytes;
    }
  };
  const timings = await interleaved(
    [
      contender('here', () => kmeans(values, k, given)),
      contender('shared', () => kmeansAsync(values, k, { ...given, threads })),
      contender('apart', apart),
    ],
    Number(options.repeats),
  );
  dispose();
  if (found.some(({ inertia }) => inertia !== found[0]!.inertia)) throw new Error('the ways differ');
  const [here, shared, separate] = ['here', 'shared', 'apart'].map((name) => timings[name]!.median);
  const header = [
    'n',
    'd',
    'k',
    'calling thread',
    `${threads} workers, one memory`,
    'ratio',
    'memories of their own',
    'ratio',
  ];
  const row = [n, d, k].map(String);
  return [
    `Milliseconds of ${found[0]!.iterations} iterations from given rows, copying included; warm, in turns, medians of ${options.repeats}, the same
bits.`,
    formatTable(header, [
      [
        ...row,
        milliseconds(here!),
        milliseconds(shared!),
        times(here! / shared!),
        milliseconds(separate!),
        times(here! / separate!),
      ],
    ]),
  ];
}

/** Overlapping blobs about k centres, from a generator that takes no time. */
function fill(values: Float32Array, d: number, k: number): Float32Array {
  const random = createRandom(1);
  const centres = Float32Array.from({ length: k * d }, () => random() * 4);
  let state = 1;
  for (let i = 0, at = 0; at < values.length; i++) {
    const centre = (i % k) * d;
    for (let f = 0; f < d; f++, at++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      values[at] = centres[centre + f]! + state * 2 ** -31;
    }
  }
  return values;
}
