const CHARSET = /;\s*charset\s*=\s*["']?([^\s"';]+)/i;

// The start of a text is better evidence of its encoding than its Content-Type (WHATWG Encoding §6, "BOM sniff").
const MARKS: readonly (readonly [mark: string, encoding: string])[] = [
  ['efbbbf', 'utf-8'],
  ['feff', 'utf-16be'],
  ['fffe', 'utf-16le'],
];

/**
 * Decodes text by its byte order mark, else by the charset of `Content-Type`, else as UTF-8; the mark is removed.
 * @throws RangeError for a charset that the Encoding standard does not have, TypeError for bytes that are invalid in
 * the charset.
 */
export function textIn(bytes: Buffer, contentType: string | undefined): string {
  const start = bytes.toString('hex', 0, 3);
  const marked = MARKS.find(([mark]) => start.startsWith(mark))?.[1];
  return new TextDecoder(marked ?? CHARSET.exec(contentType ?? '')?.[1] ?? 'utf-8', { fatal: true }).decode(bytes);
}
