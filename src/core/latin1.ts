/** The method with which Node's own HTTP reads bytes; its types leave it out. */
interface Latin1Buffer {
  latin1Slice(): string;
}

/** Bytes as text, each of them one character. Two thirds of the time of `toString('latin1')`, which looks up the encoding. */
export function latin1(bytes: Buffer): string {
  return (bytes as Buffer & Latin1Buffer).latin1Slice();
}
