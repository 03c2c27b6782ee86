// The first call of a fresh process, as built in dist/: npm run bench:cold
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Contender, interleaved, median, seconds } from './clock.js';
import { makeProblem, type Shape } from './data.js';
import { publish } from './report.js';
import { formatTable, milliseconds } from './table.js';

const { values: options } = parseArgs({
  options: {
    repeats: { type: 'string', default: '21' },
    /** Divides the samples of the first fit: to see that it works. */
    divide: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

const CORE = 'dist/esm/index.js';
const FOLDER = 'build/bench/cold';
const FITS = 10;

if (!existsSync(CORE)) {
  console.error(`${CORE} is missing: run "npm run build" first`);
  process.exit(1);
}
mkdirSync(FOLDER, { recursive: true });

const core = pathToFileURL(CORE).href;
const shape: Shape = {
  ...{ kind: 'overlapping', d: 16, k: 64, precision: 'float32' },
  n: Math.ceil(100_000 / Number(options.divide)),
};
const repeats = Number(options.repeats);
const starts = await timeStarts();
const fits = timeFits(Math.ceil(repeats / 4));
publish(
  {
    part: 'cold',
    title: 'The first call',
    body: [
      `Whole Node processes, from start to exit, in turns, medians of ${repeats}: an empty one, one that imports the library, and one
that also clusters the 150 samples of examples/data/blobs.csv, given as numbers in its source.`,
      starts,
      `Fits of ${shape.n} × 16, k 64, ten iterations from given rows, one after the other in a fresh process; medians of
${Math.ceil(repeats / 4)} processes. The first one compiles the kernels and runs them before the engine has optimised them.`,
      fits,
    ],
  },
  options.write,
);

async function timeStarts(): Promise<string> {
  const samples = readFileSync('examples/data/blobs.csv', 'utf8').trim().split('\n').slice(1);
  const rows = `[${samples.map((line) => `[${line}]`).join()}]`;
  const programs = {
    empty: '',
    import: `import '${core}';`,
    'import and cluster': `import { kmeans } from '${core}'; kmeans(${rows}, 3);`,
  };
  const contenders = Object.entries(programs).map(([name, source]): Contender => {
    const file = `${FOLDER}/${name.replaceAll(' ', '-')}.mjs`;
    writeFileSync(file, source);
    return { name, run: () => seconds(() => runNode(file)) };
  });
  const timings = await interleaved(contenders, repeats);
  const base = timings.empty!.median;
  const table = contenders.map(({ name }) => {
    const time = timings[name]!.median;
    return [name, milliseconds(time), name === 'empty' ? '–' : milliseconds(time - base)];
  });
  return formatTable(['process', 'ms', 'beyond the empty one'], table);
}

/** The process reads its data from files, so that no code of ours runs before the first fit. */
function timeFits(processes: number): string {
  const { values, start } = makeProblem(shape);
  const [data, starts] = [`${FOLDER}/data.bin`, `${FOLDER}/start.bin`];
  writeFileSync(data, values);
  writeFileSync(starts, start);
  const file = `${FOLDER}/fits.mjs`;
  writeFileSync(
    file,
    `import { readFileSync } from 'node:fs';
import { kmeans } from '${core}';
const read = (file) => new Float32Array(Uint8Array.from(readFileSync(file)).buffer);
const [data, init] = [read('${data}'), read('${starts}')];
const times = Array.from({ length: ${FITS} }, () => {
  const start = performance.now();
  kmeans(data, 64, { nFeatures: 16, init, tol: 0, maxIter: 10 });
  return (performance.now() - start) / 1000;
});
console.log(JSON.stringify(times));
`,
  );
  const runs = Array.from({ length: processes }, () => JSON.parse(runNode(file)) as number[]);
  const medians = Array.from({ length: FITS }, (_, i) => median(runs.map((times) => times[i]!)));
  return formatTable(
    ['fit', 'ms'],
    [0, 1, FITS - 1].map((i) => [['first', 'second'][i] ?? 'tenth', milliseconds(medians[i]!)]),
  );
}

function runNode(file: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
