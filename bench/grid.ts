import { parseArgs } from 'node:util';
import type { Precision } from '../src/types.js';
import { type Kind, type Shape, shapeName } from './data.js';

/** The command line of benchmarks that go over many shapes in one precision. */
export const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    /** Multiply-adds of an iteration of plain Lloyd: sets n. */
    work: { type: 'string', default: '4e7' },
    repeats: { type: 'string', default: '3' },
    float64: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

export const precision: Precision = options.float64 ? 'float64' : 'float32';

interface Grid {
  dimensions: readonly number[];
  clusters: readonly number[];
  kinds: readonly Kind[];
  /** Samples of a cluster. */
  least: number;
}

/** A row of a table for each shape of a grid that the command line asks for; printed as they come. */
export async function measureGrid(
  { dimensions, clusters, kinds, least }: Grid,
  measure: (shape: Shape) => Promise<string[]>,
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const d of dimensions)
    for (const k of clusters)
      for (const kind of kinds) {
        const n = Math.max(Math.round(Number(options.work) / (k * d)), least * k);
        const shape: Shape = { kind, n, d, k, precision };
        if (!new RegExp(options.only).test(shapeName(shape))) continue;
        const row = await measure(shape);
        rows.push(row);
        console.log(row.join('  '));
      }
  return rows;
}
