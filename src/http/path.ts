import { GatewayError, precomputed } from '../core/failure.ts';

/** The parsed target of a request, without repairs: ambiguous targets are rejected. */
export interface RequestPath {
  /** Encoded in normal form: `%61dmin` is `admin` (RFC 3986 §6.2.2). */
  readonly path: string;
  /** With its question mark; '' for none. */
  readonly search: string;
  /** Decoded; `/` is `['']`. */
  readonly segments: readonly string[];
  /** Whether a segment contains an encoded slash, which only a route with `encodedSlashes` accepts. */
  readonly encodedSlash: boolean;
}

// Control bytes, spaces and bytes above 0x7f (plain), a fragment.
const FORBIDDEN = /[\u0000-\u0020\u007f-\uffff#]/;
// The same after decoding, with the control characters above ASCII.
const FORBIDDEN_DECODED = /[\u0000-\u001f\u007f-\u009f\\]/;
// Empty and dot segments, alone or before a parameter: servers that cut `;...` would read dot segments.
const NO_NAME = /^(?:\.{0,2};|\.{1,2}$)/;

/**
 * @param host the validated authority; an absolute-form target must name the same.
 * @throws GatewayError `request.malformed` for dot and empty segments, invalid percent-encoding and other ambiguous
 * targets.
 */
export function parsePath(target: string, host: string): RequestPath {
  const origin = originForm(target, host);
  const request = origin.indexOf('?');
  const path = request < 0 ? origin : origin.slice(0, request);
  const search = request < 0 ? '' : origin.slice(request);
  // Browsers convert a backslash to a slash in a path, but not in a query.
  if (path[0] !== '/' || path.includes('\\') || FORBIDDEN.test(origin))
    throw malformed('The path holds a character that it may not');
  const raw = path.slice(1).split('/');
  const segments = raw.map((segment, i) => decoded(segment, i === raw.length - 1));
  return {
    path: path.includes('%') ? normalised(path) : path,
    search,
    segments,
    encodedSlash: path.includes('%') && segments.some(segment => segment.includes('/')),
  };
}

// RFC 3986 §6.2.2.1 and §6.2.2.2: these spellings are equivalent, so a guard must see only one of them.
function normalised(path: string): string {
  return path.replaceAll(/%[\da-f]{2}/gi, octet => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    return UNRESERVED.test(character) ? character : octet.toUpperCase();
  });
}

const UNRESERVED = /[\w.~-]/;
const NO_ENCODING = /%(?![\da-f]{2})/i;

/** A request target with a normalized path, for middleware that reads it before the gateway. */
export function inOneSpelling(target: string): string {
  const request = target.indexOf('?');
  // Invalid percent-encoding is rejected later; decoded here, a second decoding would give another path.
  if (NO_ENCODING.test(request < 0 ? target : target.slice(0, request))) return target;
  return request < 0 ? normalised(target) : normalised(target.slice(0, request)) + target.slice(request);
}

/** The response to encoded slashes on a route without `encodedSlashes`. */
export const ENCODED_SLASH = precomputed('request.malformed', 'The path holds an encoded slash');

// RFC 9112 §3.2.2: a server must accept the absolute form, which must match Host.
function originForm(target: string, host: string): string {
  if (target[0] === '/') return target;
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  if (absolute?.[1] === undefined || absolute[1].toLowerCase() !== host.toLowerCase()) {
    throw malformed('The request target is not a path on this host');
  }
  const rest = absolute[2] ?? '';
  return rest[0] === '/' ? rest : `/${rest}`;
}

function decoded(segment: string, last: boolean): string {
  if (segment === '' && !last) throw malformed('The path has an empty segment');
  if (!segment.includes('%')) return refused(segment);
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch (cause) {
    throw malformed('The path is not percent-encoded UTF-8', cause);
  }
  if (FORBIDDEN_DECODED.test(text)) throw malformed('The path holds an encoded character that it may not');
  if (!text.includes('/')) return refused(text);
  // A program that decodes the whole path sees these as segments too.
  for (const piece of text.split('/')) {
    if (piece === '') throw malformed('The path has an empty segment');
    refused(piece);
  }
  return text;
}

function refused(segment: string): string {
  const first = segment[0];
  if ((first === '.' || first === ';') && NO_NAME.test(segment)) throw malformed('The path has a dot segment');
  return segment;
}

function malformed(message: string, cause?: unknown): GatewayError {
  return new GatewayError('request.malformed', message, { cause });
}
