import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** Runs a module in a Node process of its own, with the built library as `library`; returns what it printed. */
export function inProcess(source: string): string {
  const core = pathToFileURL('dist/esm/index.js').href;
  const program = `const library = await import('${core}');\n${source}`;
  const { status, stdout, stderr, error } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  if (status !== 0) throw new Error(`exit status ${status}: ${stderr || error}`);
  return stdout.trim();
}
