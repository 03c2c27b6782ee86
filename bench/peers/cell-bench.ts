import { interleaved, type Timing } from '../clock.js';
import type { Shape } from '../data.js';
import { digits, milliseconds, times } from '../table.js';
import { ours, oursInFloat32, own, type Peer } from './catalogue.js';
import { PeerProcess } from './process.js';

export type Cell = Shape & { maxIter: number };

export interface PeerResult extends Shape {
  peer: string;
  /** Whether it started from the same rows as ours. */
  sameStart: boolean;
  /** Their time by ours; NaN where there is none. */
  ratio: number;
  row: readonly string[];
}

/** One shape: a process for every package, and what came of it. */
export class CellBench {
  private readonly processes = new Map<Peer, PeerProcess>();
  private readonly failures = new Map<Peer, string>();
  private readonly inertias = new Map<Peer, number>();

  constructor(
    private readonly cell: Cell,
    private readonly iterations: number,
    private readonly repeats: number,
    private readonly limitSeconds: number,
  ) {}

  async start(all: readonly Peer[]): Promise<void> {
    for (const peer of all)
      try {
        const refusal = peer.refuses?.(this.cell);
        if (refusal) throw new Error(refusal);
        const process = await PeerProcess.start(peer, this.cell, this.limitSeconds);
        this.processes.set(peer, process);
        this.inertias.set(peer, (await process.cluster(this.limitOf(peer), true)).inertia);
      } catch (error) {
        this.failures.set(peer, (error as Error).message);
      }
  }

  async run(): Promise<PeerResult[]> {
    const ourProcess = this.processes.get(ours)!;
    const inFloat32 = this.processes.get(oursInFloat32)!;
    const others = [...this.processes].filter(([peer]) => !own.includes(peer) && !this.failures.has(peer));
    const ourRuns = [
      { name: ours.name, run: async () => (await ourProcess.cluster(this.iterations)).seconds },
      { name: oursInFloat32.name, run: async () => (await inFloat32.cluster(this.iterations)).seconds },
      { name: 'conversion', run: async () => (await ourProcess.convert()).seconds },
    ];
    // What a peer without a limit is compared with.
    if (others.some(([{ uncapped }]) => uncapped))
      ourRuns.push({ name: 'converged', run: async () => (await ourProcess.cluster(300)).seconds });
    const theirRuns = others.map(([peer, process]) => ({
      name: peer.name,
      run: async () => (await process.cluster(this.limitOf(peer))).seconds,
    }));
    const timings = await interleaved([...ourRuns, ...theirRuns], this.repeats);

    const conversion = `of it, conversion: ${milliseconds(timings.conversion!.median)} ms`;
    const rows = [
      this.result(ours, timings[ours.name], Number.NaN, Number.NaN, conversion),
      this.result(oursInFloat32, timings[oursInFloat32.name], Number.NaN, Number.NaN, 'the same rows, rounded'),
    ];
    for (const peer of [...others.map(([peer]) => peer), ...this.failures.keys()]) {
      const timing = timings[peer.name];
      const base = timings[peer.uncapped ? 'converged' : ours.name]?.median ?? Number.NaN;
      const theirs = timing?.median ?? Number.NaN;
      const byFloat32 = peer.uncapped ? Number.NaN : theirs / timings[oursInFloat32.name]!.median;
      rows.push(this.result(peer, timing, theirs / base, byFloat32, peer.note ?? ''));
    }
    return rows;
  }

  stop(): void {
    for (const process of this.processes.values()) process.stop();
  }

  private limitOf(peer: Peer): number {
    return peer.uncapped ? 300 : this.iterations;
  }

  private result(peer: Peer, timing: Timing | undefined, ratio: number, byFloat32: number, note: string): PeerResult {
    const { n, d, k } = this.cell;
    const failure = this.failures.get(peer) ?? timing?.failure;
    const row = [
      `${n} × ${d}, ${k}`,
      peer.name,
      peer.uncapped ? 'all' : String(this.iterations),
      failure || !timing ? '–' : milliseconds(timing.median),
      times(failure ? Number.NaN : ratio),
      times(failure ? Number.NaN : byFloat32),
      digits(this.inertias.get(peer) ?? Number.NaN, 7),
      String(timing?.runs ?? 0),
      failure ?? note,
    ];
    return { ...this.cell, peer: peer.name, sameStart: !peer.ownStart, ratio: failure ? Number.NaN : ratio, row };
  }
}
