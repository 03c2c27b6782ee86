import { BLOCK, CHILD, columnsBytes, COUNT, LABELS, NODE_BYTES, OWNER, rowsOf, ROW_BYTES, SAMPLE_LABELS, START } from './plan';

/**
 * Brings the labels of the samples of some nodes into the order in which the samples came.
 *
 * @param plan in: see plan.ts; SAMPLE_LABELS out
 * @param root in: `count` nodes
 */
export function spreadLabels(plan: usize, root: usize, count: i32): void {
  for (let i = 0; i < count; i++) spread(plan, root + <usize>i * NODE_BYTES, -1);
}

/** @param above whose all samples are, or −1 */
function spread(plan: usize, node: usize, above: i32): void {
  const owner = above >= 0 ? above : load<i32>(node, OWNER);
  const child = load<usize>(node, CHILD);
  if (child >= 1024) {
    spread(plan, child, owner);
    spread(plan, child + NODE_BYTES, owner);
    return;
  }
  // Labels of a raw node that nobody owns never changed.
  if (child && owner < 0) return;
  const rows = rowsOf(plan, node);
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const count = <usize>load<i32>(node, COUNT);
  if (child) return spreadRows(plan, rows + rowBytes - 4, rowBytes, count, 0, owner);
  const labels = owner < 0 ? load<usize>(plan, LABELS) + (<usize>load<i32>(node, START) << 2) : 0;
  for (let from: usize = 0; from < count; from += BLOCK) {
    const size = min(count - from, BLOCK);
    const samples = rows + from * rowBytes + columnsBytes(plan, size);
    spreadRows(plan, samples, 4, size, labels ? labels + (from << 2) : 0, owner);
  }
}

/**
 * @param samples in: which samples they are, i32, `step` bytes apart
 * @param labels in: count × i32, or 0 where all are `owner`'s
 */
function spreadRows(plan: usize, samples: usize, step: usize, count: usize, labels: usize, owner: i32): void {
  const target = load<usize>(plan, SAMPLE_LABELS);
  for (let i: usize = 0; i < count; i++) {
    const label = labels ? load<i32>(labels + (i << 2)) : owner;
    store<i32>(target + (<usize>load<i32>(samples + i * step) << 2), label);
  }
}
