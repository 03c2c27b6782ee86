import { clearStates, loosen, tighten } from './bounds/open';
import { ACTIVE, ALONE, GROUPS, membersOf, QUANTISED, SCRATCH } from './bounds/plan';
import { estimatePairs, estimatePanels, resolveUnsure } from './bounds/estimate';
import { collectMembers, scanPanels } from './bounds/scan';
import { settleLabels, settleLowerBounds } from './bounds/settle';

/**
 * Brings the labels of up to 256 samples up to date after their centroids moved: exactly those that `assign` gives, looking
 * only at groups of centroids that bounds cannot rule out. A sample keeps its label where the square of its lower bound
 * exceeds that of its upper bound by more than rounding can have blurred the scores. With one group this is Hamerly's
 * algorithm (2010), with more of them Yinyang's (Ding et al. 2015) with groups of whole panels; where every centroid is a group
 * of its own it is much as Elkan's (2003).
 *
 * @param plan in: see bounds/plan.ts; LABELS, UPPER, LOWER inout, SCRATCH for the kernel alone
 * @param from first sample
 * @param count samples, up to 256
 * @param first whether there are no bounds yet: everything is computed
 * @returns how many looks it took: pairs of a sample and a group of centroids it was compared with
 */
function advance<T>(plan: usize, from: i32, count: i32, first: i32): i32 {
  const scratch = load<usize>(plan, SCRATCH);
  let active = 0;
  if (first) {
    for (; active < count; active++) store<i32>(scratch + ACTIVE + (<usize>active << 2), active);
  } else {
    active = loosen<T>(plan, from, count);
    active = tighten<T>(plan, from, active);
  }
  if (active == 0) return 0;
  clearStates<T>(plan, from, active, first);
  const groups = load<i32>(plan, GROUPS);
  let looks = 0;
  for (let g = 0; g < groups; g++) {
    looks += collectMembers<T>(plan, from, count, active, g, first);
    if (load<i32>(plan, ALONE)) estimatePairs<T>(plan, from, g);
    else if (load<usize>(plan, QUANTISED)) estimatePanels<T>(plan, from, g);
    else scanPanels<T>(plan, from, g, membersOf(plan, g));
  }
  if (load<usize>(plan, QUANTISED)) resolveUnsure<T>(plan, from, active);
  settleLabels<T>(plan, from, active, first);
  for (let g = 0; g < groups; g++) settleLowerBounds<T>(plan, from, g);
  return looks;
}

export function advanceF32(plan: usize, from: i32, count: i32, first: i32): i32 {
  return advance<f32>(plan, from, count, first);
}
export function advanceF64(plan: usize, from: i32, count: i32, first: i32): i32 {
  return advance<f64>(plan, from, count, first);
}
