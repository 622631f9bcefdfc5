import { HeaderList } from '../../../core/headers/header-list.ts';
import type { TierHit } from '../../../core/ports/cache-tier.ts';
import type { ClockReading } from '../http/freshness.ts';
import { EncodedVariants } from './encoded-variants.ts';
import { type CacheEntry, type Head, keptUntil, type StoredReply, type Variants } from './entry.ts';

/** Incremented with each change of the format; an entry of another version counts as absent. */
const VERSION = 3;
const LENGTH_BYTES = 4;

/** After the wall clock was set back, the time of an entry in a tier is unknown. */
const STEPPED_BACK_MS = 1_000;

const MOMENTS = ['bornAt', 'freshUntil', 'swrUntil', 'sieUntil', 'brokenUntil'] as const;

/**
 * Encodes an entry: the length of a JSON description, the description, the body. Times are on the wall clock, which
 * other processes share.
 */
export function encodeEntry(entry: StoredReply | Variants, { now, wall }: ClockReading): Buffer {
  if (entry.kind === 'variants') return framed({ version: VERSION, ...entry, savedAt: wall });
  const { body, mark, epoch: _epoch, dependencies: _origins, headers, ...encoded } = entry;
  const moments = Object.fromEntries(MOMENTS.map(name => [name, entry[name] - now]));
  const description = {
    version: VERSION,
    ...encoded,
    shareable: entry.dependencies.storable,
    ...moments,
    headers: headers.flat,
    savedAt: wall,
    soft: mark.soft,
  };
  return framed(description, body.bytes);
}

function framed(description: object, body: Buffer = Buffer.alloc(0)): Buffer {
  const json = Buffer.from(JSON.stringify(description));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, body]);
}

/** The state of this process for decoding. */
export interface DecodeContext {
  /** The epoch at the read of the tier, so that later purges count. */
  readonly epoch: number;
  readonly at: ClockReading;
  readonly grown: (bytes: number) => void;
}

/** An entry from a tier. */
export interface Decoded {
  readonly entry: CacheEntry;
  /** How long it is still useful. */
  readonly keepForMs: number;
}

/** Undefined for bytes that are no entry of this version. */
export function decodeEntry({ bytes, soft }: TierHit, here: DecodeContext): Decoded | undefined {
  try {
    const end = LENGTH_BYTES + bytes.readUInt32BE(0);
    const encoded = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end)) as EncodedHead;
    if (encoded.version !== VERSION) return undefined;
    if (encoded.kind === 'variants') {
      return {
        entry: { kind: 'variants', names: encoded.names, said: encoded.said, keys: encoded.keys, bytes: encoded.bytes },
        keepForMs: VARIANTS_MS,
      };
    }
    return revived(encoded, bytes.subarray(end), soft, here);
  } catch {
    return undefined;
  }
}

// The list of variants is rewritten with each of them and contains no response.
const VARIANTS_MS = 86_400_000;

type EncodedHead =
  | ({ readonly version: number; readonly savedAt: number } & Variants)
  | ({
      readonly version: number;
      readonly savedAt: number;
      readonly headers: readonly string[];
      readonly soft: boolean;
      readonly shareable: boolean;
    } & Omit<StoredReply, 'headers' | 'body' | 'mark' | 'epoch' | 'dependencies'>);

function revived(
  encoded: Extract<EncodedHead, { kind: 'reply' }>,
  content: Buffer,
  soft: boolean,
  { epoch, at, grown }: DecodeContext,
): Decoded {
  const { version: _version, savedAt, headers, soft: savedSoft, shareable, ...rest } = encoded;
  const layMs = at.wall - savedAt;
  const isUnsure = layMs < -STEPPED_BACK_MS;
  const base = at.now - Math.max(0, layMs);
  const moments = revivedMoments(rest, base);
  const entry: StoredReply = {
    ...rest,
    ...moments,
    dependencies: { storable: shareable, freshUntil: moments.freshUntil, labels: rest.labels },
    headers: new HeaderList(headers),
    epoch,
    body: { kind: 'bytes', bytes: content, copies: new EncodedVariants(content, grown) },
    mark: { checked: epoch, soft: soft || savedSoft || isUnsure },
  };
  return { entry, keepForMs: entry.keepForever ? VARIANTS_MS : Math.max(keptUntil(entry) - at.now, 60_000) };
}

function revivedMoments(
  relative: Pick<Head, (typeof MOMENTS)[number]>,
  base: number,
): Pick<Head, (typeof MOMENTS)[number]> {
  return {
    bornAt: base + relative.bornAt,
    freshUntil: base + relative.freshUntil,
    swrUntil: base + relative.swrUntil,
    sieUntil: base + relative.sieUntil,
    brokenUntil: base + relative.brokenUntil,
  };
}
