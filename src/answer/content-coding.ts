import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';

type Decode = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

// RFC 9110 §8.4.1 and RFC 8878; `x-gzip` is an old name of gzip.
const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
  ['zstd', promisify(zstdDecompress)],
]);

/** What a body was encoded with, the last first; undefined where a coding is none that can be read. */
export function decodersOf(contentEncoding: string): readonly Decode[] | undefined {
  const names = contentEncoding.split(',').map(name => name.trim().toLowerCase());
  const decoders = names.filter(name => name !== '' && name !== 'identity').map(name => DECODERS.get(name));
  return decoders.every(decoder => decoder !== undefined) ? decoders.reverse() : undefined;
}
