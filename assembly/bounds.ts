import { accumulate } from './accumulate';
import { clearStates, listActive, reconsider, shorten } from './bounds/open';
import { ALONE, changesAndBusy, CHUNK, D, GROUPS, LABELS, panelRuns, PREVIOUS, QUANTISED, SCRATCH, STRIDE, SUMS, WEIGHTS, X } from './bounds/plan';
import { estimatePairs, estimatePanels, resolveUnsure } from './bounds/estimate';
import { collectAll, collectMembers, lookersOf, scanPanels } from './bounds/scan';
import { advanceSingle } from './bounds/single';
import { settleAllLowerBounds, settleLabels, settleLowerBounds, settleSafety } from './bounds/settle';
import { tighten } from './bounds/tighten';
import { rowBytes } from './constants';

/**
 * Brings labels of samples and the sums of their clusters up to date after the centroids moved: exactly those that `assign` and
 * `accumulate` give, looking only at groups of centroids that bounds cannot rule out. A sample keeps its label where the square
 * of its lower bound exceeds that of its upper bound by more than rounding can have blurred the scores. With one group this is
 * Hamerly's algorithm (2010), with more of them Yinyang's (Ding et al. 2015) with groups of whole panels; where every centroid
 * is a group of its own it is much as Elkan's (2003).
 *
 * @param plan in: see bounds/plan.ts; LABELS, UPPER, LOWER, SAFE_UNTIL, PREVIOUS, SUMS inout, SCRATCH for the kernel alone
 * @param from first sample
 * @param count samples
 * @param first whether there are no bounds yet: everything is computed
 * @returns how many labels changed, and BUSY more where more than ENOUGH of the pairs of sample and group were looked at
 */
function advance<T>(plan: usize, from: i32, count: i32, first: i32): f64 {
  if (load<i32>(plan, GROUPS) == 1) return advanceSingle<T>(plan, from, count, first != 0);
  let looks: f64 = 0;
  let changed = 0;
  for (let i = from; i < from + count; i += CHUNK) {
    const some = min(CHUNK, from + count - i);
    const looked = advanceChunk<T>(plan, i, some, first);
    looks += <f64>looked;
    if (looked) changed += sumUp<T>(plan, i, some);
  }
  return changesAndBusy(plan, changed, looks, <f64>count * <f64>load<i32>(plan, GROUPS));
}

/** Where every centroid is a group, all pairs are estimated together in the time that this part of them takes one by one. */
const FEW_PAIRS: i32 = 2;

/** Brings labels up to date; returns how many pairs of sample and group it looked at. */
function advanceChunk<T>(plan: usize, from: i32, count: i32, first: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  let active = listActive<T>(plan, from, from, count, 0, first != 0);
  if (active == 0) return 0;
  const quantised = load<usize>(plan, QUANTISED) != 0;
  const groups = load<i32>(plan, GROUPS);
  if (!first) {
    active = reconsider<T>(plan, from, active);
    if (active) active = tighten<T>(plan, from, active);
  }
  if (active == 0) return 0;
  clearStates<T>(plan, from, active);
  const alone = load<i32>(plan, ALONE) != 0;
  let all = first != 0;
  let looks = all ? 0 : collectMembers<T>(plan, from, active);
  all = all || (alone && looks > (active * groups) / FEW_PAIRS);
  if (all) looks = collectAll(plan, active);
  if (!quantised) for (let g = 0; g < groups; g++) scanPanels<T>(plan, from, g, lookersOf(plan, g, all));
  else if (alone && !all) for (let g = 0; g < groups; g++) estimatePairs<T>(plan, from, g);
  else for (let q = 0; q < panelRuns(plan); q++) estimatePanels<T>(plan, from, q, lookersOf(plan, q, all));
  if (quantised) resolveUnsure<T>(plan, from, active, all);
  settleLabels<T>(plan, from, active, first);
  if (all) settleAllLowerBounds<T>(plan, from, active);
  else for (let g = 0; g < groups; g++) settleLowerBounds<T>(plan, from, g);
  settleSafety<T>(plan, from, active);
  return looks;
}

/** Brings the sums up to the labels. */
@inline
function sumUp<T>(plan: usize, from: i32, count: i32): i32 {
  const d = load<i32>(plan, D);
  const stride = load<i32>(plan, STRIDE);
  const i = <usize>from;
  const weights = load<usize>(plan, WEIGHTS);
  return accumulate<T>(
    load<usize>(plan, X) + i * rowBytes<T>(d, stride), count, d, stride, load<usize>(plan, LABELS) + (i << 2), load<usize>(plan, PREVIOUS) + (i << 2),
    load<usize>(plan, SUMS), weights && weights + (i << 3),
  );
}

export function advanceF32(plan: usize, from: i32, count: i32, first: i32): f64 {
  return advance<f32>(plan, from, count, first);
}
export function advanceF64(plan: usize, from: i32, count: i32, first: i32): f64 {
  return advance<f64>(plan, from, count, first);
}
export function shortenF32(plan: usize, from: i32, count: i32): void {
  shorten<f32>(plan, from, count);
}
export function shortenF64(plan: usize, from: i32, count: i32): void {
  shorten<f64>(plan, from, count);
}
