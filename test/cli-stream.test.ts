import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../src/cli/run.js';
import { KMeans } from '../src/index.js';
import { mulberry32, normal } from './helpers/problems.js';

const folder = mkdtempSync(join(tmpdir(), 'kmeans-stream-'));
const file = join(folder, 'table.csv');
const random = mulberry32(31);
const rows = Array.from({ length: 9000 }, (_, i) => [10 * (i % 3) + normal(random), 1000 * normal(random), i]);
writeFileSync(file, `x,y,id,colour\n${rows.map((row) => `${row},red\n`).join('')}`);
const gaps = join(folder, 'gaps.csv');
writeFileSync(
  gaps,
  `x;y\n${rows.map(([x, y], i) => (i % 7 === 0 ? ';\n' : i % 11 === 0 ? '1;2;3\n' : `${x};${y}\n`)).join('')}`,
);

async function call(line: string, isTTY = false) {
  const texts = { out: '', err: '' };
  const output = (name: 'out' | 'err') => ({
    isTTY: isTTY && name === 'err',
    columns: 120,
    write: (text: string) => {
      texts[name] += text;
    },
  });
  const stdin = (async function* () {})();
  const code = await run(line.split(' '), { stdin, stdout: output('out'), stderr: output('err'), env: {} });
  return { code, ...texts };
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('cluster --stream', () => {
  it.each(['none', 'standard', 'minmax'])('finds what it finds in memory, scaled: %s', async (scale) => {
    for (const [table, more] of [
      [file, '-x id'],
      [file, '-c x,y --metric cosine'],
      [gaps, '--missing drop'],
    ]) {
      // Few rows: the stream begins with the clustering of all of them, and ends there.
      const words = `${table} -k 3 ${more} --scale ${scale} --tol 0`;
      const sink = (name: string) =>
        `--labels ${join(folder, `${name}-labels`)} --labels-with-data --centroids ${join(folder, `${name}-centroids`)}`;
      const inMemory = await call(`${words} ${sink('memory')}`);
      const streamed = await call(`${words} ${sink('stream')} --stream`);
      expect([inMemory.code, streamed.code]).toEqual([0, 0]);
      expect(read('stream-labels').split('\n').length).toBe(read('memory-labels').split('\n').length);
      const inertia = (text: string) => Number(/inertia ([\d.,]+)/.exec(text)![1]!.replaceAll(',', ''));
      expect(inertia(streamed.out)).toBeLessThan(1.01 * inertia(inMemory.out));
    }
  });

  it('gives the same model and labels as the library on all rows', async () => {
    const [model, labels] = ['model.json', 'labels.csv'].map((name) => join(folder, name));
    const { code, out, err } = await call(`${file} -k 3 -c x --stream --model ${model} --labels ${labels}`);
    expect({ code, err }).toEqual({ code: 0, err: `note: wrote ${labels}, ${model}\n` });
    const stream = async function* () {
      yield rows.map(([x]) => x!);
    };
    const expected = await new KMeans({ k: 3 }).fitStream(stream);
    expect(JSON.parse(read('model.json')).model.centroids).toEqual(expected.toJSON().centroids);
    const [title, ...lines] = read('labels.csv').trimEnd().split('\n');
    expect(title).toBe('cluster');
    expect(lines.map(Number)).toEqual(Array.from(expected.predict(rows.map(([x]) => x!))));
    expect(out).toContain('9,000 rows of 1 column');
    const again = await call(`predict --model ${model} ${file} --labels -`);
    expect(again.out).toBe(read('labels.csv'));
  });

  it('writes every row, empty where it was dropped', async () => {
    const { out } = await call(`${gaps} -k 3 --stream --missing drop --labels - --labels-with-data`);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toBe('x;y;cluster');
    // Lines of nothing but delimiters are no rows, here as in memory.
    const { out: inMemory } = await call(`${gaps} -k 3 --missing drop --labels - --labels-with-data`);
    const withoutLabel = (text: string) => text.replaceAll(/;\d?$/gm, '');
    expect(withoutLabel(out)).toBe(withoutLabel(inMemory));
    expect(lines).toContain('1;2;3;');
  });

  it('as JSON, without labels', async () => {
    const { out } = await call(`${file} -k 3 -c x --stream --json`);
    const found = JSON.parse(out);
    expect(found).toMatchObject({ rows: 9000, dropped: 0, k: 3, labels: null, columns: ['x'] });
    expect(found.clusters.map(({ size }: { size: number }) => size)).toEqual([3000, 3000, 3000]);
  });

  it('streams only files larger than --memory-limit', async () => {
    const small = await call(`${file} -k 3 -c x --memory-limit 100M --json`);
    expect(JSON.parse(small.out).labels).toHaveLength(9000);
    for (const limit of ['1000', '1k', '0.1M', '10KiB']) {
      const large = await call(`${file} -k 3 -c x --memory-limit ${limit} --json`);
      expect(JSON.parse(large.out).labels, limit).toBeNull();
    }
  });

  it('--mini-batch, streamed or not, finds the clusters too', async () => {
    for (const more of ['-q', '--stream', '--batch-size 100', '--stream --batch-size 300']) {
      const { code, out } = await call(`${file} -k 3 -c x --mini-batch ${more} --json`);
      expect(code).toBe(0);
      const found = JSON.parse(out);
      expect(found.algorithm).toBe('mini-batch');
      expect(found.clusters.map(({ size }: { size: number }) => size)).toEqual([3000, 3000, 3000]);
    }
  });

  it('shows bytes, iterations, inertia and time left to who watches', async () => {
    const big = join(folder, 'big.csv');
    const stream = createWriteStream(big);
    for (let i = 0; i < 20; i++) stream.write(rows.map((row) => `${row}\n`).join(''));
    await new Promise((resolve) => stream.end(resolve));
    const { code, err } = await call(`${big} -k 30 --stream --tol 0 --max-iter 40`, true);
    expect(code).toBe(0);
    expect(err).toMatch(/━+─* [\d.]+ [kM]B of [\d.]+ MB · .* left · clustering, pass \d/);
    expect(err).toMatch(/inertia [\d.e+,]+ after iteration \d/);
  });
});

describe('what --stream refuses', () => {
  it.each([
    ['- -k 3 --stream', 2, /standard input cannot be read more than once/],
    ['- -k 3 --memory-limit 5M', 2, /--memory-limit needs a file/],
    [`${file} --stream`, 2, /how many clusters with -k/],
    [`${file} -k 3 --stream --plot x.svg`, 2, /--plot needs all rows in memory/],
    [`${file} -k 3 --stream --picture`, 2, /--picture needs/],
    [`${file} -k 3 --stream --k-max 4`, 2, /--k-max needs/],
    [`${file} -k 3 --batch-size 4`, 2, /--mini-batch/],
    [`${file} -k 3 --memory-limit lots`, 2, /number of bytes such as 200M/],
    [`${file}.none -k 3 --stream`, 1, /there is no such file/],
    [`${folder} -k 3 --stream`, 1, /no ordinary file/],
    [`${file} -k 9001 -c x --stream`, 1, /9001 clusters \(-k\) are more than/],
    [`${gaps} -k 3 --stream`, 1, /cells missing or bad: line 9 has 3 cells|missing or bad/],
    [`${file} -k 3 -c colour --stream`, 1, /does not hold numbers/],
  ])('%s', async (line, code, message) => {
    const answer = await call(line);
    expect(answer.err).toMatch(message);
    expect(answer.code).toBe(code);
  });
});

describe('the memory of a stream', () => {
  it('does not grow with the file', () => {
    const peak = (copies: number) => {
      const name = join(folder, `${copies}.csv`);
      writeFileSync(name, '');
      const text = rows.map((row) => `${row}\n`).join('');
      for (let i = 0; i < copies; i++) writeFileSync(name, text, { flag: 'a' });
      const words = ['--max-old-space-size=64', '--max-semi-space-size=1', 'dist/esm/cli/main.js', name];
      const script = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS))`;
      const preload = join(folder, 'peak.mjs');
      writeFileSync(preload, script);
      const more = ['-k', '4', '--stream', '--max-iter', '1', '--labels', join(folder, 'out.csv')];
      const { stderr, status } = spawnSync(process.execPath, ['--import', preload, ...words, ...more], {
        encoding: 'utf8',
      });
      expect(status, stderr).toBe(0);
      return Number(/peak (\d+)/.exec(stderr)![1]) * 1024;
    };
    // Ten times the file: in memory that takes some 60 MB more.
    expect(peak(60) - peak(6)).toBeLessThan(12e6);
  });
});
