// Bundles benchmarks of bench/ and runs them one after the other: node scripts/bench.mjs NAME… [OPTION…]
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';

process.chdir(resolve(import.meta.dirname, '..'));

const known = [
  'kernels',
  'fit',
  'peers',
  'native',
  'seeding',
  'sweep',
  'groups',
  'cold',
  'memory',
  'memories',
  'threads',
  'scale',
  'minibatch',
  'page',
  'abort',
  'soak',
];
const args = process.argv.slice(2);
const firstOption = args.findIndex((arg) => arg.startsWith('-'));
const names = firstOption < 0 ? args : args.slice(0, firstOption);
const options = args.slice(names.length);
const unknown = names.find((name) => !known.includes(name));
if (names.length === 0 || unknown) {
  console.error(
    `${unknown ? `There is no benchmark '${unknown}'` : 'Name a benchmark'}; there are ${known.join(', ')}.`,
  );
  process.exit(1);
}

if (!existsSync('src/generated/simd.ts')) await import('./build-wasm.mjs');
for (const name of names) {
  const outfile = `build/bench/${name}.mjs`;
  await build({
    entryPoints: [`bench/${name}.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    packages: 'external',
    logLevel: 'warning',
  });
  const { status } = spawnSync(process.execPath, ['--expose-gc', outfile, ...options], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
