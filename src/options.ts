import { ALL_ALGORITHMS, type AnyAlgorithmName } from './algorithms/choose.js';
import type { EmptyClusterPolicy } from './algorithms/empty-clusters.js';
import { rangeError, typeError } from './errors.js';
import {
  anything,
  autoOr,
  checkOptions,
  integer,
  isFunction,
  isNumber,
  type OptionRules,
  oneOf,
  seedRule,
  show,
  threadsRule,
} from './option-rules.js';
import type { Data, InitFunction, InitName, KMeansOptions, Precision, Progress } from './types.js';

/** Options with every default filled in; made once a call, never changed. */
export interface ResolvedOptions {
  readonly nFeatures: number | undefined;
  readonly init: InitName | Data | InitFunction;
  readonly nInit: number;
  readonly maxIter: number;
  readonly tol: number;
  readonly seed: number;
  readonly sampleWeight: ArrayLike<number> | undefined;
  readonly metric: 'euclidean' | 'cosine';
  readonly algorithm: 'auto' | AnyAlgorithmName;
  readonly emptyCluster: EmptyClusterPolicy;
  readonly precision: 'auto' | Precision;
  readonly relaxedSimd: boolean;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

const isString = (value: unknown) => typeof value === 'string';
const isObject = (value: unknown) => typeof value === 'object' && value !== null;

const INIT_NAMES: readonly InitName[] = ['k-means++', 'k-means||', 'afk-mc2', 'growing', 'random'];

/** Of the options that all models have. */
export const COMMON_RULES: OptionRules = {
  nFeatures: integer(1),
  init: [
    (v) => INIT_NAMES.some((name) => v === name) || isObject(v) || isFunction[0](v),
    `${INIT_NAMES.map((name) => `'${name}'`).join(', ')}, starting centroids or a function`,
    isString,
  ],
  nInit: autoOr(integer(1)),
  maxIter: integer(1),
  tol: [(v) => isNumber(v) && v >= 0 && v < Infinity, 'a finite number ≥ 0', isNumber],
  seed: seedRule,
  sampleWeight: anything,
  metric: oneOf('euclidean', 'cosine'),
  precision: oneOf('auto', 'float32', 'float64'),
  relaxedSimd: [(v) => typeof v === 'boolean', 'true or false'],
  onProgress: isFunction,
};

const RULES: OptionRules = {
  ...COMMON_RULES,
  algorithm: oneOf('auto', ...ALL_ALGORITHMS, 'exponion'),
  emptyCluster: oneOf('relocate', 'keep', 'error'),
};

/** What every asynchronous call takes. */
export const ASYNC_RULES: OptionRules = {
  threads: threadsRule,
  signal: [(v) => typeof (v as AbortSignal | null)?.aborted === 'boolean', 'an AbortSignal'],
};

/** All that an asynchronous clustering takes. */
export const KMEANS_ASYNC_RULES: OptionRules = { ...RULES, ...ASYNC_RULES };

/**
 * Checks the options of a clustering and fills in the defaults. An option that is undefined counts as not given.
 *
 * @throws ERR_OPTION
 */
export function resolveOptions(options: KMeansOptions = {}, rules = RULES): ResolvedOptions {
  checkOptions(options, rules);
  if (options.algorithm === 'hartigan-wong' && options.metric === 'cosine')
    throw rangeError('ERR_OPTION', "metric is 'cosine'; with the algorithm 'hartigan-wong' it must be 'euclidean'");
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
    // What Exponion (Newling & Fleuret 2016) is for, few features, filtering does faster, with the same bits.
    algorithm: options.algorithm === 'exponion' ? 'filtering' : (options.algorithm ?? 'auto'),
    emptyCluster: options.emptyCluster ?? 'relocate',
    precision: options.precision ?? 'auto',
    relaxedSimd: options.relaxedSimd ?? false,
    onProgress: options.onProgress,
  };
}

/** The precision of values that are clustered, of which the source has its own. */
export const precisionFor = ({ precision }: Pick<ResolvedOptions, 'precision'>, own: Precision): Precision =>
  precision === 'auto' ? own : precision;

/**
 * Refuses a k that is no integer from 1 to n.
 *
 * @throws ERR_K
 */
export function checkK(k: unknown, n = Infinity): void {
  if (integer(1)[0](k) && Number(k) <= n) return;
  const most = n === Infinity ? 'the number of samples' : `n = ${n}, the number of samples`;
  const message = `k is ${show(k)}; it must be an integer from 1 to ${most}`;
  throw isNumber(k) ? rangeError('ERR_K', message) : typeError('ERR_K', message);
}
