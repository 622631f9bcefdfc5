/** The method that Node's own HTTP code uses to read bytes; its types omit it. */
interface Latin1Buffer {
  latin1Slice(): string;
}

/** Bytes as text, one character each. A third faster than `toString('latin1')`, which looks up the encoding. */
export function latin1(bytes: Buffer): string {
  return (bytes as Buffer & Latin1Buffer).latin1Slice();
}

/** The same for each part of a list: one call for all fields of a response. */
export function latin1Texts(parts: readonly (string | Buffer)[]): string[] {
  const texts: string[] = new Array(parts.length);
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? '';
    texts[i] = typeof part === 'string' ? part : (part as Buffer & Latin1Buffer).latin1Slice();
  }
  return texts;
}
