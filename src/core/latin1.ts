/** The method that Node's own HTTP code uses to read bytes; its types omit it. */
interface Latin1Buffer {
  latin1Slice(): string;
}

/** Bytes as text, one character each. A third faster than `toString('latin1')`, which looks up the encoding. */
export function latin1(bytes: Buffer): string {
  return (bytes as Buffer & Latin1Buffer).latin1Slice();
}
