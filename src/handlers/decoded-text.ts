const CHARSET = /;\s*charset\s*=\s*["']?([^\s"';]+)/i;

// The start of a text is better evidence of its encoding than its Content-Type (WHATWG Encoding §6, "BOM sniff").
const MARKS: readonly (readonly [mark: string, encoding: string])[] = [
  ['efbbbf', 'utf-8'],
  ['feff', 'utf-16be'],
  ['fffe', 'utf-16le'],
];

/** Decoders keep nothing between two texts; responses name few charsets, and invented ones are no charsets. */
const decoders = new Map<string, TextDecoder>();

function decoderOf(charset: string): TextDecoder {
  let decoder = decoders.get(charset);
  if (decoder === undefined) {
    decoder = new TextDecoder(charset, { fatal: true });
    if (decoders.size < MAX_DECODERS) decoders.set(charset, decoder);
  }
  return decoder;
}

/** A name may be written in any case, so there are more names than charsets. */
const MAX_DECODERS = 100;

/**
 * Decodes text by its byte order mark, else by the charset of `Content-Type`, else as UTF-8; the mark is removed.
 * @throws RangeError for a charset that the Encoding standard does not have, TypeError for bytes that are invalid in
 * the charset.
 */
export function textIn(bytes: Buffer, contentType: string | undefined): string {
  return decoderOf(markedEncoding(bytes) ?? CHARSET.exec(contentType ?? '')?.[1] ?? 'utf-8').decode(bytes);
}

function markedEncoding(bytes: Buffer): string | undefined {
  // Nearly every text begins with an ASCII character, and no mark does.
  if ((bytes[0] ?? 0) < 0x80) return undefined;
  const start = bytes.toString('hex', 0, 3);
  return MARKS.find(([mark]) => start.startsWith(mark))?.[1];
}
