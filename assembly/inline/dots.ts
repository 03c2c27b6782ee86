import { ESTIMATE_BYTES } from '../constants';

/**
 * What is added to the values of a rounded sample. Only what bytes of seven bits make of relaxed_dot_i8x16_i7x16_add_s is the same in
 * every engine; but most have more than that to give: eight bits without a sign (x64 with VNNI) or with one (ARM). They tell when asked
 * for 4 · −128 · 255.
 */
export function sampleOffset(): i32 {
  if (ESTIMATE_BYTES == 2) return 0;
  const dot = i32x4.extract_lane(i32x4.relaxed_dot_i8x16_i7x16_add_s(i8x16.splat(-128), i8x16.splat(-1), i32x4.splat(0)), 0);
  return dot == -130560 ? 128 : dot == 512 ? 0 : 64;
}

/**
 * Whether the engine has no instruction of its own for products of bytes that are added up to i32: in its place it takes five,
 * two of which make the ones that three need.
 */
export function addsInSteps(): i32 {
  return i32(ESTIMATE_BYTES == 1 && sampleOffset() == 64);
}

/**
 * Whether a tile's samples become i16 when they are loaded. Its type says how a tile multiplies, as constants of a call are no more
 * when compilers make two calls one: i16; i8 for samples that become i16; u8 for bytes in one instruction; u16 for bytes in steps.
 */
@inline
export function isWidened<T>(): bool {
  return isSigned<T>() && sizeof<T>() == 1;
}

/** Eight times 1 in i16, made from a variable that is not 0: constants are made anew in every turn of a loop. */
@inline
export function onesFrom(variable: usize): v128 {
  return i16x8.splat(<i16>(variable > 0));
}

/**
 * Adds to four sums of i32 the products of the values in four bytes each of a sample and of a candidate.
 *
 * @param ones see onesFrom, needed for u16
 */
@inline
export function addDots<T>(sums: v128, sample: v128, candidate: v128, ones: v128): v128 {
  if (isSigned<T>()) return i32x4.add(sums, i32x4.dot_i16x8_s(sample, candidate));
  if (sizeof<T>() == 1) return i32x4.relaxed_dot_i8x16_i7x16_add_s(candidate, sample, sums);
  return i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(candidate, sample), ones));
}
