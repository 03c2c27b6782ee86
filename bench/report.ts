import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { machine } from './quiet.js';

const FILE = 'docs/benchmarks.md';

/** The parts of the page, in its order. */
const PARTS = [
  'fit',
  'peers',
  'native',
  'native-threads',
  'native-float64',
  'kernels',
  'seeding',
  'threads',
  'scale',
  'minibatch',
  'sweep',
  'sweep-float64',
  'groups',
  'groups-float64',
  'cold',
  'page',
  'memory',
  'memories',
] as const;

export interface Report {
  part: (typeof PARTS)[number];
  title: string;
  /** Of `npm run bench:…`, where it is not the part's name. */
  command?: string;
  /** Markdown: what was measured and how, the tables, what they say. */
  body: readonly string[];
  /** Name → version of what took part, beside Node and V8. */
  versions?: Readonly<Record<string, string>>;
}

/** Prints a report; with `write` it replaces its part of docs/benchmarks.md too. */
export function publish(report: Report, write: boolean): void {
  const { title, body } = report;
  const text = [`## ${title}`, ...body, provenance(report)].join('\n\n');
  console.log(`\n${text}`);
  if (write) replacePart(report.part, text);
}

/** Machine, versions, date and command of a measurement. */
function provenance({ part, command: name = part, versions = {} }: Report): string {
  const args = process.argv.slice(2);
  const command = `npm run bench:${name}${args.length > 0 ? ` -- ${args.join(' ')}` : ''}`;
  const { node, v8 } = process.versions;
  const all = { Node: node!, V8: v8!, ...versions };
  const list = Object.entries(all).map(([name, version]) => `${name} ${version}`);
  const processor = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`;
  const date = new Date().toISOString().slice(0, 10);
  return `<sub>${[processor, list.join(', '), ...machine.account].join('; ')}; commit ${commit()}, ${date}: \`${command}\`</sub>`;
}

/** The commit that is measured, with a + where the sources differ from it. */
export function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', 'src', 'assembly', 'bench');
    return git('rev-parse', '--short', 'HEAD') + (changed ? '+' : '');
  } catch {
    return 'unknown';
  }
}

function replacePart(part: Report['part'], text: string): void {
  const page = existsSync(FILE) ? readFileSync(FILE, 'utf8') : emptyPage();
  const [begin, end] = [`<!-- ${part} -->`, `<!-- /${part} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`${FILE} has no part between ${begin} and ${end}`);
  writeFileSync(FILE, `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`);
}

function emptyPage(): string {
  const head = `# Benchmarks

Every table is written by the command below it; none is written by hand. Times are medians of several runs, and whoever is
compared runs in turns with us in one session, from the same starting rows, to the same stopping rule, in the same
precision. Ratios are their time by ours: above 1, we are faster. Where the line below a table counts runs while others used
the machine, each, theirs or ours, started when nothing else was seen to use it, and was done again where something did
meanwhile, three times at the most; other tables were measured without that.
`;
  return [head, ...PARTS.map((part) => `<!-- ${part} -->\n<!-- /${part} -->\n`)].join('\n');
}
