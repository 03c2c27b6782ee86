import { statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DataError, fileTrouble, UsageError } from './failures.js';
import type { Terminal } from './terminal.js';

/** A file to write, `-` being standard output, and the option that names it. */
export interface Target {
  option: string;
  file: string;
}

/** Throws a `UsageError` where outputs would overwrite an input or one another, or share standard output. */
export function checkTargets(inputs: string[], targets: Target[], json: boolean): void {
  const taken = new Map<string, string>();
  for (const input of inputs) if (input !== '-') taken.set(identity(input), input);
  if (json) taken.set('-', '--json');

  for (const { option, file } of targets) {
    const id = file === '-' ? '-' : identity(file);
    const by = taken.get(id);
    if (by !== undefined && file === '-') throw new UsageError(`${by} and ${option} cannot both go to standard output`);
    if (by?.startsWith('--')) throw new UsageError(`${by} and ${option} name the same file, "${file}"`);
    if (by !== undefined) throw new UsageError(`${option} would overwrite the input file "${by}"`);
    taken.set(id, option);
  }
}

/** Writes a text to a file, making the directories it lies in, or to standard output. */
export async function writeOutput(file: string, text: string, stdout: Terminal['stdout']): Promise<void> {
  if (file === '-') {
    stdout.write(text);
    return;
  }
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new DataError(`cannot write ${file}: ${fileTrouble(error) ?? String(error)}`);
  }
}

/** The same for every name of one file, links and other spellings of its path among them. */
function identity(file: string): string {
  try {
    const stats = statSync(file, { bigint: true });
    if (stats.isFile()) return `${stats.dev}:${stats.ino}`;
  } catch {
    // not there yet, or out of reach: writing it will say so
  }
  return resolve(file);
}
