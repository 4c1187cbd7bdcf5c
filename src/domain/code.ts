// Pure. The digits of a code from keyed bytes, and their comparison.

/**
 * Maps 16 keyed bytes onto `length` digits. 128 bits modulo 10^10 favour no code by more than 2^-94,
 * which is what "without bias" costs nothing to reach.
 */
export function digitsOf(bytes: Uint8Array, length: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const number = (view.getBigUint64(0) << 64n) | view.getBigUint64(8)
  return (number % 10n ** BigInt(length)).toString().padStart(length, '0')
}

/**
 * Whether two codes, or two keys, are the same, in time that depends on their lengths only. It hides how much
 * was right; it does not hide the length, which is no secret of either.
 */
export function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}
