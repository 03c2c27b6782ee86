import { sumsEntryBytes } from '../constants';
import { moveSample } from '../inline/sums';
import { childOf } from './nodes';
import { takeSums } from './sums';
import {
  BLOCK, BYTES, CHANGED, columnsBytes, COUNT, D, LABELS, LIMIT, NODE_BYTES, OWNER, rowsOf, ROW_BYTES, START, SUMS, sumsOf, WEIGHTS,
} from './plan';

/** Makes all samples of a node those of one cluster. */
export function claim(plan: usize, node: usize, cluster: i32): void {
  const owner = load<i32>(node, OWNER);
  if (owner == cluster) return;
  if (owner >= 0) {
    moveNode(plan, node, owner, cluster);
    store<i32>(plan, load<i32>(plan, CHANGED) + load<i32>(node, COUNT), CHANGED);
  } else {
    const child = childOf(plan, node);
    if (child) {
      claim(plan, child, cluster);
      claim(plan, child + NODE_BYTES, cluster);
    } else {
      if (load<i32>(plan, BYTES) == 4) claimLeaf<f32>(plan, node, cluster);
      else claimLeaf<f64>(plan, node, cluster);
    }
  }
  store<i32>(node, cluster, OWNER);
}

/** Moves the sums of a whole node from one cluster to another. */
function moveNode(plan: usize, node: usize, from: i32, to: i32): void {
  if (load<i32>(plan, BYTES) == 4) takeSums<f32>(plan, node);
  else takeSums<f64>(plan, node);
  const bytes = <usize>sumsEntryBytes(load<i32>(plan, D));
  const source = load<usize>(plan, SUMS) + <usize>(from + 1) * bytes;
  const target = load<usize>(plan, SUMS) + <usize>(to + 1) * bytes;
  const sums = sumsOf(plan, node);
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(source + at, f64x2.sub(v128.load(source + at), v128.load(sums + at)));
    v128.store(target + at, f64x2.add(v128.load(target + at), v128.load(sums + at)));
  }
}

function claimLeaf<T>(plan: usize, node: usize, cluster: i32): void {
  const rowBytes = <usize>load<i32>(plan, ROW_BYTES);
  const count = <usize>load<i32>(node, COUNT);
  const labels = load<usize>(plan, LABELS) + (<usize>load<i32>(node, START) << 2);
  for (let from: usize = 0; from < count; from += BLOCK) {
    const size = min(count - from, BLOCK);
    const block = rowsOf(plan, node) + from * rowBytes;
    for (let i: usize = 0; i < size; i++) relabel<T>(plan, block, size, i, labels + ((from + i) << 2), cluster);
  }
}

/** Moves sample `i` of a block, counting it if its label changes. */
export function relabel<T>(plan: usize, block: usize, size: usize, i: usize, label: usize, to: i32): void {
  const from = load<i32>(label);
  if (from == to) return;
  store<i32>(label, to);
  store<i32>(plan, load<i32>(plan, CHANGED) + 1, CHANGED);
  const d = load<i32>(plan, D);
  const weights = load<usize>(plan, WEIGHTS);
  const w = weights ? load<f64>(weights + (<usize>load<i32>(block + columnsBytes(plan, size) + (i << 2)) << 3)) : 1;
  const sums = load<usize>(plan, SUMS);
  const entry = <usize>sumsEntryBytes(d);
  const target = sums + entry * <usize>(to + 1);
  const source = sums + entry * <usize>(from + 1);
  moveSample<T>(true, block + i * sizeof<T>(), size * sizeof<T>(), d, w, sums, target, source);
}

/** Hands a node that is one cluster's as a whole down to its children. */
export function disown(node: usize, child: usize): void {
  const owner = load<i32>(node, OWNER);
  if (owner < 0) return;
  handDown(child, owner);
  handDown(child + NODE_BYTES, owner);
  store<i32>(node, -1, OWNER);
}

/** What stood below an owned node, limits too, may be of another run. */
function handDown(child: usize, owner: i32): void {
  store<i32>(child, owner, OWNER);
  store<f64>(child, -1, LIMIT);
}
