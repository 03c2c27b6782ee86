import { compare } from './tree/compare';
import { spreadLabels } from './tree/labels';
import { childOf, enter, leave } from './tree/nodes';
import { claim, disown } from './tree/owners';
import {
  CHANGED, COUNT, D, GAP, HERE, INDEX, LIMIT, LIST, LIST_END, LOOKS, MARGIN, MIDDLE, MOVED, NEAREST, NODE_BYTES, RADIUS, REGION_SIZE, ROOM, SIDES, SQUARE, SQUARES,
} from './tree/plan';
import { movedIn } from './tree/region';

/** Beyond all squares, where nothing bounds a difference. */
const BOUNDLESS: f64 = 1e60;

/**
 * Brings the labels and sums of a node's samples up to date after the centroids moved (Kanungo et al. 2002): a centroid is no
 * candidate for a box if another is nearer to all of it, by more than rounding can reach; a node with one candidate belongs to
 * that as a whole. Below a region, where no difference of two distances can have been used up by what the candidates moved,
 * nothing is done.
 *
 * @param plan in: see tree/plan.ts; LABELS, SUMS, LOOKS and nodes inout, SQUARES, SCRATCH and all between LIST_END and ROOM for the kernel
 *   alone
 * @param root in: `count` nodes
 * @returns how many labels changed
 */
function filter(plan: usize, root: usize, count: i32): i32 {
  store<i32>(plan, 0, CHANGED);
  store<f64>(plan, load<f64>(plan, MOVED), HERE);
  for (let i = 0; i < count; i++) {
    enter(plan, root);
    if (load<i32>(root, COUNT)) {
      if (load<i32>(plan, REGION_SIZE)) descend(plan, root, load<usize>(plan, LIST), load<usize>(plan, LIST_END));
      else visit(plan, root, load<usize>(plan, LIST), load<usize>(plan, LIST_END), BOUNDLESS);
    }
    leave(plan, root);
    root += NODE_BYTES;
  }
  return load<i32>(plan, CHANGED);
}

/**
 * Looks at a region, or what is above.
 *
 * @param list addresses of the candidates' records, ascending
 */
function descend(plan: usize, node: usize, list: usize, end: usize): void {
  const kept = narrow(plan, node, list, end, BOUNDLESS);
  if (kept) {
    list = end;
    end = kept;
  }
  if (end - list == 4) {
    claim(plan, node, load<i32>(plan, NEAREST));
    store<f64>(node, -1, LIMIT);
    return;
  }
  const child: usize = load<i32>(node, COUNT) > load<i32>(plan, REGION_SIZE) ? childOf(plan, node) : 0;
  if (child) {
    disown(node, child);
    descend(plan, child, list, end);
    descend(plan, child + NODE_BYTES, list, end);
    return;
  }
  const moved = movedIn(plan, node, list, end);
  if (load<f64>(node, LIMIT) >= moved) return;
  store<f64>(plan, moved, HERE);
  examine(plan, node, list, end, BOUNDLESS);
}

/**
 * Looks at what is below a region.
 *
 * @param gap by how much the squared distances to all other candidates of the region at least exceed that to the nearest candidate
 * @returns the new limit of the node
 */
function visit(plan: usize, node: usize, list: usize, end: usize, gap: f64): f64 {
  const limit = load<f64>(node, LIMIT);
  if (limit >= load<f64>(plan, HERE)) return limit;
  const kept = narrow(plan, node, list, end, gap);
  return kept ? examine(plan, node, end, kept, load<f64>(plan, GAP)) : examine(plan, node, list, end, gap);
}

/** … by the candidates that are left, and what `narrow` noted. */
function examine(plan: usize, node: usize, list: usize, end: usize, gap: f64): f64 {
  const nearest = load<i32>(plan, NEAREST);
  const square = load<f64>(plan, SQUARE);
  const looks = <i32>((end - list) >> 2);
  store<i32>(plan, load<i32>(plan, LOOKS) + looks, LOOKS);
  const child: usize = looks == 1 ? 0 : childOf(plan, node);
  let limit: f64;
  if (child) {
    disown(node, child);
    limit = visit(plan, child, list, end, gap);
    limit = min(limit, visit(plan, child + NODE_BYTES, list, end, gap));
  } else {
    if (looks == 1) {
      claim(plan, node, nearest);
    } else {
      store<i32>(plan, load<i32>(plan, LOOKS) + looks * (load<i32>(node, COUNT) >> 3), LOOKS);
      gap = min(gap, compare(plan, node, list, end, nearest));
    }
    limit = limitOf(plan, gap, Math.sqrt(square), <f64>load<f32>(node, RADIUS));
  }
  store<f64>(node, limit, LIMIT);
  return limit;
}

/**
 * Finds the candidate that is nearest to the middle of a box, and, if there is room, lists behind the others those that it does not rule out;
 * returns where these end. GAP gets the least of `gap` and of what others are farther by.
 */
function narrow(plan: usize, node: usize, list: usize, end: usize, gap: f64): usize {
  const at = nearestToMiddle(plan, node, list, end);
  store<i32>(plan, load<i32>(load<usize>(at), INDEX), NEAREST);
  store<f64>(plan, load<f64>(load<usize>(plan, SQUARES) + (at - list) * 2), SQUARE);
  return end + (end - list) <= load<usize>(plan, ROOM) ? ruleOut(plan, node, list, end, at, gap) : 0;
}

/**
 * Where in the list the candidate stands that is nearest to the middle of a box; SQUARES gets all squared distances. Without
 * branches, which would go either way.
 */
@inline
function nearestToMiddle(plan: usize, node: usize, list: usize, end: usize): usize {
  const wide = load<i32>(plan, D) > 2;
  const squares = load<usize>(plan, SQUARES) - list * 2;
  const middle = v128.load(node, MIDDLE);
  const middleHigh = v128.load(node, MIDDLE + 16);
  let nearest = list;
  let least = Infinity;
  for (let at = list; at < end; at += 4) {
    const c = load<usize>(at);
    const low = f64x2.sub(v128.load(c), middle);
    let sum = f64x2.mul(low, low);
    if (wide) {
      const high = f64x2.sub(v128.load(c, 16), middleHigh);
      sum = f64x2.add(sum, f64x2.mul(high, high));
    }
    const square = f64x2.extract_lane(addLanes(sum), 0);
    store<f64>(squares + at * 2, square);
    nearest = select(at, nearest, square < least);
    least = min(least, square);
  }
  return nearest;
}

/**
 * Lists, behind `end`, the candidates that are not farther than the one at `nearest` from every corner of a box; returns where
 * they end. GAP gets the least of `gap` and of what others are farther by.
 */
@inline
function ruleOut(plan: usize, node: usize, list: usize, end: usize, nearest: usize, gap: f64): usize {
  const wide = load<i32>(plan, D) > 2;
  const squares = load<usize>(plan, SQUARES) - list * 2;
  const least = v128.load64_splat(squares + nearest * 2);
  const margin = v128.load64_splat(plan, MARGIN);
  const near = v128.load(load<usize>(nearest));
  const nearHigh = v128.load(load<usize>(nearest), 16);
  const sides = v128.load(node, SIDES);
  const sidesHigh = v128.load(node, SIDES + 16);
  let gaps = f64x2.splat(gap);
  let kept = end;
  for (let at = list; at < end; at += 4) {
    const c = load<usize>(at);
    let sum = f64x2.mul(f64x2.abs(f64x2.sub(v128.load(c), near)), sides);
    if (wide) sum = f64x2.add(sum, f64x2.mul(f64x2.abs(f64x2.sub(v128.load(c, 16), nearHigh)), sidesHigh));
    const excess = f64x2.sub(f64x2.sub(v128.load64_splat(squares + at * 2), least), addLanes(sum));
    const dropped = f64x2.gt(excess, margin);
    gaps = f64x2.pmin(gaps, v128.bitselect(excess, f64x2.splat(Infinity), dropped));
    store<usize>(kept, c);
    kept += <usize>(4 + 4 * i32x4.extract_lane(dropped, 0));
  }
  store<f64>(plan, f64x2.extract_lane(gaps, 0), GAP);
  return kept;
}

/** The sum of both lanes, in both. */
@inline
function addLanes(v: v128): v128 {
  return f64x2.add(v, v128.shuffle<u64>(v, v, 1, 0));
}

/**
 * How far centroids may go before a label of a node can change: no more than (d₂ − d₁), less what has to be left of it for
 * rounding not to matter, where d₂² − d₁² ≥ gap for the distances of every sample to its own and to any other centroid, and
 * d₁ lies within `radius` of `middle`.
 */
function limitOf(plan: usize, gap: f64, middle: f64, radius: f64): f64 {
  const moved = load<f64>(plan, HERE);
  const margin = load<f64>(plan, MARGIN);
  const square = gap * (1 - 1e-6) - margin;
  if (square <= 0) return moved;
  const most = (middle + radius) * (middle + radius) + margin;
  const distance = square / (Math.sqrt(most + square) + Math.sqrt(most));
  const fewest = max(middle - radius - distance, 0);
  const needed = margin / (Math.sqrt(fewest * fewest + margin) + fewest);
  return max((moved + (distance - needed) * (1 - 1e-9)) * (1 - 4e-16), 0);
}

export { filter as filterF32, filter as filterF64, spreadLabels as spreadLabelsF32, spreadLabels as spreadLabelsF64 };
