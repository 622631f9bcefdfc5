import { GatewayError } from './failure.ts';

/**
 * Encodes a value as one path segment, so that it cannot add a slash, a question mark or a dot segment. Characters that
 * a segment may contain (`pchar`, RFC 3986 §3.3) are kept: `7:cancel`, `@scope`, `a,b`.
 * @throws GatewayError `request.unsafe_segment` for '', '.' and '..', which no encoding makes safe (RFC 3986 §6.2.2.3:
 * they are removed after decoding).
 */
export function encodeSegment(value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new GatewayError('request.unsafe_segment', 'A value in the path is empty or a dot segment');
  }
  const encoded = encodeURIComponent(value).replaceAll(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent);
  // Servers that cut `;...` would read such a segment as a dot segment.
  return DOTS_AND_PARAMETER.test(encoded) ? encoded.replace(';', '%3B') : encoded;
}

const DOTS_AND_PARAMETER = /^\.{0,2};/;
