import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import Negotiator from 'negotiator';
import { memoize } from '../core/memoize.ts';

/** A content encoding (RFC 9110 §8.4.1) that the gateway produces. */
export interface ContentEncoding {
  readonly name: string;
  /** Runs in the thread pool, so the event loop is not blocked. */
  once(bytes: Buffer): Promise<Buffer>;
  stream(): Encoder;
  /** The kind of flush that sends everything an encoder holds back but keeps its history. */
  readonly flush: number;
}

export type Encoder = Transform & { flush(kind: number): void };

const { constants } = zlib;

// Every open stream holds a window and tables in memory and zeroes them first. The defaults (4 MB for brotli, 2 for
// zstd) need three times the CPU for a response of 4 KB, and save less than a percent at 160 KB.
const STREAM_WINDOW = 17;
const STREAM_TABLE = 15;
const QUALITY = { [constants.BROTLI_PARAM_QUALITY]: 4 };
const LEVEL = { [constants.ZSTD_c_compressionLevel]: 3 };
const brotliStream = { params: { ...QUALITY, [constants.BROTLI_PARAM_LGWIN]: STREAM_WINDOW } };
const zstdStream = {
  params: {
    ...LEVEL,
    [constants.ZSTD_c_windowLog]: STREAM_WINDOW,
    [constants.ZSTD_c_hashLog]: STREAM_TABLE,
    [constants.ZSTD_c_chainLog]: STREAM_TABLE,
  },
};

/** The smallest window that holds all of the bytes. */
function brotliFor({ length }: Buffer): zlib.BrotliOptions {
  const bits = Math.ceil(Math.log2(length + 1));
  const window = Math.min(constants.BROTLI_DEFAULT_WINDOW, Math.max(constants.BROTLI_MIN_WINDOW_BITS, bits));
  const params = { [constants.BROTLI_PARAM_LGWIN]: window, [constants.BROTLI_PARAM_SIZE_HINT]: length };
  return { params: { ...QUALITY, ...params } };
}

const brotliOnce = promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
const gzipOnce = promisify<Buffer, Buffer>(zlib.gzip);
const zstdOnce = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdCompress);

/** In order of preference for a client that accepts several equally. */
const ENCODINGS: readonly ContentEncoding[] = [
  {
    name: 'zstd',
    once: bytes => zstdOnce(bytes, { params: LEVEL, pledgedSrcSize: bytes.length }),
    stream: () => zlib.createZstdCompress(zstdStream),
    flush: constants.ZSTD_e_flush,
  },
  {
    name: 'br',
    once: bytes => brotliOnce(bytes, brotliFor(bytes)),
    stream: () => zlib.createBrotliCompress(brotliStream),
    flush: constants.BROTLI_OPERATION_FLUSH,
  },
  { name: 'gzip', once: gzipOnce, stream: () => zlib.createGzip(), flush: constants.Z_SYNC_FLUSH },
];

const NAMES: readonly string[] = [...ENCODINGS.map(({ name }) => name), 'identity'];

interface EncodingNegotiator {
  encoding(available: readonly string[], options: { readonly preferred: readonly string[] }): string | undefined;
}

/**
 * Selects the content encoding for a client (RFC 9110 §12.5.3); undefined for none, including a client that accepts
 * none of them.
 */
export function negotiated(accept: string | undefined): ContentEncoding | undefined {
  return accept === undefined ? undefined : remembered(accept);
}

const remembered = memoize((accept: string): ContentEncoding | undefined => {
  // RFC 9110 §8.4.1.3: an old name of gzip.
  const headers = { 'accept-encoding': accept.replaceAll(/\bx-gzip\b/gi, 'gzip') };
  const negotiator: EncodingNegotiator = new Negotiator({ headers });
  const name = negotiator.encoding(NAMES, { preferred: NAMES });
  return ENCODINGS.find(candidate => candidate.name === name);
});
