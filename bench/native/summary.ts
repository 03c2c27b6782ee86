import { AWAKE, geometricMean, SHORT_RUN } from '../clock.js';
import { shapeName } from '../data.js';
import type { Report } from '../report.js';
import { digits, formatTable, milliseconds, times } from '../table.js';
import type { CellResult } from './results.js';

/** Time of the fastest of theirs by the time of ours. */
export const ratioOf = ({ timings: { ours, lloyd, elkan, faiss } }: CellResult): number =>
  Math.min(...[lloyd, elkan, faiss].flatMap((timing) => (timing && !timing.failure ? timing.median : []))) /
  ours.median;

/** One line while the comparison runs. */
export function describeCell(cell: CellResult): string {
  const { timings, iterations, algorithm } = cell;
  const parts = Object.entries(timings).map(
    ([name, { median, failure }]) => `${name} ${failure ?? milliseconds(median)}`,
  );
  return `${shapeName(cell)}: ${parts.join(', ')} ms, ${iterations} iterations (${algorithm}), ${times(ratioOf(cell))}`;
}

/** One thread and float32 have the chart; two threads, or float64, a part of their own. */
export function nativeReport(cells: readonly CellResult[], versions: Readonly<Record<string, string>>): Report {
  const { threads, precision } = cells[0]!;
  const [part, title] =
    threads > 1
      ? (['native-threads', `Beside native code, ${threads} threads`] as const)
      : precision === 'float64'
        ? (['native-float64', 'Beside native code, float64'] as const)
        : (['native', 'Beside native code'] as const);
  const chart = part === 'native' ? ['![Ratios](pictures/benchmark-native.svg)'] : [];
  return {
    part,
    title,
    command: 'native',
    body: [introduction(cells), cellTable(cells), verdict(cells), ...chart],
    versions,
  };
}

const awake = `
Runs of less than ${SHORT_RUN} s, theirs and ours, are timed after others of their kind have gone on for ${AWAKE} ms: the part on threads
shows what a rest before them does on this machine.`;

function introduction(cells: readonly CellResult[]): string {
  const { threads, precision } = cells[0]!;
  const commits = [...new Set(cells.map(({ commit }) => commit))];
  const runs = [...new Set(cells.map(({ timings }) => timings.ours.runs))].sort((a, b) => a - b);
  const fewer = cells.some(({ timings }) => Object.values(timings).some(({ runs }) => runs < timings.ours.runs));
  return `Milliseconds from given starting rows until no label changes (300 iterations at the most), ${precision},
${threads === 1 ? 'one thread' : `${threads} threads, ours by \`kmeansAsync\` as it comes`}: scikit-learn's two algorithms, FAISS (which has no stopping rule and leaves no labels), and ours through
the public API, warm, from a flat typed array, copying included. All run the same number of iterations: where rounding sends
scikit-learn and ours different ways, as many as the first to converge takes. *Ratio*: the fastest of theirs by ours. What
they end with at convergence: *labels*, the share that scikit-learn's Lloyd and ours agree on; *inertia*, ours by
scikit-learn's, less one. The pixels are those of a made picture. Cells were measured at commit ${commits.join(', ')}, each the median
of ${runs.join(' or ')} of our runs.${fewer ? ' What takes longer is run less often, once in the end.' : ''}${threads > 1 ? awake : ''}`;
}

function cellTable(cells: readonly CellResult[]): string {
  const header = ['n', 'd', 'k', 'data', 'iterations', 'sklearn lloyd', 'elkan', 'faiss', 'ours', 'algorithm', 'ratio'];
  const rows = cells.map((cell) => {
    const { n, d, k, kind, timings, iterations, algorithm, agreement, excess } = cell;
    const time = (name: keyof typeof timings) => (timings[name] ? milliseconds(timings[name].median) : '–');
    return [
      ...[n, d, k].map(String),
      kind,
      String(iterations),
      ...(['lloyd', 'elkan', 'faiss', 'ours'] as const).map(time),
      algorithm,
      times(ratioOf(cell)),
      `${digits(100 * agreement)} %`,
      excess.toExponential(0),
    ];
  });
  return formatTable([...header, 'labels', 'inertia'], rows);
}

function verdict(cells: readonly CellResult[]): string {
  const ratios = cells.map(ratioOf);
  const worst = cells[ratios.indexOf(Math.min(...ratios))]!;
  const slower = ratios.filter((ratio) => ratio < 1).length;
  return `Geometric mean of the ratios: **${times(geometricMean(ratios))}** over ${cells.length} cells; ours is slower in ${slower}, least at ${shapeName(worst)} with ${times(Math.min(...ratios))}.`;
}
