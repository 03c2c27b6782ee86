// Peak memory of a fit beyond its input, each in a process of its own: npm run bench:memory
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { AlgorithmName } from '../src/algorithms/choose.js';
import { acquireWorkspace } from '../src/backend/workspace.js';
import { kmeans, kmeansAsync, type Matrix, matrix } from '../src/index.js';
import type { FloatArray } from '../src/types.js';
import { makeProblem, type Shape, toConvergence } from './data.js';
import { publish } from './report.js';
import { digits, formatTable } from './table.js';

const { values: options } = parseArgs({
  options: {
    /** Divides the samples of every shape: to see that it works. */
    divide: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    /** What a process of its own is to run: a Task as JSON. */
    task: { type: 'string' },
  },
});

/** How the samples come: uniform about the origin, from 0 to 1, or from 100 to 101; all but the first are centred. */
const FORMS = ['array', 'matrix', 'matrix 0 … 1', 'matrix 100 … 101'] as const;

interface Task {
  shape: Shape;
  algorithm: AlgorithmName;
  form: (typeof FORMS)[number];
  asynchronous: boolean;
}

/** Bytes. */
interface Peak {
  /** Of the memory that the library worked in, where that is known. */
  webAssembly: number;
  resident: number;
}

const SIZES = [
  [2_000_000, 2, 10, ['lloyd', 'filtering']],
  [2_000_000, 3, 10, ['lloyd', 'filtering']],
  [2_000_000, 16, 64, ['lloyd', 'hamerly', 'yinyang']],
  [250_000, 128, 256, ['lloyd', 'hamerly', 'yinyang']],
  [40_000, 768, 100, ['lloyd', 'hamerly', 'yinyang']],
] as const;

if (options.task) console.log(JSON.stringify(await measure(JSON.parse(options.task))));
else report();

/** By how much resident memory rises above what it is with the input in place, after a first fit of a few samples. */
async function measure({ shape, algorithm, form, asynchronous }: Task): Promise<Peak> {
  kmeans([1, 2, 3, 4], 2);
  if (asynchronous) await kmeansAsync([1, 2, 3, 4], 2, { threads: 2 });
  const { data, fit } = prepare(shape, form);
  collect();
  const before = process.memoryUsage.rss();
  const forgotten = forgetPeak();
  const all = { ...fit, algorithm, maxIter: 5 };
  if (asynchronous) await kmeansAsync(data, shape.k, all);
  else kmeans(data, shape.k, all);
  const { buffer } = ArrayBuffer.isView(data) ? acquireWorkspace().backend.memory : data.data;
  return { webAssembly: buffer.byteLength, resident: peak(forgotten) - before };
}

/** The samples, and nothing else that is large. */
function prepare(shape: Shape, form: Task['form']): { data: FloatArray | Matrix; fit: object } {
  const problem = makeProblem(shape);
  const by = form === 'array' || form === 'matrix' ? -0.5 : form === 'matrix 0 … 1' ? 0 : 100;
  for (const values of [problem.values, problem.start])
    for (let i = 0; i < values.length; i++) values[i] = values[i]! + by;
  const fit = toConvergence(problem);
  if (form === 'array') return { data: problem.values, fit };
  const data = matrix(shape.n, shape.d, shape.precision);
  data.data.set(problem.values);
  return { data, fit };
}

function collect(): void {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
}

/** Has the system forget how much memory the process had; whether it does. */
function forgetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

/** Most resident bytes, since they were forgotten. */
function peak(forgotten: boolean): number {
  if (!forgotten) return 1024 * process.resourceUsage().maxRSS;
  return 1024 * Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}

function report(): void {
  const rows = SIZES.flatMap(([n, d, k, algorithms]) =>
    algorithms.map((algorithm) => {
      const shape: Shape = { kind: 'uniform', n: Math.ceil(n / Number(options.divide)), d, k, precision: 'float32' };
      const input = shape.n * d * 4;
      const peaks = FORMS.flatMap((form) =>
        [false, true].map((asynchronous) => measureApart({ shape, algorithm, form, asynchronous })),
      );
      const half = { ...shape, n: shape.n >> 1 };
      const { webAssembly } = measureApart({ shape: half, algorithm, form: 'array', asynchronous: false });
      const beside = (peaks[0]!.webAssembly - webAssembly) / (shape.n - half.n) - d * 4;
      return [
        ...[shape.n, d, k].map(String),
        ...[algorithm, mebibytes(input), digits(beside)],
        ...peaks.map(({ resident }) => mebibytes(resident)),
      ];
    }),
  );
  publish(
    {
      part: 'memory',
      title: 'Memory',
      body: [
        `MiB, but for *a sample*: by how many bytes the library's memory grows with each sample beside its values, for labels, bounds
and all else. The other columns say by how much the resident memory of a fresh process rose above what it was with
the input in place: a Float32Array, or a matrix, of samples about the origin or of others, which are centred. *Async* is
\`kmeansAsync\` with as many threads as there are cores.`,
        formatTable(
          ['n', 'd', 'k', 'algorithm', 'input', 'a sample', ...FORMS.flatMap((form) => [form, `${form}, async`])],
          rows,
        ),
      ],
    },
    options.write,
  );
}

function measureApart(task: Task): Peak {
  const script = [...process.execArgv, process.argv[1]!, '--task', JSON.stringify(task)];
  return JSON.parse(execFileSync(process.execPath, script, { encoding: 'utf8' }));
}

function mebibytes(bytes: number): string {
  return digits(bytes / 2 ** 20);
}
