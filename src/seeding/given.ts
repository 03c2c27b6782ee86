import { nonFiniteError } from '../data/finite.js';
import { isNumericArray } from '../data/kind.js';
import { readSource } from '../data/source.js';
import { rangeError } from '../errors.js';
import type { ResolvedOptions } from '../options.js';
import type { Data, Random } from '../types.js';

/**
 * What makes the first centroids where the caller brings them: k × d values, row by row; undefined for a named method.
 * Centroids given as data are read at once, so that a wrong shape is found before any work.
 *
 * @throws ERR_INIT_SHAPE and what the data forms throw
 */
export function startingCentroids(
  init: ResolvedOptions['init'],
  data: Data,
  k: number,
  d: number,
): ((random: Random) => Float64Array) | undefined {
  if (typeof init === 'string') return undefined;
  if (typeof init === 'function') return (random) => readCentroids(init(data, k, random), k, d);
  const centroids = readCentroids(init, k, d);
  return () => centroids;
}

function readCentroids(init: Data, k: number, d: number): Float64Array {
  if (isNumericArray(init) && init.length !== k * d)
    throw rangeError(
      'ERR_INIT_SHAPE',
      `the starting centroids are ${init.length} values; they must be k × features = ${k} × ${d}`,
    );
  const source = readSource(init, d);
  if (source.nSamples !== k || source.nFeatures !== d)
    throw rangeError(
      'ERR_INIT_SHAPE',
      `the starting centroids are ${source.nSamples} × ${source.nFeatures}; they must be k × features = ${k} × ${d}`,
    );
  const values = new Float64Array(k * d);
  source.write(values, 0, k);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw nonFiniteError(values[bad]!, Math.floor(bad / d), bad % d);
  return values;
}
