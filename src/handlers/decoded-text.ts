const CHARSET = /;\s*charset\s*=\s*["']?([^\s"';]+)/i;

// What a text begins with says more of its encoding than its sender does (WHATWG Encoding §6, "BOM sniff").
const MARKS: readonly (readonly [mark: string, encoding: string])[] = [
  ['efbbbf', 'utf-8'],
  ['feff', 'utf-16be'],
  ['fffe', 'utf-16le'],
];

/**
 * The text of bytes by their byte order mark, else by the charset of their `Content-Type`, else as UTF-8; without the
 * mark.
 * @throws RangeError for a charset that the Encoding standard does not have, TypeError for bytes that are not in the
 * charset.
 */
export function textIn(bytes: Buffer, contentType: string | undefined): string {
  const start = bytes.toString('hex', 0, 3);
  const marked = MARKS.find(([mark]) => start.startsWith(mark))?.[1];
  return new TextDecoder(marked ?? CHARSET.exec(contentType ?? '')?.[1] ?? 'utf-8', { fatal: true }).decode(bytes);
}
