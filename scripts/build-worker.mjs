// Bundles what worker threads run into src/generated/worker.ts, as text: a worker is started from it, without a file of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

mkdirSync('src/generated', { recursive: true });
const { outputFiles } = await build({
  entryPoints: ['src/backend/worker.ts'],
  bundle: true,
  minify: true,
  // A script of Node's with eval, and a classic one of a page's.
  format: 'cjs',
  external: ['node:worker_threads'],
  platform: 'neutral',
  target: 'es2022',
  write: false,
  logLevel: 'warning',
});
const text = outputFiles[0].text.trim();
writeFileSync(
  'src/generated/worker.ts',
  `// Made by scripts/build-worker.mjs from src/backend/worker.ts.\nexport default ${JSON.stringify(text)};\n`,
);
console.log(`worker  ${text.length} characters`);
