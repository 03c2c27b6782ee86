// The whole build: kernels to WASM, one bundle per entry point and format, type declarations for both formats.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { minify } from 'terser';

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
      // The kernels in the core are text beyond ASCII.
      charset: 'utf8',
      external: ['@observablehq/plot', 'linkedom'],
      plugins: [coreStaysOutside],
      legalComments: 'none',
      logLevel: 'warning',
    });
    if (name === 'index') await makeSmall(`dist/${format}/${name}.js`, format === 'esm');
  }
}

/**
 * Takes out of the core what only people need; terser leaves a thirtieth less than esbuild does. Engines keep a text as bytes,
 * and read it faster, where no character is beyond 255.
 */
async function makeSmall(file, module) {
  const { code } = await minify(readFileSync(file, 'utf8'), {
    ...{ module, toplevel: true, ecma: 2020 },
    // No `new` of the core's is there for its effects; one of the loader's makes a decoder of strings, which nobody needs.
    // A function moved to where it is called becomes a closure made at every call: tiny fits would take twice as long.
    compress: { passes: 2, pure_new: true, inline: false, reduce_funcs: false },
  });
  const escaped = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(file, code.replace(/[^\0-\xff]/g, escaped));
}

chmodSync('dist/esm/cli/main.js', 0o755);

execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
for (const entry of readdirSync('dist/esm', { recursive: true }))
  if (entry.endsWith('.d.ts')) cpSync(`dist/esm/${entry}`, `dist/cjs/${entry}`);
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
