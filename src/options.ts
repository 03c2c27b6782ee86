import { rangeError, typeError } from './errors.js';
import { describe } from './data/kind.js';
import type { EmptyClusterPolicy } from './algorithms/empty-clusters.js';
import type { InitFunction, KMeansOptions, Data, Precision, Progress } from './types.js';

/** Options with every default filled in; made once a call, never changed. */
export interface ResolvedOptions {
  readonly nFeatures: number | undefined;
  readonly init: 'k-means++' | 'random' | Data | InitFunction;
  readonly nInit: number;
  readonly maxIter: number;
  readonly tol: number;
  readonly seed: number;
  readonly sampleWeight: ArrayLike<number> | undefined;
  readonly metric: 'euclidean' | 'cosine';
  readonly algorithm: 'lloyd';
  readonly emptyCluster: EmptyClusterPolicy;
  readonly precision: 'auto' | Precision;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** What each option may be: a test and the words for it. */
const RULES: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  nFeatures: [(v) => isInteger(v, 1), 'an integer ≥ 1'],
  init: [
    (v) => (typeof v === 'string' ? v === 'k-means++' || v === 'random' : (typeof v === 'object' && v !== null) || typeof v === 'function'),
    "'k-means++', 'random', starting centroids or a function",
  ],
  nInit: [(v) => v === 'auto' || isInteger(v, 1), "'auto' or an integer ≥ 1"],
  maxIter: [(v) => isInteger(v, 1), 'an integer ≥ 1'],
  tol: [(v) => typeof v === 'number' && v >= 0 && v < Infinity, 'a finite number ≥ 0'],
  seed: [(v) => isInteger(v, 0), 'an integer from 0 to 2⁵³ − 1'],
  sampleWeight: [() => true, ''],
  metric: oneOf('euclidean', 'cosine'),
  algorithm: oneOf('auto', 'lloyd'),
  emptyCluster: oneOf('relocate', 'keep', 'error'),
  precision: oneOf('auto', 'float32', 'float64'),
  relaxedSimd: [(v) => typeof v === 'boolean', 'true or false'],
  onProgress: [(v) => typeof v === 'function', 'a function'],
};

/**
 * Checks the options of a clustering and fills in the defaults. An option that is undefined counts as not given.
 *
 * @throws ERR_OPTION
 */
export function resolveOptions(options: KMeansOptions = {}): ResolvedOptions {
  if (typeof options !== 'object' || options === null)
    throw typeError('ERR_OPTION', `the options are ${describe(options)}; they must be an object`);
  checkOptions(options as Record<string, unknown>, RULES);
  const { init = 'k-means++', nInit = 'auto' } = options;
  const drawn = init === 'random' || typeof init === 'function';
  const runs = typeof init === 'object' ? 1 : nInit === 'auto' ? (drawn ? 10 : 1) : nInit;
  return {
    nFeatures: options.nFeatures,
    init,
    nInit: runs,
    maxIter: options.maxIter ?? 300,
    tol: options.tol ?? 1e-4,
    seed: options.seed ?? 0,
    sampleWeight: options.sampleWeight,
    metric: options.metric ?? 'euclidean',
    algorithm: 'lloyd',
    emptyCluster: options.emptyCluster ?? 'relocate',
    precision: options.precision ?? 'auto',
    onProgress: options.onProgress,
  };
}

/**
 * Refuses unknown names and values outside the rules.
 *
 * @throws ERR_OPTION
 */
export function checkOptions(
  options: Readonly<Record<string, unknown>>,
  rules: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>>,
): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) throw typeError('ERR_OPTION', `there is no option '${name}'; the options are ${Object.keys(rules).join(', ')}`);
    if (value !== undefined && !rule[0](value))
      throw rangeError('ERR_OPTION', `${name} is ${show(value)}; it must be ${rule[1]}`);
  }
}

/**
 * Refuses a k that is no integer from 1 to n.
 *
 * @throws ERR_K
 */
export function checkK(k: unknown, n = Infinity): void {
  if (isInteger(k, 1) && (k as number) <= n) return;
  const most = n === Infinity ? 'the number of samples' : `n = ${n}, the number of samples`;
  throw rangeError('ERR_K', `k is ${show(k)}; it must be an integer from 1 to ${most}`);
}

function oneOf(...values: string[]): readonly [(value: unknown) => boolean, string] {
  const quoted = values.map((value) => `'${value}'`);
  return [(v) => values.includes(v as string), `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`];
}

const isInteger = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least;

const show = (value: unknown): string =>
  typeof value === 'string' ? `'${value}'` : typeof value === 'object' && value !== null ? describe(value) : String(value);
