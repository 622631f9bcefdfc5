import { GatewayError } from './failure.ts';

/**
 * One value as one segment of a path: no value can add a slash, a question mark or a dot segment.
 * @throws GatewayError `request.unsafe_segment` for '', '.' and '..', which no encoding makes safe (RFC 3986 §6.2.2.3: they are
 * removed after decoding).
 */
export function encodeSegment(value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new GatewayError('request.unsafe_segment', 'A value in the path is empty or a dot segment');
  }
  return encodeURIComponent(value);
}
