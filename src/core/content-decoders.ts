import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

export type Decode = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

// RFC 9110 §8.4.1 and RFC 8878; `x-gzip` is an old name of gzip.
const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', deflated],
  ['br', promisify(brotliDecompress)],
  ['zstd', promisify(zstdDecompress)],
]);

// RFC 9110 §8.4.1.2 requires the zlib format; many servers send raw deflate, and browsers accept both.
function deflated(bytes: Buffer, options: { readonly maxOutputLength: number }): Promise<Buffer> {
  const isWrapped = ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
  return promisify(isWrapped ? inflate : inflateRaw)(bytes, options);
}

/** The decoders of a body, the last encoding first; undefined for an unknown content encoding. */
export function decodersOf(contentEncoding: string): readonly Decode[] | undefined {
  const names = contentEncoding.split(',').map(name => name.trim().toLowerCase());
  const decoders = names.filter(name => name !== '' && name !== 'identity').map(name => DECODERS.get(name));
  return decoders.every(decoder => decoder !== undefined) ? decoders.reverse() : undefined;
}
