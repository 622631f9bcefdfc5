import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';

/** The decoded bytes of a `Content-Encoding`. @throws for incomplete bytes. */
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
