/**
 * A text in 32 bits: FNV-1a over its code units. Mix before use: by itself its high bits say little of the last
 * letters.
 */
export function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * 32 bits, each of which depends on all of those given (the finaliser of MurmurHash3), as a number between 0 and 1
 * without either.
 */
export function unitOf(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 4_294_967_296;
}
