import { CHILD, FREE, FREE_END, INDEX, LIMIT, LIST, NODE_BYTES, RECORD_BYTES, REGION, SHIFT } from './plan';

// What is known of a region, in the place of a node: …
/** … f64: how far two centroids that matter to it can have moved apart or towards each other, counted from anywhere; … */
const MOVED_HERE: usize = 0;
/** … which these are: their number (i32), −1 for too many, and their indices (u16), ascending. */
const LISTED: usize = 8;
const INDICES: usize = 12;
const LISTED_MAX: usize = (NODE_BYTES - INDICES) / 2;

/**
 * Takes the candidates of a region as they are after a step. A region is a node that is looked at after every step, so that
 * centroids which are no candidates for its samples need not be reckoned with below: how far those move is of no importance there.
 *
 * @returns how far two candidates can have moved apart or towards each other by now
 */
export function movedIn(plan: usize, node: usize, list: usize, end: usize): f64 {
  const region = regionOf(plan, node);
  let moved: f64 = 0;
  // Limits below are not for a candidate that is new, nor for any where these could not be kept in mind.
  if (!region || load<f64>(node, LIMIT) < 0 || !holdsAll(region, list, end)) forgetLimits(node);
  else {
    moved = load<f64>(region, MOVED_HERE);
    const step = stepOf(plan, region);
    // Where nothing moved it has to stay as it is.
    if (step > 0) moved = (moved + step) * (1 + 4e-16);
  }
  if (!region) return 0;
  keepList(region, list, end);
  store<f64>(region, moved, MOVED_HERE);
  return moved;
}

/** Opens a node and all below. */
function forgetLimits(node: usize): void {
  store<f64>(node, -1, LIMIT);
  const child = load<usize>(node, CHILD);
  if (child < 1024) return;
  forgetLimits(child);
  forgetLimits(child + NODE_BYTES);
}

/** What is known of the region that a node is; 0 where there is no room for that. */
@inline
function regionOf(plan: usize, node: usize): usize {
  let region = load<usize>(node, REGION);
  if (region) return region;
  region = load<usize>(plan, FREE);
  if (region + NODE_BYTES > load<usize>(plan, FREE_END)) return 0;
  store<usize>(plan, region + NODE_BYTES, FREE);
  store<usize>(node, region, REGION);
  return region;
}

/** Keeps in mind which candidates there are. */
function keepList(region: usize, list: usize, end: usize): void {
  const count = (end - list) >> 2;
  // Where there are more than indices can name, the last tells.
  const fits = count <= LISTED_MAX && load<i32>(load<usize>(end - 4), INDEX) < 65536;
  store<i32>(region, fits ? <i32>count : -1, LISTED);
  if (!fits) return;
  for (let to = region; list < end; list += 4, to += 2) store<u16>(to, load<u16>(load<usize>(list), INDEX), INDICES);
}

/** How far two of those that matter can have moved in the last step. */
@inline
function stepOf(plan: usize, region: usize): f64 {
  const count = load<i32>(region, LISTED);
  const records = load<usize>(load<usize>(plan, LIST));
  let longest: f64 = 0;
  let second: f64 = 0;
  for (let at: usize = 0; at < <usize>count << 1; at += 2) {
    const shift = load<f64>(records + <usize>load<u16>(region + at, INDICES) * RECORD_BYTES, SHIFT);
    second = max(second, min(shift, longest));
    longest = max(longest, shift);
  }
  return longest + second;
}

/** Whether all candidates were among those that matter. */
@inline
function holdsAll(region: usize, list: usize, end: usize): bool {
  const count = load<i32>(region, LISTED);
  if (count < 0) return false;
  let known = region + INDICES;
  const knownEnd = known + (<usize>count << 1);
  for (let at = list; at < end; at += 4) {
    const candidate = load<i32>(load<usize>(at), INDEX);
    while (known < knownEnd && <i32>load<u16>(known) < candidate) known += 2;
    if (known == knownEnd || <i32>load<u16>(known) != candidate) return false;
  }
  return true;
}
