import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Pages, serve } from './server.js';

export interface Browser {
  name: string;
  /** What it may be called. */
  commands: readonly string[];
  /** How to start it with a fresh folder for its profile. */
  options(folder: string): string[];
  /** Settings that are written into that folder. */
  settings?: string;
}

export const browsers: readonly Browser[] = [
  {
    name: 'Chromium',
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    options: (folder) => [
      ...['headless', 'no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run', 'disable-sync'].map((o) => `--${o}`),
      '--disable-background-networking',
      '--disable-component-update',
      `--user-data-dir=${folder}`,
    ],
  },
  {
    name: 'Firefox',
    commands: ['firefox-esr', 'firefox'],
    options: (folder) => ['--headless', '--no-remote', '--profile', folder],
    // No page of its own in front of ours.
    settings: 'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n',
  },
];

/** Milliseconds for all pages together. */
const LIMIT = 60_000;

/** The path of the browser, or undefined where it is not installed. */
export function find({ commands }: Browser): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return commands.flatMap((command) => folders.map((folder) => join(folder, command))).find(isProgram);
}

/** Has a browser go through the pages of a script; what they answered, as far as they did within the time. */
export async function visit<Name extends string>(
  browser: Browser,
  command: string,
  pages: Pages<Name>,
  script: string,
): Promise<Map<Name, unknown>> {
  const answers = new Map<Name, unknown>();
  let done!: () => void;
  const end = new Promise<void>((resolve) => {
    done = resolve;
  });
  const site = await serve(pages, script, (name, answer) => {
    if (answers.set(name, answer).size === Object.keys(pages).length) done();
  });
  const folder = mkdtempSync(join(tmpdir(), 'kmeans-browser-'));
  if (browser.settings) writeFileSync(join(folder, 'user.js'), browser.settings);
  const limit = setTimeout(done, LIMIT);
  const child = spawn(command, [...browser.options(folder), site.url], { stdio: ['ignore', 'ignore', 'pipe'] });
  // It comes once all processes of the browser have ended, since they share the pipe, or when none could be started.
  const closed = new Promise<void>((resolve) => child.once('error', done).once('close', () => resolve()));
  child.stderr.resume();
  child.once('exit', done);
  await end;
  clearTimeout(limit);
  child.kill('SIGKILL');
  await closed;
  site.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return answers;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
