/**
 * The sum of the values, rounded once (Shewchuk 1997): the partial sums do not overlap, so adding them up from the greatest
 * rounds only where nothing that follows could change the result by more than half a unit.
 */
export function exactSum(values: Iterable<number>): number {
  const partials: number[] = [];
  for (const value of values) {
    let x = value;
    let kept = 0;
    for (let y of partials) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) partials[kept++] = low;
      x = high;
    }
    partials.length = kept;
    partials.push(x);
  }
  return partials.reduceRight((sum, partial) => sum + partial, 0);
}

/** Σ numerators / denominator, rounded once: integers of any length know no other rounding. */
export function exactQuotient(numerators: Iterable<number>, denominator: number): number {
  let sum = 0n;
  for (const numerator of numerators) sum += inUnits(numerator);
  const sign = sum < 0n ? -1 : 1;
  const magnitude = sum < 0n ? -sum : sum;
  if (magnitude === 0n) return 0;

  // Shifted so that the quotient has at least 64 bits; its last one tells whether there is a remainder.
  const divisor = inUnits(denominator);
  const shift = Math.max(64 + bitLength(divisor) - bitLength(magnitude), 0);
  const shifted = magnitude << BigInt(shift);
  const quotient = (shifted / divisor) | (shifted % divisor === 0n ? 0n : 1n);
  return sign * Number(quotient) * 2 ** -Math.floor(shift / 2) * 2 ** -Math.ceil(shift / 2);
}

/** The value as a multiple of 2⁻¹⁰⁷⁴, which every float64 is. */
function inUnits(value: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(Math.abs(value)).buffer)[0]!;
  const exponent = bits >> 52n;
  const mantissa = bits & 0xfffffffffffffn;
  const units = exponent === 0n ? mantissa : (mantissa | 0x10000000000000n) << (exponent - 1n);
  return value < 0 ? -units : units;
}

const bitLength = (value: bigint): number => value.toString(16).length * 4;

/** The distance from a finite value to the next greater magnitude of the precision. */
export function unitInLastPlace(value: number, precision: 'float32' | 'float64'): number {
  const magnitude = Math.abs(value);
  if (precision === 'float32') {
    const bits = new Uint32Array(Float32Array.of(magnitude).buffer);
    bits[0]! += 1;
    return new Float32Array(bits.buffer)[0]! - Math.fround(magnitude);
  }
  const bits = new BigUint64Array(Float64Array.of(magnitude).buffer);
  bits[0]! += 1n;
  return new Float64Array(bits.buffer)[0]! - magnitude;
}
