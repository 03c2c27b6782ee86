// How many groups of bounds are fastest where, and whether estimates pay: the measurements behind Yinyang's. npm run bench:groups
import { BoundedAssignment, type BoundsOptions } from '../src/algorithms/bounded-assignment.js';
import { boundsFor, chooseAlgorithm } from '../src/algorithms/choose.js';
import { lloyd } from '../src/algorithms/lloyd.js';
import { geometricMean, interleaved, seconds } from './clock.js';
import { type Kind, makeProblem, type Shape } from './data.js';
import { measureGrid, options, precision } from './grid.js';
import { prepareFit } from './prepared.js';
import { publish } from './report.js';
import { digits, formatTable, milliseconds } from './table.js';

type Bounds = Pick<BoundsOptions, 'groups' | 'quantised'>;

const KINDS: readonly Kind[] = ['overlapping', 'uniform'];
const DIMENSIONS = [5, 8, 16, 32, 64, 128, 384];
const CLUSTERS = [8, 16, 32, 64, 128, 256, 1000];
const GROUPS = [1, 2, 4, 8, 16, 32];
/** Bounds of each centroid alone are for so many. */
const MOST_ALONE = 256;

const limits = { maxIter: 60, shiftTolerance: 0, emptyCluster: 'relocate' } as const;

const header = ['n', 'd', 'k', 'data', 'exact', ...GROUPS.map(String), 'each', 'fastest', "'auto'", 'loss'];
const losses: number[] = [];
const rows = await measureGrid({ dimensions: DIMENSIONS, clusters: CLUSTERS, kinds: KINDS, least: 20 }, measure);
publish(
  {
    part: options.float64 ? 'groups-float64' : 'groups',
    title: `Groups of bounds, ${precision}`,
    command: 'groups',
    body: [
      `Milliseconds from given starting rows until no label changes (${limits.maxIter} iterations at the most), without seeding and
copying, ${precision}, one thread, medians of ${options.repeats} in turns: bounds of one group without estimates (*exact*, Hamerly's), with estimates
of so many groups, or of each centroid's own. *'auto'*: the groups that it takes, which is bound to take no more memory than the
samples do. *Loss*: what these take beyond the fastest.`,
      formatTable(header, rows),
      `Geometric mean of what \`'auto'\` takes by the fastest: **${digits(geometricMean(losses))}**.`,
    ],
  },
  options.write,
);

async function measure(shape: Shape): Promise<string[]> {
  const problem = makeProblem(shape);
  const { n, d, k, kind } = shape;
  const chosen = boundsFor(chooseAlgorithm(n, d, k, precision, false), d, k, precision);
  const candidates = new Map<string, Bounds>([['exact', { groups: 1, quantised: false }]]);
  // Groups are of whole panels of eight.
  for (const groups of GROUPS)
    if (groups === 1 || 8 * groups < k) candidates.set(String(groups), { groups, quantised: true });
  if (k <= MOST_ALONE) candidates.set('each', { groups: k, quantised: true });
  const taken =
    chosen &&
    [...candidates].find(
      ([, { groups, quantised }]) => groups === chosen.groups && quantised === chosen.quantised,
    )?.[0];
  const name = taken ?? (chosen ? nameOf(chosen) : 'none');
  if (chosen && !taken) candidates.set(name, chosen);

  const contenders = [...candidates].map(([name, bounds]) => ({ name, run: contender(bounds) }));
  const times = await interleaved(contenders, Number(options.repeats));
  const of = (name: string) => times[name]!.median;
  const fastest = [...candidates.keys()].reduce((a, b) => (of(b) < of(a) ? b : a));
  const loss = chosen && of(name) / of(fastest);
  if (loss) losses.push(loss);
  return [
    ...[n, d, k].map(String),
    kind,
    ...['exact', ...GROUPS.map(String), 'each'].map((name) => (times[name] ? milliseconds(of(name)) : '–')),
    fastest,
    taken || !chosen ? name : `${name}: ${milliseconds(of(name))}`,
    loss ? `${(100 * (loss - 1)).toFixed(0)} %` : '–',
  ];

  function contender(bounds: Bounds): () => number {
    const { run } = prepareFit(problem, 'lloyd');
    const assignment = new BoundedAssignment(run, { ...bounds, patient: true });
    const start = run.copyCentroids();
    return () => {
      run.setCentroids(start);
      return seconds(() => {
        const iterations = lloyd(run, limits, assignment);
        while (!iterations.next(0).done);
      });
    };
  }
}

function nameOf({ groups, quantised }: Bounds): string {
  return `${groups}${quantised ? '' : ' exact'}`;
}
