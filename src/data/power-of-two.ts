const words = new Uint32Array(2);
const value = new Float64Array(words.buffer);
/** Which of the two words holds the exponent: 1 on little-endian machines. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** The least power of two ≥ x, for finite x > 0, exactly on every machine (Math.log2 is not). At least 2⁻¹⁰²². */
export function powerOfTwoAbove(x: number): number {
  value[0] = x;
  const isPower = (words[HIGH]! & 0xfffff) === 0 && words[1 - HIGH] === 0;
  const exponent = Math.max(words[HIGH]! >>> 20, 1);
  words[HIGH] = exponent << 20;
  words[1 - HIGH] = 0;
  return isPower ? value[0] : value[0] * 2;
}
