import { DisplayString, isAscii, isValidTokenStr, serializeList, Token } from 'structured-headers';
import type { FallbackUse } from '../core/reply.ts';

const NONE: readonly string[] = [];

/**
 * The field that tells a client what an aggregate lacks, as a list of RFC 9651: `stock;absent=timeout,
 * seller;fallback`. Nothing for a complete one.
 */
export function partsField(fallbacks: readonly FallbackUse[]): readonly string[] {
  if (fallbacks.length === 0) return NONE;
  return ['Portico-Parts', serializeList(fallbacks.map(item))];
}

function item({ part = '', reason, absent }: FallbackUse): [Token | string | DisplayString, Map<string, Token | true>] {
  return [
    nameOf(part),
    absent === true ? new Map([['absent', new Token(reasonOf(reason))]]) : new Map([['fallback', true]]),
  ];
}

/** The failure without its family: `timeout` of `upstream.timeout`. */
export function reasonOf(code: string): string {
  return code.replace(FAMILY, '');
}

const FAMILY = /^[^.]*\./;

// A part has any name that a property may have.
function nameOf(part: string): Token | string | DisplayString {
  if (isValidTokenStr(part)) return new Token(part);
  return isAscii(part) ? part : new DisplayString(part);
}
