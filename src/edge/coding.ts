import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import Negotiator from 'negotiator';

/** A content coding (RFC 9110 §8.4.1) that the gateway makes. */
export interface Coding {
  readonly name: string;
  /** In the thread pool: the loop goes on meanwhile. */
  once(bytes: Buffer): Promise<Buffer>;
  stream(): Encoder;
  /** The flush that brings out what an encoder holds back in the hope of more, and lets it refer to what came before. */
  readonly flush: number;
}

export type Encoder = Transform & { flush(kind: number): void };

const { constants } = zlib;

// Every open stream holds its window in memory. The defaults of brotli (4 MB) and zstd (2 MB) gain a percent on a web page.
const WINDOW_BITS = 19;
const brotli = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS },
};
const zstd = { params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_windowLog]: WINDOW_BITS } };

const brotliOnce = promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
const gzipOnce = promisify<Buffer, Buffer>(zlib.gzip);
const zstdOnce = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdCompress);

/** In the order in which they are given where a client likes several equally. */
const CODINGS: readonly Coding[] = [
  {
    name: 'zstd',
    once: bytes => zstdOnce(bytes, zstd),
    stream: () => zlib.createZstdCompress(zstd),
    flush: constants.ZSTD_e_flush,
  },
  {
    name: 'br',
    once: bytes => brotliOnce(bytes, brotli),
    stream: () => zlib.createBrotliCompress(brotli),
    flush: constants.BROTLI_OPERATION_FLUSH,
  },
  { name: 'gzip', once: gzipOnce, stream: () => zlib.createGzip(), flush: constants.Z_SYNC_FLUSH },
];

const NAMES: readonly string[] = [...CODINGS.map(({ name }) => name), 'identity'];

interface EncodingNegotiator {
  encoding(available: readonly string[], options: { readonly preferred: readonly string[] }): string | undefined;
}

/** What a client is given (RFC 9110 §12.5.3); undefined for the bytes as they are, also where it takes nothing that there is. */
export function negotiated(accept: string | undefined): Coding | undefined {
  if (accept === undefined) return undefined;
  const known = answered.get(accept);
  if (known !== undefined) return known.coding;
  // RFC 9110 §8.4.1.3: an old name of gzip.
  const headers = { 'accept-encoding': accept.replaceAll(/\bx-gzip\b/gi, 'gzip') };
  const negotiator: EncodingNegotiator = new Negotiator({ headers });
  const name = negotiator.encoding(NAMES, { preferred: NAMES });
  const coding = CODINGS.find(candidate => candidate.name === name);
  if (answered.size >= MOST_ANSWERED) answered.clear();
  answered.set(accept, { coding });
  return coding;
}

// All browsers of the world send a handful of values.
const answered = new Map<string, { readonly coding: Coding | undefined }>();
const MOST_ANSWERED = 256;
