import { ALGORITHMS, type AlgorithmName } from '../src/algorithms/choose.js';
import { COLUMNS_MAX_D } from '../src/backend/shapes.js';

/** Those that differ for samples of d features: beyond four, 'filtering' is another of them. */
export const algorithmsFor = (d: number): AlgorithmName[] =>
  ALGORITHMS.filter((algorithm) => algorithm !== 'filtering' || d <= COLUMNS_MAX_D);
