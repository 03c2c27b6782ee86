import { algorithmFor, boundsFor } from './algorithms/choose.js';
import {
  boundsLayout,
  distancesLayout,
  estimatedLayout,
  filterLayout,
  runLayout,
  seedLayout,
  treeLevels,
} from './backend/layout.js';
import { memoryLimit } from './backend/workspace.js';
import { statisticsLayout } from './data/centre.js';
import { samplesLayout } from './data/copy-samples.js';
import type { Source } from './data/source.js';
import { outOfMemory } from './errors.js';
import { precisionFor, type ResolvedOptions } from './options.js';
import { growingRows } from './seeding/growing.js';
import { trialsFor } from './seeding/plus-plus.js';
import { usesEstimates } from './seeding/potential.js';

/** For what lies between buffers. */
const SLACK = 2 ** 16;

/** Values below which nothing can be too much. */
const FEW_VALUES = 2 ** 22;

/**
 * Refuses what one memory cannot hold, before anything is taken.
 *
 * @throws ERR_OUT_OF_MEMORY
 */
export function checkRoom(source: Source, k: number, options: ResolvedOptions): void {
  const { nSamples, nFeatures } = source;
  if (nSamples * nFeatures < FEW_VALUES) return;
  const bytes = footprint(source, nSamples, k, options, 1, false);
  if (bytes > memoryLimit.bytes) throw outOfMemory(nSamples, bytes);
}

/** Bytes that clustering takes where `rows` of the samples lie in one memory, at the most. */
export function footprint(
  { nSamples, nFeatures: d, precision: own }: Pick<Source, 'nSamples' | 'nFeatures' | 'precision'>,
  rows: number,
  k: number,
  options: ResolvedOptions,
  threads: number,
  inParts: boolean,
): number {
  const precision = precisionFor(options, own);
  const shape = { n: rows, d, k, precision, threads };
  const algorithm = algorithmFor(options.algorithm, { ...shape, n: nSamples }, inParts);
  const bounds = boundsFor(algorithm, d, k, precision);
  const plans: Record<string, number>[] = [
    { ...samplesLayout(rows, d, precision), weights: rows * 8 },
    statisticsLayout(rows, d),
    runLayout(shape),
    distancesLayout(shape),
  ];
  if (bounds) {
    const estimateBytes = bounds.quantised ? 1 : 0;
    plans.push(boundsLayout({ ...shape, ...bounds, estimateBytes }), estimatedLayout({ ...shape, estimateBytes }));
  }
  const grown = options.init === 'growing' ? growingRows(nSamples, k) : 0;
  const trees = { ...shape, levels: treeLevels(rows) };
  if (algorithm === 'filtering') plans.push(filterLayout(trees));
  if (options.init === 'k-means++' || (options.init === 'growing' && !grown))
    plans.push(seedLayout({ ...shape, trials: trialsFor(k), estimateBytes: usesEstimates(k, d) ? 2 : 0 }));
  const sample = { nSamples: grown, nFeatures: d, precision };
  const alike = { ...options, algorithm: 'auto', init: 'k-means++' } as const;
  const more = grown && footprint(sample, grown, k, alike, threads, false);
  return totalOf(...plans) + more;
}

/** Bytes of all buffers of some plans. */
export const totalOf = (...plans: Record<string, number>[]): number =>
  plans.flatMap(Object.values).reduce((sum: number, bytes) => sum + bytes, SLACK);
