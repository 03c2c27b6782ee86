import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Block {
  language: string;
  code: string;
  /** Line of the README that the block starts on. */
  line: number;
  /** The text block right after it: what it prints. */
  output?: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = existsSync(join(root, 'README.md')) ? readFileSync(join(root, 'README.md'), 'utf8') : '';
const blocks = fencedBlocks(readme);
const programs = blocks.filter(({ language }) => ['js', 'ts'].includes(language));
const commands = blocks.filter(({ language, code }) => language === 'sh' && /npx kmeans-simd\b/.test(code));

describe('README.md', () => {
  let folder = '';

  // A project like any other's: the package in node_modules, the example data beside the program.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kmeans-simd-readme-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules', 'kmeans-simd'));
    cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
    cpSync(join(root, 'examples', 'data'), folder, { recursive: true });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('has programs and commands to try', () => {
    expect(programs.length).toBeGreaterThan(0);
    expect(commands.length).toBeGreaterThan(0);
  });

  it.each(programs)('program of line $line runs', ({ language, code, line, output }) => {
    const file = join(folder, `line-${line}.${/\brequire\(/.test(code) ? 'cjs' : 'mjs'}`);
    writeFileSync(file, language === 'ts' ? transformSync(code, { loader: 'ts' }).code : code);
    const printed = execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
    if (output !== undefined) expect(lines(printed)).toEqual(lines(output));
  });

  it.each(commands)('commands of line $line run', ({ code, output }) => {
    const program = `"${process.execPath}" "${join(root, 'dist/esm/cli/main.js')}"`;
    const script = code
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .filter((line) => /npx kmeans-simd\b/.test(line))
      .map((line) => line.replaceAll(/npx kmeans-simd\b/g, program))
      .join('\n');
    const printed = execFileSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, encoding: 'utf8' });
    if (output !== undefined) expect(lines(printed)).toEqual(lines(output));
  });
});

/** The code blocks of a Markdown text; a text block belongs to the code block it follows, be it with a sentence between. */
function fencedBlocks(markdown: string): Block[] {
  const found: Block[] = [];
  for (const match of markdown.matchAll(/^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm)) {
    const [whole, language, code] = match;
    const line = markdown.slice(0, match.index).split('\n').length;
    const last = found.at(-1);
    if (language === 'text' && last && last.output === undefined) last.output = code!;
    else if (language !== 'text') found.push({ language: language!, code: code!, line });
    else expect.fail(`line ${line}: a text block without a program before it: ${whole}`);
  }
  return found;
}

/** Lines without the spaces at their ends and the empty lines around. */
function lines(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trimEnd());
}
