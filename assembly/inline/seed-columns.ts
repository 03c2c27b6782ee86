import { CANDIDATES, CLOSEST, D, MARKS, SCRATCH, STRIDE, TRIALS, X } from '../seed-plan';

/**
 * Marks the candidates that up to 256 samples are nearer to than to their nearest seed. Samples lie in columns, so that lanes
 * are samples: to measure all of them takes no longer than to find out which the triangle inequality leaves open.
 */
export function markNearer<T>(plan: usize, from: i32, count: i32): void {
  const d = load<i32>(plan, D);
  const column = <usize>load<i32>(plan, STRIDE) * sizeof<T>();
  const candidates = load<usize>(plan, CANDIDATES);
  const end = candidates + (<usize>load<i32>(plan, TRIALS) << 2) * sizeof<T>();
  const offset = <usize>from * sizeof<T>();
  let x = load<usize>(plan, X) + offset;
  let closest = load<usize>(plan, CLOSEST) + offset;
  const marks = load<usize>(plan, SCRATCH) + MARKS;
  const width: usize = 32 / sizeof<T>();
  for (let i: usize = 0; i < <usize>count; i += width) {
    let low = i32x4.splat(0);
    let high = low;
    let bit = sizeof<T>() == 4 ? i32x4.splat(1) : i64x2.splat(1);
    for (let c = candidates; c < end; c += 4 * sizeof<T>()) {
      low = v128.or(low, v128.and(bit, isNearer<T>(x, column, c, d, closest)));
      high = v128.or(high, v128.and(bit, isNearer<T>(x + 16, column, c, d, closest + 16)));
      bit = v128.add<i64>(bit, bit);
    }
    if (sizeof<T>() == 4) {
      v128.store(marks + (i << 2), low);
      v128.store(marks + (i << 2), high, 16);
    } else v128.store(marks + (i << 2), v128.shuffle<u32>(low, high, 0, 2, 4, 6));
    x += 32;
    closest += 32;
  }
}

/** Whether a vector of samples is nearer to a candidate, in the order of operations of `sqDistance`. */
@inline
function isNearer<T>(x: usize, column: usize, c: usize, d: i32, closest: usize): v128 {
  let even = square<T>(x, c);
  if (d > 2) even = v128.add<T>(even, square<T>(x + 2 * column, c + 2 * sizeof<T>()));
  if (d > 1) {
    let odd = square<T>(x + column, c + sizeof<T>());
    if (d > 3) odd = v128.add<T>(odd, square<T>(x + 3 * column, c + 3 * sizeof<T>()));
    even = v128.add<T>(even, odd);
  }
  return v128.lt<T>(even, v128.load(closest));
}

@inline
function square<T>(x: usize, c: usize): v128 {
  const difference = v128.sub<T>(v128.load(x), v128.load_splat<T>(c));
  return v128.mul<T>(difference, difference);
}
