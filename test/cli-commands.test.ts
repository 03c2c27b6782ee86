import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../src/cli/run.js';
import type { Terminal } from '../src/cli/terminal.js';

const blobs = 'examples/data/blobs.csv';
const messy = 'examples/data/messy.csv';

interface Answer {
  code: number;
  out: string;
  err: string;
}

interface Circumstances {
  input?: string | Terminal['stdin'];
  isTTY?: boolean;
  env?: Terminal['env'];
}

/** Runs a command line in this process; `input` is standard input, `isTTY` has a person watch. */
async function call(line: string, { input = '', isTTY = false, env = {} }: Circumstances = {}): Promise<Answer> {
  const texts = { out: '', err: '' };
  const output = (name: 'out' | 'err') => ({
    isTTY,
    columns: 80,
    write(text: string) {
      texts[name] += text;
    },
  });
  const stdin = typeof input === 'string' ? Readable.from([input]) : input;
  const code = await run(line.split(' '), { stdin, stdout: output('out'), stderr: output('err'), env });
  return { code, ...texts };
}

let folder = '';
const inFolder = (name: string) => join(folder, name);
const written = (name: string) => readFileSync(inFolder(name), 'utf8');
const linesOf = (text: string) => text.trimEnd().split('\n');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kmeans-cli-'));
});

describe('cluster: the report', () => {
  it('is a table of the clusters and a line of totals', async () => {
    const { code, out, err } = await call(`${blobs} -k 3`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [subject, , titles, ...rest] = linesOf(out);
    expect(subject).toBe(`${blobs}: 150 rows of 2 columns`);
    expect(titles!.trim().split(/\s+/)).toEqual(['cluster', 'size', 'share', 'spread', 'x', 'y']);
    const rows = rest.slice(0, 3).map((line) => line.trim().split(/\s+/));
    expect(rows.map(([name]) => name)).toEqual(['0', '1', '2']);
    expect(rows.map(([, size]) => Number(size)).reduce((a, b) => a + b)).toBe(150);
    expect(new Set([titles, ...rest.slice(0, 3)].map((line) => line!.length)).size).toBe(1);
    expect(out).toMatch(
      /inertia 286\.2 · silhouette 0\.\d\d · converged after \d+ iterations? · .* · (wasm-simd|js)\n$/,
    );
  });

  it('chooses k by the elbow, and shows the curve', async () => {
    const { code, out } = await call(blobs);
    expect(code).toBe(0);
    expect(out).toMatch(/\n {3}3 +286 .*← elbow\n/);
  });

  it('gives up where there is no elbow, shows the curve and says what to do', async () => {
    const corners = '0,0\n0,1\n1,0\n1,1\n'.repeat(2);
    const { code, out, err } = await call(`- --k-max 2 --elbow ${inFolder('none.svg')}`, { input: corners });
    expect(code).toBe(1);
    expect(linesOf(out)).toHaveLength(3);
    expect(err).toMatch(/no elbow: .* from k = 1 to 2; choose the number of clusters with -k, or look further/);
    expect(written('none.svg')).toContain('<svg');
    expect((await call('-', { input: '5\n5\n5\n' })).err).toContain('no elbow: all rows are the same');
  });

  it('tells a person who watches how far long work is, and erases that', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) =>
      [(i * 7919) % 3001, (i * 104_729) % 2999, (i * 31) % 997].join(),
    );
    const slowly = (async function* () {
      yield rows.slice(0, 1500).join('\n');
      await new Promise((resolve) => setTimeout(resolve, 600));
      yield `\n${rows.slice(1500).join('\n')}\n`;
    })();
    const { err } = await call('- -k 25 --n-init 3 --no-picture', { input: slowly, isTTY: true });
    const erase = '\r\x1b[K';
    expect(err.startsWith(erase) && err.endsWith(erase)).toBe(true);
    expect(err).toMatch(/reading: \d,000 rows|clustering: run \d of 3, iteration \d+, inertia /);
  });

  it('says what it left out and dropped', async () => {
    const { code, err } = await call(`${messy} -k 2 -x id --missing drop`);
    expect(code).toBe(0);
    expect(linesOf(err)).toEqual([
      'note: left out 2 columns that do not hold numbers: "Name" ("Ada; die Erste"), "Note" ("a")',
      'note: commas are read as decimal points',
      'note: dropped 3 rows with missing or bad cells',
    ]);
  });

  it('cuts what does not fit, and says so', async () => {
    const header = Array.from({ length: 30 }, (_, j) => `column${j}`).join();
    const rows = Array.from({ length: 99 }, (_, i) => Array.from({ length: 30 }, (_, j) => i + j / 7).join());
    const { out } = await call('- -k 70', { input: [header, ...rows].join('\n') });
    expect(Math.max(...linesOf(out).map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(out).toMatch(/6 more clusters and \d+ more columns not shown: --centroids FILE and --json have all/);
  });

  it('has a picture in colour where a person watches', async () => {
    const { out } = await call(`${blobs} -k 3`, { isTTY: true });
    expect(out).toContain('└──');
    expect(out).toContain('\x1b[38;5;33m');
    expect((await call(`${blobs} -k 3 --no-picture`, { isTTY: true })).out).not.toContain('└──');
    const plain = await call(`${blobs} -k 3`, { isTTY: true, env: { NO_COLOR: '1' } });
    expect(plain.out).toContain('└──');
    expect(plain.out).not.toContain('\x1b');
  });

  it('draws one column as a histogram, many by their principal components', async () => {
    expect((await call(`${blobs} -k 2 -c x --picture`)).out).toContain(' rows\n');
    const input = Array.from({ length: 40 }, (_, i) => [i, (i * 7) % 5, (i * 3) % 4].join()).join('\n');
    expect((await call('- -k 2 --picture', { input })).out).toContain('first principal component');
  });

  it('names cosine and scaling', async () => {
    const { out } = await call(`${blobs} -k 2 --metric cosine --scale minmax --picture`);
    expect(out).toContain('2 columns, scaled (minmax), by direction (cosine)');
  });
});

describe('cluster: what it writes', () => {
  it('labels, alone and behind the data', async () => {
    const { err } = await call(`${blobs} -k 3 -o ${inFolder('new/deep/labels.csv')}`);
    expect(err).toBe(`note: wrote ${inFolder('new/deep/labels.csv')}\n`);
    const labels = linesOf(written('new/deep/labels.csv'));
    expect(labels).toHaveLength(151);
    expect(labels[0]).toBe('cluster');
    expect(new Set(labels.slice(1))).toEqual(new Set(['0', '1', '2']));

    const { out } = await call(`${messy} -k 2 -c 3,4 --missing drop -o - --labels-with-data`);
    const lines = linesOf(out);
    expect(lines[0]).toBe('id;Name;Größe;Gewicht (kg);Note;cluster');
    expect(lines[1]).toMatch(/^1;"Ada; die Erste";1,62;55,1;a;[01]$/);
    expect(lines[3]).toBe('3;"Carl ""der Lange""";2,03;;c;');
    expect(lines).toHaveLength(10);
  });

  it('no header where the input has none, and no second column of the same name', async () => {
    expect(linesOf((await call('- -k 2 -o -', { input: '1\n2\n9\n' })).out)).toHaveLength(3);
    const { out } = await call('- -k 1 -o - --labels-with-data', { input: 'cluster\n1\n2\n' });
    expect(out).toBe('cluster,kmeans_cluster\n1,0\n2,0\n');
  });

  it('centroids in the units of the data, whatever the scaling', async () => {
    const input = 'a,b\n0,1000\n2,1000\n10,5000\n12,5000\n';
    for (const how of ['none', 'standard', 'minmax']) {
      const { out } = await call(`- -k 2 --scale ${how} --centroids -`, { input });
      const [header, ...rows] = linesOf(out).map((line) => line.split(','));
      expect(header).toEqual(['cluster', 'size', 'a', 'b']);
      const numbers = rows.map((row) => row.slice(1).map(Number)).sort((p, q) => p[1]! - q[1]!);
      expect(numbers).toEqual([
        [2, expect.closeTo(1, 6), expect.closeTo(1000, 6)],
        [2, expect.closeTo(11, 6), expect.closeTo(5000, 6)],
      ]);
    }
  });

  it('one JSON document', async () => {
    const { out, err } = await call(`${blobs} --json --k-max 6 --scale standard`);
    expect(err).toBe('');
    const document = JSON.parse(out);
    expect(document).toMatchObject({ source: blobs, columns: ['x', 'y'], rows: 150, dropped: 0, k: 3, seed: 0 });
    expect(document.labels).toHaveLength(150);
    expect(document.clusters).toHaveLength(3);
    expect(document.clusters[0]).toMatchObject({
      size: expect.any(Number),
      centroid: [expect.any(Number), expect.any(Number)],
    });
    expect(document.elbow.ks).toEqual([1, 2, 3, 4, 5, 6]);
    expect(document.scaling.kind).toBe('standard');
    const holes = JSON.parse((await call('- -k 1 --json --missing drop', { input: 'a,b\n1,2\n1,NA\n2,2\n' })).out);
    expect(holes.labels).toEqual([0, null, 0]);
  });

  it('SVG pictures', async () => {
    const names = ['plot', 'elbow', 'steps', 'silhouette'];
    const options = names.map((name) => `--${name} ${inFolder(`${name}.svg`)}`).join(' ');
    for (const how of ['', ' --scale standard', ' --metric cosine']) {
      const { code, err } = await call(`${blobs} -k 3 --k-max 5 ${options}${how}`);
      expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('note: wrote') });
      for (const name of names) expect(written(`${name}.svg`)).toMatch(/^(<\?xml|<svg)[\s\S]*<\/svg>\s*$/);
    }
    expect(written('plot.svg')).toContain('x');
  });

  it('nothing else when quiet', async () => {
    const file = inFolder('quiet.csv');
    expect(await call(`${messy} -k 2 -x id --missing drop -q -o ${file}`)).toEqual({ code: 0, out: '', err: '' });
    expect(existsSync(file)).toBe(true);
  });
});

describe('predict', () => {
  it('gives the labels that clustering gave, scaling and column order notwithstanding', async () => {
    const model = inFolder('model.json');
    const labels = (await call(`${blobs} -k 3 --scale minmax --model ${model} -o -`)).out;
    expect((await call(`predict -m ${model} ${blobs}`)).out).toBe(labels);

    const swapped = readFileSync(blobs, 'utf8').replace(/^([^,\n]+),(.+)$/gm, '$2,$1');
    expect((await call(`predict -m ${model} -`, { input: swapped })).out).toBe(labels);
    const bare = readFileSync(blobs, 'utf8').replace(/^.*\n/, '');
    expect((await call(`predict -m ${model} -`, { input: bare })).out).toBe(labels.replace('cluster\n', ''));
    const chosen = swapped.replace('y,x', 'q,p');
    expect((await call(`predict -m ${model} --columns p,q -`, { input: chosen })).out).toBe(labels);
  });

  it('writes JSON and files', async () => {
    const model = inFolder('two.json');
    await call(`- -k 2 --model ${model}`, { input: 'a,b\n1,1\n9,9\n' });
    const input = 'a,b\n8,8\nNA,1\n0,0\n';
    const { out, err } = await call(`predict -m ${model} - --json --missing drop`, { input });
    const { labels } = JSON.parse(out);
    expect(labels[1]).toBeNull();
    expect(labels[0]).not.toBe(labels[2]);
    expect(err).toContain('left without a label 1 row');
    const file = inFolder('predicted.csv');
    const both = `predict -m ${model} - --json --missing drop -q --labels-with-data -o ${file}`;
    expect((await call(both, { input })).err).toBe('');
    expect(linesOf(written('predicted.csv'))).toEqual(['a,b,cluster', `8,8,${labels[0]}`, 'NA,1,', `0,0,${labels[2]}`]);
    expect((await call(`predict -m ${model} - -o ${file}`, { input: 'a,b\n1,1\n' })).err).toBe(`note: wrote ${file}\n`);
  });

  it('refuses what does not fit', async () => {
    const model = inFolder('fit.json');
    await call(`- -k 2 --model ${model}`, { input: 'a,b\n1,1\n9,9\n' });
    const errorOf = async (line: string, input: string) => (await call(`predict -m ${model} -${line}`, { input })).err;
    expect(await errorOf('', 'a,c\n1,2\n')).toContain('has no column "b", which the model needs');
    expect(await errorOf('', 'a,b,b\n1,2,3\n')).toContain('more than one column "b"');
    expect(await errorOf('', '1\n2\n')).toContain('has 1 column, and the model needs column 2');
    expect(await errorOf('', 'a,b\n1,x\n2,y\n')).toContain('holds no numbers');
    expect(await errorOf(' -c 1', '1,2\n2,3\n')).toContain('the model has 2 columns, and 1 column');
    expect(await errorOf('', 'a,b\n1,2\n3,x\n')).toContain('line 3, column "b" is "x"');
  });

  it.each([
    ['no JSON', '{', 'is not a model'],
    ['something else', '[1]', 'is not a model'],
    ['another version', '{"format":"kmeans-simd-model","version":99}', 'version 99'],
    ['a damaged model', '{"format":"kmeans-simd-model","version":1,"model":{}}', 'is a damaged model'],
  ])('refuses %s', async (_, text, message) => {
    writeFileSync(inFolder('bad.json'), text);
    const { code, err } = await call(`predict -m ${inFolder('bad.json')} ${blobs}`);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(message) });
    expect(linesOf(err)).toHaveLength(1);
  });

  it('refuses a model whose columns or scaling are incomplete', async () => {
    await call(`${blobs} -k 2 --model ${inFolder('whole.json')}`);
    const whole = JSON.parse(written('whole.json'));
    writeFileSync(inFolder('part.json'), JSON.stringify({ ...whole, columns: [] }));
    expect((await call(`predict -m ${inFolder('part.json')} ${blobs}`)).err).toContain('does not name 2 columns');
    writeFileSync(inFolder('part.json'), JSON.stringify({ ...whole, scaling: {} }));
    expect((await call(`predict -m ${inFolder('part.json')} ${blobs}`)).err).toContain('scaling is incomplete');
  });
});

describe('trouble', () => {
  it.each([
    ['nowhere.csv -k 2', 1, 'cannot read nowhere.csv: there is no such file'],
    ['src -k 2', 1, 'cannot read src: it is a directory'],
    ['predict -m nowhere.json x.csv', 1, 'cannot read nowhere.json: there is no such file'],
    [`${blobs} -k 151`, 1, '151 clusters (-k) are more than the 150 rows there are'],
    [`${blobs} --k-max 151`, 1, '--k-max 151 is more than the 150 rows there are'],
    [`${blobs} -k 2 -o ${blobs}/x.csv`, 1, 'a part of its path is not a directory'],
    [`${blobs} --kmax 3`, 2, 'did you mean --k-max?'],
  ])('%s', async (line, code, message) => {
    const answer = await call(line);
    expect(answer).toEqual({ code, out: '', err: expect.stringContaining(message) });
    expect(linesOf(answer.err)).toHaveLength(code);
    expect(answer.err).not.toMatch(/\n\s+at /);
  });

  it('asks for more rows than two before it looks for an elbow', async () => {
    expect((await call('-', { input: 'a\n1\n2\n' })).err).toContain('fewer than 3 rows');
  });

  it('refuses silhouettes of a single cluster', async () => {
    const { err } = await call(`${blobs} -k 1 --silhouette ${inFolder('one.svg')}`);
    expect(err).toContain('--silhouette needs two clusters');
  });

  it('owns up to a bug', async () => {
    const broken = (async function* (): AsyncGenerator<string> {
      yield 'a\n';
      throw new Error('out of order');
    })();
    const { code, err } = await call('- -k 2', { input: broken });
    expect(code).toBe(1);
    expect(err).toContain('this is a bug of kmeans-simd, please report it: Error: out of order');
  });

  it('passes on what the library finds', async () => {
    const { code, err } = await call('- -k 1 --precision float32', { input: '1e300\n2e300\n' });
    expect(code).toBe(1);
    expect(err).not.toContain('bug');
  });
});
