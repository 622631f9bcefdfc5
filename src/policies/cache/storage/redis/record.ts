import type { TierRecord } from '../../../../core/ports/cache-tier.ts';
import type { PurgeLabels } from '../../../../core/purge.ts';
import type { PurgeLogRead } from './purge-log-replica.ts';

/** Incremented with every change of the format: records of another version have other keys. */
export const RECORD_VERSION = 3;

/** A record in Redis: the length of the head, the head as JSON, the bytes. */
export function encodeRecord({ bytes, labels }: TierRecord, lastRead: PurgeLogRead): Buffer {
  const head = Buffer.from(JSON.stringify({ lastRead, labels }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, bytes]);
}

export interface ReadRecord {
  readonly bytes: Buffer;
  readonly labels: PurgeLabels;
  readonly lastRead: PurgeLogRead;
}

/** Undefined for foreign bytes. */
export function decodeRecord(value: Buffer): ReadRecord | undefined {
  try {
    const end = 4 + value.readUInt32BE(0);
    const { lastRead, labels } = JSON.parse(value.toString('utf8', 4, end));
    if (typeof labels !== 'object' || typeof lastRead?.origin !== 'string') return undefined;
    return { bytes: value.subarray(end), labels, lastRead };
  } catch {
    return undefined;
  }
}
