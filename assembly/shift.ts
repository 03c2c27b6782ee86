import { COLUMNS_MAX_D, columnBytes, rowBytes } from './constants';

/**
 * Subtracts a shift from every sample, rounding to T.
 *
 * @param x inout: n × d in the layout of d
 * @param shift in: d × T
 */
function subtractShift<T>(x: usize, n: i32, d: i32, stride: i32, shift: usize): void {
  if (d <= COLUMNS_MAX_D) {
    for (let f: usize = 0; f < <usize>d; f++) {
      const value = load<T>(shift + f * sizeof<T>());
      const values = v128.splat<T>(value);
      let p = x + f * columnBytes<T>(d, stride);
      const end = p + <usize>n * sizeof<T>();
      for (; p + 16 <= end; p += 16) v128.store(p, v128.sub<T>(v128.load(p), values));
      for (; p < end; p += sizeof<T>()) store<T>(p, load<T>(p) - value);
    }
    return;
  }
  const bytes = <usize>d * sizeof<T>();
  const vectors = bytes & ~15;
  for (let i: usize = 0; i < <usize>n; i++) {
    const row = x + i * rowBytes<T>(d, stride);
    let b: usize = 0;
    for (; b < vectors; b += 16) v128.store(row + b, v128.sub<T>(v128.load(row + b), v128.load(shift + b)));
    for (; b < bytes; b += sizeof<T>()) store<T>(row + b, load<T>(row + b) - load<T>(shift + b));
  }
}

/**
 * Subtracts a shift from n rows without gaps, rounding to T, and keeps aside the values to which adding it would not bring back
 * every bit.
 *
 * @param x inout: n × d
 * @param shift in: d × T
 * @param places out: i32 of each value kept, counted from x; room for n · d
 * @param kept out: T likewise
 * @returns how many were kept
 */
function moveRows<T>(x: usize, n: i32, d: i32, shift: usize, places: usize, kept: usize): i32 {
  const bytes = <usize>d * sizeof<T>();
  const vectors = bytes & ~15;
  const end = x + <usize>n * bytes;
  let count = 0;
  for (let row = x; row < end; row += bytes) {
    let b: usize = 0;
    for (; b < vectors; b += 16) {
      const given = v128.load(row + b);
      const by = v128.load(shift + b);
      const moved = v128.sub<T>(given, by);
      if (v128.any_true(i32x4.ne(v128.add<T>(moved, by), given)))
        count = keep<T>(row + b, shift + b, 16, x, places, kept, count);
      v128.store(row + b, moved);
    }
    if (b < bytes) {
      count = keep<T>(row + b, shift + b, bytes - b, x, places, kept, count);
      for (; b < bytes; b += sizeof<T>()) store<T>(row + b, load<T>(row + b) - load<T>(shift + b));
    }
  }
  return count;
}

/** Keeps those of some neighbouring values that do not come back. */
function keep<T>(p: usize, shift: usize, bytes: usize, x: usize, places: usize, kept: usize, count: i32): i32 {
  for (let b: usize = 0; b < bytes; b += sizeof<T>()) {
    const given = load<T>(p + b);
    const by = load<T>(shift + b);
    const back: T = given - by + by;
    if (sameBits<T>(back, given)) continue;
    store<i32>(places + (<usize>count << 2), <i32>((p + b - x) / sizeof<T>()));
    store<T>(kept + <usize>count * sizeof<T>(), given);
    count++;
  }
  return count;
}

/** Zeros of either sign are equal, but not the same. */
@inline
function sameBits<T>(a: T, b: T): bool {
  if (sizeof<T>() == 4) return reinterpret<i32>(<f32>a) == reinterpret<i32>(<f32>b);
  return reinterpret<i64>(<f64>a) == reinterpret<i64>(<f64>b);
}

export function subtractShiftF32(x: usize, n: i32, d: i32, stride: i32, shift: usize): void {
  subtractShift<f32>(x, n, d, stride, shift);
}
export function subtractShiftF64(x: usize, n: i32, d: i32, stride: i32, shift: usize): void {
  subtractShift<f64>(x, n, d, stride, shift);
}
export function moveRowsF32(x: usize, n: i32, d: i32, shift: usize, places: usize, kept: usize): i32 {
  return moveRows<f32>(x, n, d, shift, places, kept);
}
export function moveRowsF64(x: usize, n: i32, d: i32, shift: usize, places: usize, kept: usize): i32 {
  return moveRows<f64>(x, n, d, shift, places, kept);
}
