import { mkdirSync, writeFileSync } from 'node:fs';
import type { Markish, PlotOptions } from '@observablehq/plot';
import { loadKit } from '../src/plot/load.js';
import { serialize } from '../src/plot/svg.js';
import { LIGHT } from '../src/plot/theme.js';
import type { CellResult } from './native/results.js';
import { ratioOf } from './native/summary.js';
import type { PeerResult } from './peers/cell-bench.js';
import { times } from './table.js';

const FOLDER = 'docs/pictures';
const TICKS = [0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** A bar for every package and shape: how many times longer it takes. */
export async function peersChart(results: readonly PeerResult[]): Promise<void> {
  const { Plot } = await loadKit();
  const bars = results.map(({ n, d, k, peer, ratio }) => ({ shape: `${n} × ${d}, k ${k}`, peer, ratio }));
  const axis = ratioAxis(
    Plot,
    'times as long as kmeans-simd',
    bars.map(({ ratio }) => ratio),
  );
  await draw('benchmark-peers', {
    x: axis.x,
    height: 40 + 19 * bars.length + 14 * new Set(bars.map(({ shape }) => shape)).size,
    y: { label: null, domain: [...new Set(bars.map(({ peer }) => peer))] },
    fy: { label: null, domain: [...new Set(bars.map(({ shape }) => shape))] },
    marginLeft: 90,
    marginRight: 120,
    marks: [
      ...axis.marks,
      Plot.barX(bars, { x1: 1, x2: 'ratio', y: 'peer', fy: 'shape', fill: LIGHT.clusters[0] }),
      Plot.text(bars, {
        x: ({ ratio }: { ratio: number }) => Math.max(1, ratio),
        y: 'peer',
        fy: 'shape',
        text: ({ ratio }: { ratio: number }) => times(ratio),
        dx: 4,
        textAnchor: 'start',
      }),
      Plot.ruleX([1]),
    ],
  });
}

/** A dot for every cell, sorted by features: the fastest of scikit-learn's and FAISS's times by ours. */
export async function nativeChart(cells: readonly CellResult[]): Promise<void> {
  const { Plot } = await loadKit();
  const dots = cells.map((cell) => ({ ratio: ratioOf(cell), features: `${cell.d} features`, data: cell.kind }));
  const rows = [...new Set(cells.map(({ d }) => d))].sort((a, b) => a - b).map((d) => `${d} features`);
  const kinds = [...new Set(cells.map(({ kind }) => kind))];
  const label = 'times as long as kmeans-simd: the fastest of scikit-learn and FAISS';
  const axis = ratioAxis(
    Plot,
    label,
    dots.map(({ ratio }) => ratio),
  );
  await draw('benchmark-native', {
    x: axis.x,
    height: 70 + 28 * rows.length,
    y: { label: null, domain: rows, grid: true },
    symbol: { legend: false, domain: kinds },
    color: { domain: kinds, range: LIGHT.clusters.slice(0, kinds.length) },
    marginLeft: 90,
    marginTop: 30,
    marks: [
      ...axis.marks,
      Plot.ruleX([1]),
      Plot.dot(dots, { x: 'ratio', y: 'features', stroke: 'data', symbol: 'data', r: 4 }),
      ...kinds.flatMap((kind, i) => [
        Plot.dot([kind], { ...legendPlace(i, 0), stroke: LIGHT.clusters[i], symbol: () => kind, r: 4 }),
        Plot.text([kind], { ...legendPlace(i, 10), fill: LIGHT.clusters[i], textAnchor: 'start' }),
      ]),
    ],
  });
}

const legendPlace = (i: number, dx: number) => ({ frameAnchor: 'top-left' as const, dx: 12 + 95 * i + dx, dy: -20 });

interface Axis {
  x: PlotOptions['x'];
  marks: Markish[];
}

/** A log axis of ratios around 1. Plot's own leaves labels out, whatever ticks it is given. */
function ratioAxis(Plot: typeof import('@observablehq/plot'), label: string, ratios: readonly number[]): Axis {
  const domain = [Math.min(1, ...ratios) / 1.3, Math.max(1, ...ratios) * 1.3];
  const ticks = TICKS.filter((tick) => tick >= domain[0]! && tick <= domain[1]!);
  return {
    x: { type: 'log', label, labelAnchor: 'center', domain },
    marks: [Plot.gridX(ticks), Plot.axisX(ticks, { text: (x: number) => `${x}×`, label, labelAnchor: 'center' })],
  };
}

async function draw(name: string, options: PlotOptions): Promise<void> {
  const { Plot, document } = await loadKit();
  const svg = Plot.plot({ width: 760, ...options, document, style: { background: LIGHT.paper, color: LIGHT.ink } });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/${name}.svg`, `${serialize(svg)}\n`);
}
