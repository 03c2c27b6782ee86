import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../src/cli/arguments.js';
import { closest } from '../src/cli/closest.js';
import { clusterOptions } from '../src/cli/cluster-arguments.js';
import { UsageError } from '../src/cli/failures.js';
import { clusterHelp, predictHelp } from '../src/cli/help.js';
import { predictOptions } from '../src/cli/predict-arguments.js';

const parse = (line: string) => parseCommand(line.split(' '));

describe('command line', () => {
  it('clusters when no command is named, k by the elbow', () => {
    const plain = parse('data.csv');
    expect(plain).toMatchObject({ name: 'cluster', file: 'data.csv', k: 'auto', scale: 'none', missing: 'error' });
    expect(parse('cluster data.csv')).toEqual(plain);
    expect(parse('-')).toMatchObject({ file: '-' });
  });

  it.each(['-k 3', '-k3', '-k=3', '--k 3', '--k=3'])('takes %s', (option) => {
    expect(parse(`data.csv ${option}`)).toMatchObject({ k: 3 });
  });

  it('hands the options of the clustering on, and no others', () => {
    const line = 'd.csv --init random --n-init 4 --max-iter 9 --tol 0 -s 7 --metric cosine --precision float32';
    expect(parse(line)).toMatchObject({
      options: { init: 'random', nInit: 4, maxIter: 9, tol: 0, seed: 7, metric: 'cosine', precision: 'float32' },
    });
    expect(parse('d.csv')).toMatchObject({ options: {} });
    expect(Object.keys((parse('d.csv') as { options: object }).options)).toEqual([]);
  });

  it('reads lists, delimiters by name, and the last of contrary options', () => {
    const line = 'd.csv -c a,b -c 3 -x d --delimiter tab --header --no-header --no-picture --picture';
    expect(parse(line)).toMatchObject({
      columns: { only: ['a', 'b', '3'], exclude: ['d'] },
      forced: { delimiter: '\t', hasHeader: false },
      picture: true,
    });
  });

  it('reads predict', () => {
    expect(parse('predict -m m.json new.csv')).toMatchObject({ name: 'predict', model: 'm.json', labels: '-' });
  });

  it('asks for help or the version before anything else', () => {
    for (const line of ['--help', '-h', 'help', 'cluster --help', 'help cluster', 'd.csv -k 0 --help']) {
      expect(parse(line)).toEqual({ name: 'help', topic: 'cluster' });
    }
    for (const line of ['help predict', 'predict --help'])
      expect(parse(line)).toEqual({ name: 'help', topic: 'predict' });
    expect(parse('--version')).toEqual({ name: 'version' });
  });

  it.each([
    ['', 'name a CSV file'],
    ['-k 3', 'name a CSV file'],
    ['a.csv b.csv', '"b.csv" is a second one'],
    ['a.csv --kmax 3', 'cluster has no option --kmax; did you mean --k-max?'],
    ['a.csv --toString 3', 'cluster has no option --toString'],
    ['a.csv -z', 'cluster has no option -z'],
    ['a.csv -k', '-k needs a value'],
    ['a.csv -k 0', '-k must be a whole number of 1 or more, not "0"'],
    ['a.csv -k three', 'not "three"'],
    ['a.csv -k 2.5', 'not "2.5"'],
    ['a.csv --tol -1', '--tol must be a number of 0 or more, not "-1"'],
    ['a.csv --tol x', 'not "x"'],
    ['a.csv --labels --json', '--json is an option'],
    ['a.csv --json=yes', '--json takes no value'],
    ['a.csv --scale stndard', 'did you mean standard?'],
    ['a.csv --delimiter ab', '--delimiter must be one character or comma'],
    ['a.csv -d , --decimal-comma', 'commas cannot be the --delimiter'],
    ['a.csv --labels-with-data', 'give that too'],
    ['a.csv --plot a.png', 'name the file *.svg'],
    ['a.csv --labels a.csv', '--labels would overwrite the input file "a.csv"'],
    ['a.csv --labels ./b/../a.csv', 'would overwrite'],
    ['a.csv --labels x.csv --centroids x.csv', '--labels and --centroids name the same file'],
    ['a.csv --labels - --model -', '--labels and --model cannot both go to standard output'],
    ['a.csv --labels - --json', '--json and --labels cannot both'],
    ['help me', 'no help on "me"'],
    ['predict a.csv', 'predict needs --model'],
    ['predict -m m.json', 'name a CSV file to label'],
    ['predict -m m.json a b', '"b" is a second one'],
    ['predict -m - a', '--model must be a file'],
    ['predict -m m.json a.csv -o m.json', 'would overwrite the input file "m.json"'],
    ['predict -m m.json a.csv --plot x.svg', 'predict has no option --plot'],
  ])('refuses %j', (line, message) => {
    const words = line === '' ? [] : line.split(' ');
    expect(() => parseCommand(words)).toThrow(UsageError);
    expect(() => parseCommand(words)).toThrow(message);
  });

  it('sees that a link leads to the input', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kmeans-'));
    writeFileSync(join(folder, 'a.csv'), '1\n');
    symlinkSync(join(folder, 'a.csv'), join(folder, 'b.csv'));
    expect(() => parseCommand([join(folder, 'a.csv'), '-o', join(folder, 'b.csv')])).toThrow('would overwrite');
  });
});

describe('help', () => {
  it.each([
    ['cluster', clusterHelp, clusterOptions],
    ['predict', predictHelp, predictOptions],
  ])('tells of every option of %s, in lines that fit', (_, help, options) => {
    for (const name of Object.keys(options)) expect(help).toMatch(new RegExp(`(^|\\W)--?${name}\\b`));
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });
});

describe('closest', () => {
  it('finds what was meant, or nothing', () => {
    expect(closest('centriods', ['columns', 'centroids', 'labels'])).toBe('centroids');
    expect(closest('sil', ['scale', 'silhouette'])).toBe('silhouette');
    expect(closest('zebra', ['columns', 'centroids'])).toBeUndefined();
    expect(closest('x', ['k', 'q'])).toBeUndefined();
  });
});
