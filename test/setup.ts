import { existsSync } from 'node:fs';

/** The tests run the sources, but the kernels and the command line have to be built: say so instead of failing oddly. */
export default function setup() {
  for (const file of ['src/generated/simd.ts', 'dist/esm/cli/main.js'])
    if (!existsSync(file)) throw new Error(`${file} is missing: run "npm run build" before the tests`);
}
