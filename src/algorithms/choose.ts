import type { Shape } from '../backend/layout.js';
import type { Work } from '../backend/pass.js';
import { COLUMNS_MAX_D } from '../backend/shapes.js';
import type { Precision } from '../types.js';
import { BoundedAssignment, type BoundsOptions } from './bounded-assignment.js';
import { Filtering } from './filtering.js';
import { hartiganWong } from './hartigan-wong.js';
import { type Assignment, type Iteration, type Limits, lloyd } from './lloyd.js';
import type { Run } from './run.js';
import { Transfers } from './transfers.js';

// The thresholds are what `npm run bench:sweep` and, for groups of bounds, `npm run bench:groups` show, with and without `--float64`.

/** Algorithms that give the same bits and differ in speed. */
export const ALGORITHMS = ['lloyd', 'hamerly', 'yinyang', 'filtering'] as const;

export type AlgorithmName = (typeof ALGORITHMS)[number];

/** Those, and the one that finds another optimum. */
export const ALL_ALGORITHMS = [...ALGORITHMS, 'hartigan-wong'] as const;

export type AnyAlgorithmName = (typeof ALL_ALGORITHMS)[number];

/**
 * From this many features on Yinyang keeps the samples as i16 too: half their size (a quarter of float64), and estimates at
 * half the cost (a quarter).
 */
const QUANTISED_MIN_D = 5;

/** A look at all centroids by estimates is cheaper than to tell groups apart where there are few, of either, or few products. */
const ONE_GROUP = { centroids: 31, features: 23, products: 16000 } as const;

/** Products of a sample and the centroids of a group, where there are several. */
const GROUP_PRODUCTS = 1000;

/** d² · k from which on bounds of every centroid's own pay, where there is room for so many: 384 features of 62, 768 of 32. */
const ALONE_MIN = 9e6;

/** Work of an iteration below which setting bounds up costs more than they save. */
const BOUNDS_MIN_WORK = 2e5;

/** Samples of a cluster below which that is so too, and where there are estimates. */
const BOUNDS_MIN_SAMPLES = 8;
const ESTIMATES_MIN_SAMPLES = 4;

/** Estimates pay from so many products of a sample and all centroids on; of float32 from more if there are few clusters and not many features. */
const ESTIMATES_MIN = { float32: 160, float64: 64 } as const;
const FEW = { clusters: 16, features: 128, products: 512 } as const;

/** With so few values of centroids, plain assignment is as fast for many iterations as growing the tree of the filtering algorithm. */
const treePatience = (values: number): number => (values < 16 ? Math.floor(48 / values) : 0);

/**
 * What `algorithm: 'auto'` takes for n samples of d features and k clusters; `npm run bench:sweep` tells what it loses by it. Beside
 * the thresholds the share of labels that change, and of samples that bounds leave open, decide while a run goes on.
 */
export function chooseAlgorithm(
  n: number,
  d: number,
  k: number,
  precision: Precision,
  hasTree = d <= COLUMNS_MAX_D,
): AlgorithmName {
  if (k === 1 || n * d * k < BOUNDS_MIN_WORK) return 'lloyd';
  if (hasTree) return 'filtering';
  const quantised = d >= QUANTISED_MIN_D;
  if (n < (quantised ? ESTIMATES_MIN_SAMPLES : BOUNDS_MIN_SAMPLES) * k) return 'lloyd';
  const products = d * k;
  const few = precision === 'float32' && k < FEW.clusters && d < FEW.features && products < FEW.products;
  const estimatesPay = quantised && products >= ESTIMATES_MIN[precision] && !few;
  return estimatesPay || (!quantised && k >= 128) ? 'yinyang' : 'hamerly';
}

/** The algorithm that runs: filtering is for few features, and for samples in one memory. */
export function algorithmFor(
  asked: 'auto' | AnyAlgorithmName,
  { n, d, k, precision }: Pick<Shape, 'n' | 'd' | 'k' | 'precision'>,
  inParts: boolean,
): AnyAlgorithmName {
  const hasTree = d <= COLUMNS_MAX_D && !inParts;
  return asked === 'auto' || (asked === 'filtering' && !hasTree) ? chooseAlgorithm(n, d, k, precision, hasTree) : asked;
}

/**
 * Takes the memory of an algorithm. Every call of what it returns is a run from the centroids that are in place.
 *
 * @param patient whether bounds may wait until few labels change
 */
export function* prepareAlgorithm(
  algorithm: AnyAlgorithmName,
  run: Run,
  limits: Limits,
  patient: boolean,
): Work<() => Work<Iteration, Iteration>> {
  if (algorithm === 'hartigan-wong') {
    const transfers = yield* Transfers.create(run);
    return () => hartiganWong(run, limits, transfers);
  }
  const assignment = assignmentFor(algorithm, run, patient);
  return () => lloyd(run, limits, assignment);
}

/**
 * How an algorithm keeps the labels up to date. Bounds and estimates are squares, in float32 in part: data of another order
 * of magnitude than they hold is left to plain assignment.
 */
function assignmentFor(algorithm: AlgorithmName, run: Run, patient: boolean): Assignment {
  const { d, precision } = run.samples;
  const magnitude = run.magnitude.reduce((a, b) => Math.max(a, b));
  const bounds = boundsFor(algorithm, d, run.k, precision);
  if (algorithm === 'lloyd' || magnitude < 1e-12 || magnitude > 1e15)
    return {
      restart: () => {},
      assign: () => run.assignAndAccumulate(),
    };
  if (!bounds) return new Filtering(run, magnitude, patient ? treePatience(run.k * d) : 0);
  return new BoundedAssignment(run, { ...bounds, patient });
}

/** The bounds of an algorithm that keeps any. */
export function boundsFor(
  algorithm: AnyAlgorithmName,
  d: number,
  k: number,
  precision: Precision,
): Pick<BoundsOptions, 'groups' | 'quantised'> | undefined {
  if (algorithm === 'hamerly') return { groups: 1, quantised: false };
  if (algorithm !== 'yinyang') return undefined;
  const quantised = d >= QUANTISED_MIN_D;
  return { groups: yinyangGroups(d, k, quantised, precision), quantised };
}

/** Bounds and quantised samples together take no more memory than the samples do, or 24 bytes where those take less. */
function yinyangGroups(d: number, k: number, quantised: boolean, precision: Precision): number {
  if (!quantised) return Math.max(d - 2, 3);
  const most = Math.floor(d * (precision === 'float32' ? 0.5 : 0.75)) - 4;
  if (k <= ONE_GROUP.centroids || d <= ONE_GROUP.features) return 1;
  if (d * d * k >= ALONE_MIN && k <= most) return k;
  if (k * d < ONE_GROUP.products) return 1;
  return Math.max(Math.min(Math.floor((k * d) / GROUP_PRODUCTS), most), 1);
}
