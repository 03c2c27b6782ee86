import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

describe('examples/', () => {
  it('choose-k.mjs: elbow and silhouette agree on three', () => {
    const rows = run('choose-k.mjs').slice(1);
    expect(rows.filter((row) => row.endsWith('elbow'))).toEqual([expect.stringMatching(/^3 /)]);
    const scores = rows.map((row) => Number(row.split(/ +/)[2]));
    expect(scores.indexOf(Math.max(...scores))).toBe(1);
  });

  it('watch.mjs: the inertia falls until the centroids hardly move, and the picture moves', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kmeans-simd-examples-'));
    try {
      const iterations = run('watch.mjs', join(folder, 'steps.svg'));
      const inertias = iterations.map((line) => Number(/inertia ([\d.]+)/.exec(line)![1]));
      expect(inertias.length).toBeGreaterThan(3);
      expect(inertias).toEqual([...inertias].sort((a, b) => b - a));
      expect(iterations.at(-1)).toMatch(/, [0-3] labels changed$/);
      expect(readFileSync(join(folder, 'steps.svg'), 'utf8')).toMatch(/^<svg[\s\S]*@keyframes/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** The lines that an example prints. */
function run(name: string, ...args: string[]): string[] {
  const file = fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
  return execFileSync(process.execPath, [file, ...args], { encoding: 'utf8' })
    .trim()
    .split('\n');
}
