import { createRequire } from 'node:module';
import { parseCommand } from './arguments.js';
import { runCluster } from './cluster.js';
import { DataError, UsageError } from './failures.js';
import { clusterHelp, predictHelp } from './help.js';
import { runPredict } from './predict.js';
import type { Terminal } from './terminal.js';

/** Runs one command line; returns the exit code: 0, 1 for bad data or a failed run, 2 for bad usage. */
export async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await runCommand(words, terminal);
    return 0;
  } catch (error) {
    const { code, message } = describe(error);
    terminal.stderr.write(`kmeans-simd: ${message}\n`);
    if (code === 2) terminal.stderr.write('Try kmeans-simd --help\n');
    return code;
  }
}

async function runCommand(words: readonly string[], terminal: Terminal): Promise<void> {
  const command = parseCommand(words);
  if (command.name === 'help') terminal.stdout.write(command.topic === 'cluster' ? clusterHelp : predictHelp);
  else if (command.name === 'version') terminal.stdout.write(`${version()}\n`);
  else if (command.name === 'predict') await runPredict(command, terminal);
  else await runCluster(command, terminal);
}

/** The package's own package.json, wherever the bundle lies. */
function version(): string {
  return (createRequire(import.meta.url)('kmeans-simd/package.json') as { version: string }).version;
}

function describe(error: unknown): { code: number; message: string } {
  if (error instanceof UsageError) return { code: 2, message: error.message };
  if (error instanceof DataError || isOfLibrary(error)) return { code: 1, message: error.message };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 1, message: `this is a bug of kmeans-simd, please report it: ${text}` };
}

/** What the library's checks can find in data and options that have passed ours; its messages are written for people. */
const libraryCodes = ['ERR_EMPTY_DATA', 'ERR_NON_FINITE', 'ERR_K', 'ERR_OPTION', 'ERR_FEATURES', 'ERR_OUT_OF_MEMORY'];

function isOfLibrary(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && libraryCodes.includes(String(error.code));
}
