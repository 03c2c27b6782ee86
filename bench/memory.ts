// Peak memory of a fit beyond its input, each in a process of its own: npm run bench:memory
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ALGORITHMS, type AlgorithmName } from '../src/algorithms/choose.js';
import { acquireWorkspace } from '../src/backend/workspace.js';
import { kmeans } from '../src/index.js';
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

interface Task {
  shape: Shape;
  algorithm: AlgorithmName;
}

/** Bytes. */
interface Peak {
  webAssembly: number;
  resident: number;
}

const SIZES = [
  [1_000_000, 2, 10],
  [200_000, 16, 64],
  [100_000, 128, 256],
  [20_000, 768, 100],
] as const;

if (options.task) console.log(JSON.stringify(measure(JSON.parse(options.task))));
else report();

/** Resident memory grows by what the fit takes at its peak: the input is there before, and the process has run once. */
function measure({ shape, algorithm }: Task): Peak {
  kmeans([1, 2, 3, 4], 2);
  const problem = makeProblem(shape);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  kmeans(problem.values, shape.k, { ...toConvergence(problem), algorithm, maxIter: 5 });
  const resident = Math.max(process.memoryUsage.rss(), 1024 * process.resourceUsage().maxRSS) - before;
  return { webAssembly: acquireWorkspace().backend.memory.buffer.byteLength, resident };
}

function report(): void {
  const rows = SIZES.flatMap(([n, d, k]) =>
    ALGORITHMS.map((algorithm) => {
      const shape: Shape = { kind: 'uniform', n: Math.ceil(n / Number(options.divide)), d, k, precision: 'float32' };
      const { webAssembly, resident } = measureApart({ shape, algorithm });
      return [...[shape.n, d, k].map(String), algorithm, ...[shape.n * d * 4, webAssembly, resident].map(mebibytes)];
    }),
  );
  publish(
    {
      part: 'memory',
      title: 'Memory',
      body: [
        `MiB. *Input*: the caller's Float32Array. *WebAssembly*: the library's memory after the fit, which holds a copy of the samples,
labels, bounds and the rest. *Process*: by how much the resident memory of a fresh process rose above what it was with the
input in place.`,
        formatTable(['n', 'd', 'k', 'algorithm', 'input', 'WebAssembly', 'process'], rows),
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
