import { ESTIMATE_BYTES } from '../constants';

/**
 * What is added to the values of a rounded sample: bytes of the second operand of relaxed_dot_i8x16_i7x16_add_s have seven bits,
 * and if they keep to that every engine gives the same.
 */
export const SAMPLE_OFFSET: i32 = ESTIMATE_BYTES == 1 ? 64 : 0;

/** Adds to four sums of i32 the products of the values in four bytes each of a sample and of a candidate. */
@inline
export function addDots(sums: v128, sample: v128, candidate: v128): v128 {
  if (ESTIMATE_BYTES == 1) return i32x4.relaxed_dot_i8x16_i7x16_add_s(candidate, sample, sums);
  return i32x4.add(sums, i32x4.dot_i16x8_s(sample, candidate));
}
