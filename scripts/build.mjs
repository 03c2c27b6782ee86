// The whole build: kernels to WASM, one bundle per entry point and format, type declarations for both formats.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const entries = { index: 'src/index.ts', 'plot/index': 'src/plot/index.ts', 'cli/main': 'src/cli/main.ts' };

rmSync('dist', { recursive: true, force: true });
await import('./build-wasm.mjs');
await import('./build-worker.mjs');

/** What stands beside the core uses its public API: those imports stay imports, so that the core ships once. */
const coreStaysOutside = {
  name: 'core-stays-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/(plot\/)?index\.js$/ }, ({ path }) => ({ path, external: true }));
  },
};

for (const format of ['esm', 'cjs']) {
  for (const [name, source] of Object.entries(entries)) {
    if (format === 'cjs' && name.startsWith('cli/')) continue;
    await build({
      entryPoints: [source],
      outfile: `dist/${format}/${name}.js`,
      bundle: true,
      format,
      platform: name === 'index' ? 'neutral' : 'node',
      mainFields: ['module', 'main'],
      target: 'es2022',
      minifySyntax: true,
      // The core is to be small; the kernels in it are text beyond ASCII.
      minifyWhitespace: name === 'index',
      minifyIdentifiers: name === 'index',
      charset: 'utf8',
      external: ['@observablehq/plot', 'linkedom'],
      plugins: [coreStaysOutside],
      legalComments: 'none',
      logLevel: 'warning',
    });
  }
}
chmodSync('dist/esm/cli/main.js', 0o755);

execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
for (const entry of readdirSync('dist/esm', { recursive: true }))
  if (entry.endsWith('.d.ts')) cpSync(`dist/esm/${entry}`, `dist/cjs/${entry}`);
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
