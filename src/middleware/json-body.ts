import { type ExactValue, NO_VALUE, parseExactly } from '../core/exact-json.ts';
import { GatewayError } from '../core/failure.ts';
import type { HeaderList } from '../core/headers/header-list.ts';

/**
 * No real document is nested deeper; parsing half a million levels takes a sixth of a second, and walking them
 * overflows the stack.
 */
const MAX_LEVELS = 500;

// RFC 9110 §8.3.1 and §5.6.6.
const TYPE = /^(?:application\/json|[!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+\+json)[ \t]*/i;
const PARAMETER = /;[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=("(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~\w-]+))?[ \t]*/y;
const UTF_8 = /^"?utf-8"?$/i;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The validated text must be the text that the backend reads: JSON in UTF-8, without encoding. @throws GatewayError
 * 415.
 */
export function requireJson(headers: HeaderList): void {
  const types = headers.all('content-type');
  if (types.length !== 1 || !isJson(types[0] ?? '')) {
    throw new GatewayError('request.unsupported_media_type', 'The body has to be JSON in UTF-8, and say so once', {
      headers: ['Accept', 'application/json'],
    });
  }
  if (headers.all('content-encoding').some(encoding => encoding.trim().toLowerCase() !== 'identity')) {
    // RFC 9110 §15.5.16.
    throw new GatewayError('request.unsupported_media_type', 'The body must not be encoded', {
      headers: ['Accept-Encoding', 'identity'],
    });
  }
}

/** @throws GatewayError 400 for invalid JSON, or nesting beyond the limit. */
export function parseJson(bytes: Buffer): ExactValue {
  if (bytes.length === 0) return NO_VALUE;
  if (isTooDeep(bytes))
    throw new GatewayError('request.malformed', `The body is nested more than ${MAX_LEVELS} levels deep`);
  try {
    return parseExactly(UTF_8_TEXT.decode(bytes));
  } catch (cause) {
    throw new GatewayError('request.malformed', 'The body is not JSON', { cause });
  }
}

const UTF_8_TEXT = new TextDecoder('utf-8', { fatal: true });

/** The only relevant parameter is charset: at most one, with the one value of JSON (RFC 8259 §8.1). */
function isJson(type: string): boolean {
  let at = TYPE.exec(type)?.[0].length ?? -1;
  const charsets: string[] = [];
  while (at >= 0 && at < type.length) {
    PARAMETER.lastIndex = at;
    const parameter = PARAMETER.exec(type);
    if (parameter === null) return false;
    const [text, name, value = ''] = parameter;
    if (name?.toLowerCase() === 'charset') charsets.push(value);
    at += text.length;
  }
  return at >= 0 && charsets.length <= 1 && charsets.every(charset => UTF_8.test(charset));
}

/** Brackets in strings do not count as levels. */
function isTooDeep(bytes: Buffer): boolean {
  let level = 0;
  let isText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (isText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++level > MAX_LEVELS) return true;
    } else if (byte === 0x5d || byte === 0x7d) level--;
  }
  return false;
}
