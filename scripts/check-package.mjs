// Checks what npm would publish, after a build: packs it, judges the tarball, and uses it in an empty project.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** All of it: kernels, plain JavaScript in their place, worker threads with and without shared memory, streams. */
const MAX_GZIPPED_BYTES = 87 * 1024;

/** What a user's TypeScript may look like, in either module system. */
const CONSUMER = `import { elbow, kmeans, type KMeansOptions, type KMeansResult, silhouetteScore } from 'kmeans-simd';
import { elbowPlot } from 'kmeans-simd/plot';

const samples: number[][] = Array.from({ length: 150 }, (_, i) => [i % 3, i]);
const options: KMeansOptions = { seed: 1, init: 'k-means++' };
const result: KMeansResult = kmeans(samples, 3, options);
export const labels: Int32Array = result.labels;
export const score: number = silhouetteScore(samples, labels);
export const best: number | undefined = elbow(samples, { kMax: 4 }).k;
export const picture: Promise<string> = elbowPlot(elbow(samples));
// @ts-expect-error: no such option
kmeans(samples, 3, { sede: 1 });
`;

const root = resolve(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'kmeans-simd-package-'));
const project = join(work, 'project');
const sampleFile = join(root, 'examples/data/blobs.csv');
let packed;
let failures = 0;

try {
  await check('npm pack makes a tarball of nothing but the built package', packTarball);
  await check('publint finds nothing in it', () => runTool('publint', ['run', packed.path, '--strict']));
  await check('attw finds nothing in it', judgeTypes);
  await check('dist/esm/index.js is one small file without imports', judgeCore);
  await check('it installs into an empty project, and nothing with it', installTarball);
  await check('import clusters 150 samples', () => cluster('esm/import.js'));
  await check('require clusters 150 samples', () => cluster('cjs/require.js'));
  await check('import of kmeans-simd/plot works, and says what to install', () => missPlot('esm/plot.js'));
  await check('require of kmeans-simd/plot works, and says what to install', () => missPlot('cjs/plot.js'));
  await check('an ES module type-checks', () => typeCheck('esm/consumer.ts'));
  await check('a CommonJS module type-checks', () => typeCheck('cjs/consumer.ts'));
  await check('the command line clusters 150 samples', runCommandLine);
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

/** Prints one line: `action` passes by returning, with a remark if it likes, and fails by throwing. */
async function check(name, action) {
  try {
    const remark = await action();
    console.log(`ok     ${name}${remark ? `: ${remark}` : ''}`);
  } catch (error) {
    failures++;
    console.log(`FAILED ${name}: ${error.message}`);
  }
}

function packTarball() {
  const output = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], root);
  const [{ filename, files, size }] = JSON.parse(output);
  packed = { path: join(work, filename) };
  const stray = files
    .map(({ path }) => path)
    .filter((path) => !/^(dist\/|(package\.json|README\.md|LICENSE)$)/.test(path));
  assert(stray.length === 0, `it also holds ${stray.join(', ')}`);
  for (const path of ['README.md', 'LICENSE'])
    assert(
      files.some((file) => file.path === path),
      `it lacks ${path}`,
    );
  return `${files.length} files, ${size} bytes`;
}

function judgeTypes() {
  // The profile leaves out TypeScript's old "node10" resolution, which knows no exports: it finds the main entry through
  // "types" all the same, but no subpath, and every Node in "engines" goes by exports.
  runTool('attw', [packed.path, '--profile', 'node16', '--no-definitely-typed', '--no-color', '--format', 'ascii']);
}

async function judgeCore() {
  const file = join(root, 'dist/esm/index.js');
  const { metafile } = await build({
    entryPoints: [file],
    bundle: true,
    external: ['*'],
    write: false,
    metafile: true,
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path));
  assert(imports.length === 0, `it imports ${imports.join(', ')}`);
  const text = readFileSync(file);
  for (const word of ['import(', 'import.meta'])
    assert(!text.includes(word), `it says ${word}, which bundlers stumble on`);
  const bytes = gzipSync(text).length;
  assert(bytes <= MAX_GZIPPED_BYTES, `it is ${bytes} bytes gzipped, above ${MAX_GZIPPED_BYTES}`);
  return `${text.length} bytes, ${bytes} gzipped`;
}

function installTarball() {
  for (const [folder, type] of Object.entries({ '.': 'module', esm: 'module', cjs: 'commonjs' })) {
    mkdirSync(join(project, folder), { recursive: true });
    writeFileSync(join(project, folder, 'package.json'), JSON.stringify({ private: true, type }));
  }
  run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', packed.path], project);
  const installed = run('npm', ['ls', '--all', '--parseable'], project).trim().split('\n').slice(1);
  assert(installed.length === 1, `these came: ${installed.join(', ')}`);

  const [, ...lines] = readFileSync(sampleFile, 'utf8').trim().split('\n');
  const samples = lines.map((line) => line.split(',').map(Number));
  const use = `const result = kmeans(${JSON.stringify(samples)}, 3);
    console.log(JSON.stringify({ labels: result.labels.length, counts: [...result.counts], inertia: result.inertia }));`;
  writeFileSync(join(project, 'esm/import.js'), `import { kmeans } from 'kmeans-simd';\n${use}`);
  writeFileSync(join(project, 'cjs/require.js'), `const { kmeans } = require('kmeans-simd');\n${use}`);
  const draw = `elbowPlot({ ks: [1, 2, 3], inertias: [9, 2, 1], k: 2 }).catch((error) => console.log(error.message));`;
  writeFileSync(join(project, 'esm/plot.js'), `import { elbowPlot } from 'kmeans-simd/plot';\n${draw}`);
  writeFileSync(join(project, 'cjs/plot.js'), `const { elbowPlot } = require('kmeans-simd/plot');\n${draw}`);
  for (const folder of ['esm', 'cjs']) writeFileSync(join(project, folder, 'consumer.ts'), CONSUMER);
}

function cluster(script) {
  const { labels, counts, inertia } = JSON.parse(run(process.execPath, [script], project));
  assert(labels === 150 && counts.length === 3 && counts.reduce((sum, c) => sum + c, 0) === 150, 'labels are missing');
  assert(Math.abs(inertia - 286.184214247) < 1e-6, `the inertia is ${inertia}, not 286.184…`);
}

function missPlot(script) {
  const output = run(process.execPath, [script], project);
  assert(output.includes('npm install @observablehq/plot'), `it said "${output.trim()}"`);
}

function typeCheck(file) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const flags = '--noEmit --strict --module nodenext --target es2022 --lib es2022,dom'.split(' ');
  run(process.execPath, [tsc, ...flags, '--types', '', file], project);
}

function runCommandLine() {
  copyFileSync(sampleFile, join(project, 'blobs.csv'));
  const command = join(project, 'node_modules/.bin/kmeans-simd');
  const [header, ...labels] = run(command, ['blobs.csv', '-k', '3', '--labels', '-'], project).trim().split('\n');
  assert(labels.length === 150, `it printed "${header}" and ${labels.length} lines below it, not 150`);
  assert(new Set(labels).size === 3, `its labels are ${[...new Set(labels)].join(', ')}`);
}

function runTool(name, args) {
  run(process.execPath, [join(root, 'node_modules/.bin', name), ...args], root);
}

/** Standard output of a command; all it printed is the error's message where it failed. */
function run(command, args, cwd) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`${error.stdout ?? ''}${error.stderr ?? ''}`.trim() || error.message);
  }
}

function assert(condition, message) {
  if (!condition) throw new Error(message);
}
