import type { StoredPart, StoredReply } from '../storage/entry.ts';

/** Bytes of a representation, and where they stand in it. */
export interface BodyRange extends StoredPart {
  readonly bytes: Buffer;
}

/**
 * Two pieces of one representation as one (RFC 9111 §3.4): they touch, and a strong validator promises that they belong
 * together. Undefined where they do not.
 */
export function combined(stored: StoredReply, piece: BodyRange, etag: string | undefined): BodyRange | undefined {
  const { part, body } = stored;
  if (part?.total === undefined || part.total !== piece.total) return undefined;
  if (etag?.startsWith('"') !== true || stored.etag !== etag) return undefined;
  const end = part.from + body.bytes.length;
  const pieceEnd = piece.from + piece.bytes.length;
  if (part.from > pieceEnd || piece.from > end) return undefined;
  const from = Math.min(part.from, piece.from);
  const bytes = Buffer.alloc(Math.max(end, pieceEnd) - from);
  body.bytes.copy(bytes, part.from - from);
  // What came last counts where both say something.
  piece.bytes.copy(bytes, piece.from - from);
  return { from, total: part.total, bytes };
}

export function isWhole({ from, total, bytes }: BodyRange): boolean {
  return from === 0 && bytes.length === total;
}
