import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';

/** The bytes behind a `Content-Encoding`. @throws for bytes that are not whole. */
export function decoded(encoding: string | null | undefined, bytes: Uint8Array): Buffer {
  switch (encoding) {
    case 'zstd':
      return zstdDecompressSync(bytes);
    case 'br':
      return brotliDecompressSync(bytes);
    case 'gzip':
      return gunzipSync(bytes);
    default:
      return Buffer.from(bytes);
  }
}
