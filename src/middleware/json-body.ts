import { type ExactValue, NO_VALUE, parseExactly } from '../core/exact-json.ts';
import { GatewayError } from '../core/failure.ts';

/**
 * No real document is nested deeper; parsing half a million levels takes a sixth of a second, and walking them
 * overflows the stack.
 */
const MAX_LEVELS = 500;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

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
