import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Problem } from '../data.js';

/** Debian's Python: the packages of bench/native/install.sh belong to it. */
const PYTHON = '/usr/bin/python3';

export type Rival = 'lloyd' | 'elkan' | 'faiss';

export interface RivalFit {
  seconds: number;
  iterations: number;
  inertia: number;
}

/** scikit-learn and FAISS with so many threads; ends the benchmark, with a word, where they are not installed. */
export function startPython(threads: number): PythonServer {
  const { status } = spawnSync(PYTHON, ['-c', 'import faiss, numpy, sklearn, threadpoolctl']);
  if (status === 0) return new PythonServer(threads);
  console.error(
    `scikit-learn or FAISS is missing: ${PYTHON} cannot import them. bench/native/install.sh installs them.`,
  );
  process.exit(1);
}

/** scikit-learn and FAISS in a process that stays, so that nobody's start counts. */
export class PythonServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'kmeans-bench-'));
  private readonly labelsFile = join(this.folder, 'labels.bin');
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor(threads: number) {
    const limits = { OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) };
    this.child = spawn(PYTHON, ['bench/native/server.py'], {
      env: { ...process.env, ...limits },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  async load({ values, start, n, d, k, precision }: Problem): Promise<void> {
    const [data, starts] = [join(this.folder, 'data.bin'), join(this.folder, 'start.bin')];
    writeFileSync(data, bytesOf(values));
    writeFileSync(starts, bytesOf(start));
    await this.request({ op: 'load', data, start: starts, n, d, k, precision });
  }

  fit(by: Rival, iterations: number, withLabels = false): Promise<RivalFit> {
    return this.request({ op: 'fit', by, iterations, ...(withLabels && { labels: this.labelsFile }) });
  }

  /** The labels of the last fit that was asked for them. */
  labels(): Int32Array {
    const { buffer, byteOffset, length } = readFileSync(this.labelsFile);
    return new Int32Array(buffer, byteOffset, length / 4);
  }

  seed(k: number, seed: number): Promise<{ seconds: number; potential: number }> {
    return this.request({ op: 'seed', k, seed });
  }

  miniBatch(k: number, seed: number, batch: number): Promise<{ seconds: number; steps: number; inertia: number }> {
    return this.request({ op: 'minibatch', k, seed, batch });
  }

  versions(): Promise<Record<string, string>> {
    return this.request({ op: 'versions' });
  }

  close(): void {
    this.child.stdin!.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async request<T>(message: object): Promise<T> {
    this.child.stdin!.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('the Python process ended');
    const answer = JSON.parse(value) as T & { error?: string };
    if (answer.error) throw new Error(answer.error);
    return answer;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);
