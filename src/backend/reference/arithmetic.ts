import type { FloatArray, Precision } from '../../types.js';
import { bytesOf, COLUMNS_MAX_D, panelWidth, sumsEntryLength, sumsWidth } from '../shapes.js';
import type { PlainMemory } from './memory.js';

type Words = [number, number, number, number, number, number, number, number, number, number, number];

/** What kernels in plain TypeScript share: views of the memory, and arithmetic in the order of the tiles, rounded to the precision. */
export type Arithmetic = ReturnType<typeof arithmetic>;

export function arithmetic(memory: PlainMemory, precision: Precision) {
  const bytes = bytesOf(precision);
  const width = panelWidth(precision);
  const round: (value: number) => number = precision === 'float32' ? Math.fround : (value) => value;
  const floats = (): FloatArray => memory.views[precision];
  const f64 = () => memory.views.float64;
  const i32 = () => memory.views.int32;
  const u16 = () => memory.views.uint16;
  /** Elements from sample to sample, from feature to feature. */
  const strides = (d: number, stride: number): [number, number] => (d <= COLUMNS_MAX_D ? [1, stride] : [stride, 1]);
  const weightAt = (weights: number, i: number): number => (weights ? f64()[weights / 8 + i]! : 1);

  /** Σ of n values in four stripes i mod 4, merged as (s₀ + s₂) + (s₁ + s₃). */
  function inStripes(n: number, valueAt: (i: number) => number): number {
    const stripes = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) stripes[i & 3]! += valueAt(i);
    return stripes[0]! + stripes[2]! + (stripes[1]! + stripes[3]!);
  }

  /** The same of w · value; weights 0 for none. */
  const weightedStripes = (values: number, n: number, weights: number): number =>
    inStripes(n, (i) => floats()[values / bytes + i]! * weightAt(weights, i));

  /** Σ (x − c)² in four stripes f mod 4, merged as (s₀ + s₂) + (s₁ + s₃). */
  function sqDistance(x: number, column: number, c: number, d: number): number {
    const v = floats();
    const stripes = [0, 0, 0, 0];
    for (let f = 0; f < d; f++) {
      const difference = round(v[x + f * column]! - v[c + f]!);
      stripes[f & 3] = round(stripes[f & 3]! + round(difference * difference));
    }
    return round(round(stripes[0]! + stripes[2]!) + round(stripes[1]! + stripes[3]!));
  }

  function sqNorm(c: number, d: number): number {
    const v = floats();
    let sum = 0;
    for (let f = 0; f < d; f++) sum += v[c + f]! * v[c + f]!;
    return round(sum);
  }

  /** Adds a value to a high and a low sum `low` apart; C and C₂ stand at the same distance. */
  function addExactly(value: number, grids: number, entry: number, low: number): void {
    const v = f64();
    const hi = value + v[grids]! - v[grids]!;
    const lo = value - hi + v[grids + low]! - v[grids + low]!;
    v[entry] = v[entry]! + hi;
    v[entry + low] = v[entry + low]! + lo;
  }

  function addSample(x: number, column: number, d: number, w: number, sums: number, cluster: number): void {
    addToEntry(x, column, d, w, sums, sums + (cluster + 1) * sumsEntryLength(d));
  }

  function addToEntry(x: number, column: number, d: number, w: number, grids: number, entry: number): void {
    const low = sumsWidth(d);
    for (let f = 0; f < d; f++) addExactly(w * floats()[x + f * column]!, grids + f, entry + f, low);
    addExactly(w, grids + 2 * low, entry + 2 * low, 1);
  }

  /** The first words of a plan. */
  const wordsOf = (plan: number): Words =>
    Array.from(i32().subarray(plan / 4, plan / 4 + 11), (word) => word >>> 0) as never;

  return {
    precision,
    memory,
    bytes,
    width,
    round,
    floats,
    f64,
    i32,
    u16,
    strides,
    weightAt,
    inStripes,
    weightedStripes,
    sqDistance,
    sqNorm,
    addSample,
    addToEntry,
    wordsOf,
  };
}
