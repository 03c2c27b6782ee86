import { statSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
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

/** An output that is written piece by piece; a piece is on its way before the next is made. */
export interface OpenOutput {
  write(text: string): Promise<void>;
  end(): Promise<void>;
}

/** Opens a file as `writeOutput` does, or standard output. */
export async function openOutput(file: string, stdout: Terminal['stdout']): Promise<OpenOutput> {
  if (file === '-')
    return {
      async write(text) {
        if (stdout.write(text) === false) await new Promise<void>((resolve) => stdout.once?.('drain', resolve));
      },
      end: async () => {},
    };
  const failed = (error: unknown) => new DataError(`cannot write ${file}: ${fileTrouble(error) ?? String(error)}`);
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(file, 'w');
    return {
      write: async (text) => {
        await handle.appendFile(text).catch((error) => Promise.reject(failed(error)));
      },
      end: () => handle.close(),
    };
  } catch (error) {
    throw failed(error);
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
