import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const program = 'dist/esm/cli/main.js';
const blobs = 'examples/data/blobs.csv';

function call(words: string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], { input, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe('the command as it is shipped', () => {
  it('runs by itself', () => {
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout).toBe(`${version}\n`);
  });

  it('explains itself', () => {
    const { code, out, err } = call(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Examples');
    expect(call(['help', 'predict']).out).toContain('predict --model MODEL FILE');
  });

  it('makes the pictures of the README', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kmeans-'));
    const files = ['clusters', 'steps', 'elbow'].map((name) => join(folder, 'out', `${name}.svg`));
    const [plot, steps, elbow] = files as [string, string, string];
    const words = [blobs, '-k', '3', '--plot', plot, '--steps', steps, '--elbow', elbow, '--k-max', '9'];
    const { code, out } = call(words);
    expect(code).toBe(0);
    expect(out).toContain('inertia 286.2');
    for (const file of files) expect(existsSync(file)).toBe(true);
  });

  it('reads standard input', () => {
    const { code, out } = call(['-', '-k', '2', '--labels', '-'], '1\n2\n11\n12\n');
    expect(code).toBe(0);
    const [a, b, c, d] = out.trimEnd().split('\n');
    expect([a === b, c === d, a === c]).toEqual([true, true, false]);
  });

  it('answers bad usage with 2 and bad data with 1, in one sentence', () => {
    expect(call([])).toMatchObject({ code: 2, out: '' });
    expect(call([blobs, '--centriods', 'x'])).toEqual({
      code: 2,
      out: '',
      err: 'kmeans-simd: cluster has no option --centriods; did you mean --centroids?\nTry kmeans-simd --help\n',
    });
    expect(call(['-', '-k', '2'], 'a,b\n1,2\n3,x\n4,5\n')).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^kmeans-simd: .*line 3, column "b" is "x".*\n$/),
    });
  });

  it('names the packages that pictures need where they are not installed, before it reads anything', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kmeans-'));
    cpSync('dist/esm', folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const words = [join(folder, 'cli/main.js'), 'nowhere.csv', '-k', '3', '--plot', join(folder, 'x.svg')];
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'kmeans-simd: SVG pictures need two more packages: npm install @observablehq/plot linkedom\n',
    });
  });

  it('is quiet when nobody reads on', async () => {
    const child = spawn(process.execPath, [program, '-', '-k', '2', '--labels', '-'], { stdio: 'pipe' });
    let err = '';
    child.stderr.on('data', (text) => {
      err += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    child.stdin.end(Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(''));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});
