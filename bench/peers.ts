// The other packages, in turns with ours: npm run bench:peers
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { kmeans } from '../src/index.js';
import { peersChart } from './charts.js';
import { geometricMean } from './clock.js';
import { makeProblem, toConvergence } from './data.js';
import { own, type Peer, peers } from './peers/catalogue.js';
import { type Cell, CellBench, type PeerResult } from './peers/cell-bench.js';
import { servePeer } from './peers/process.js';
import { publish } from './report.js';
import { formatTable, times } from './table.js';

const { values: options } = parseArgs({
  options: {
    /** Fewer repeats, the smaller shapes. */
    short: { type: 'boolean', default: false },
    /** Only peers whose name matches this regular expression. */
    only: { type: 'string', default: '' },
    repeats: { type: 'string' },
    /** Seconds after which a peer is stopped. */
    limit: { type: 'string', default: '120' },
    /** Divides the samples of every shape: to see that it works. */
    divide: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    /** The peer that a process of its own is to run. */
    peer: { type: 'string' },
  },
});

const repeats = Number(options.repeats ?? (options.short ? 3 : 5));

/** Iterations at the most: to convergence, but twenty where that would take the slow ones minutes. */
const cell = (n: number, d: number, k: number, maxIter: number): Cell => {
  const least = Math.max(10 * k, Math.ceil(n / Number(options.divide)));
  return { kind: 'overlapping', n: Math.min(n, least), d, k, precision: 'float64', maxIter };
};
const SMALL = [cell(150, 2, 3, 300), cell(300, 4, 3, 300), cell(100_000, 2, 10, 300), cell(100_000, 16, 64, 300)];
const LARGE = [cell(50_000, 128, 256, 20)];

const PACKAGES: Readonly<Record<string, string>> = { DruidJS: '@saehrimnir/druidjs' };

if (options.peer) servePeer(options.peer);
else await compare();

async function compare(): Promise<void> {
  const chosen = peers.filter(({ name }) => new RegExp(options.only).test(name));
  const results: PeerResult[] = [];
  for (const cell of options.short ? SMALL : [...SMALL, ...LARGE]) results.push(...(await measure(cell, chosen)));
  const header = ['n × d, k', 'package', 'iterations', 'ms', 'ratio', 'by float32', 'inertia', 'runs', 'note'];
  const measured = results.filter(({ ratio }) => Number.isFinite(ratio));
  const comparable = measured.filter(({ sameStart }) => sameStart).map(({ ratio }) => ratio);
  publish(
    {
      part: 'peers',
      title: 'Beside other packages',
      body: [
        `Milliseconds of one call on \`number[][]\`, each package in a warm process of its own, called in turns; overlapping blobs, the
same starting rows and the same iterations for all but those whose note says otherwise. *Ratio*: their time by ours, in
which the conversion of the rows, shown apart, is included; *by float32*: by ours with \`precision: 'float32'\`.
*Inertia*: from the centroids that came out, the same code for all. A package that takes more than ${options.limit} s is stopped.`,
        formatTable(
          header,
          results.map(({ row }) => row),
        ),
        `Geometric mean of the ratios of those with the same start: **${times(geometricMean(comparable))}**.`,
        '![Ratios](pictures/benchmark-peers.svg)',
      ],
      versions: versionsOf(chosen),
    },
    options.write,
  );
  if (options.write) await peersChart(measured);
}

async function measure(cell: Cell, chosen: readonly Peer[]): Promise<PeerResult[]> {
  const { values, ...problem } = makeProblem(cell);
  const { iterations } = kmeans(values, cell.k, { ...toConvergence({ ...problem, values }), maxIter: cell.maxIter });
  const bench = new CellBench(cell, iterations, repeats, Number(options.limit));
  try {
    await bench.start([...own, ...chosen]);
    return await bench.run();
  } finally {
    bench.stop();
  }
}

function versionsOf(chosen: readonly Peer[]): Record<string, string> {
  return Object.fromEntries(
    chosen.map(({ name }) => {
      try {
        const file = `node_modules/${PACKAGES[name] ?? name}/package.json`;
        return [name, (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version];
      } catch {
        return [name, 'missing'];
      }
    }),
  );
}
