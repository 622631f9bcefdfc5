import type { StoredPart, StoredReply } from '../storage/entry.ts';

/** Bytes of a representation with their position. */
export interface BodyRange extends StoredPart {
  readonly bytes: Buffer;
}

/**
 * Combines two parts of one representation (RFC 9111 §3.4): they are adjacent or overlap and have the same strong
 * validator. Undefined otherwise.
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
  // The later part wins where both overlap.
  piece.bytes.copy(bytes, piece.from - from);
  return { from, total: part.total, bytes };
}

export function isWhole({ from, total, bytes }: BodyRange): boolean {
  return from === 0 && bytes.length === total;
}
