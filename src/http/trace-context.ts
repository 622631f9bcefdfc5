import { randomBytes } from 'node:crypto';
import type { HeaderList } from '../core/headers/header-list.ts';

// Random digits are made for many requests at once: a call for each would cost ten times as much.
const POOL_BYTES = 4_096;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
const NO_TRACE = '0'.repeat(TRACE_DIGITS);
const NO_SPAN = '0'.repeat(SPAN_DIGITS);

/**
 * Traces that begin here (W3C Trace Context §3.2). The gateway records nothing itself, so they do not say that it did:
 * flags 00.
 */
export class TraceParents {
  #pool = '';
  #at = 0;

  next(): string {
    return `00-${this.#digits(TRACE_DIGITS, NO_TRACE)}-${this.#digits(SPAN_DIGITS, NO_SPAN)}-00`;
  }

  #digits(count: number, forbidden: string): string {
    if (this.#at + count > this.#pool.length) {
      this.#pool = randomBytes(POOL_BYTES).toString('hex');
      this.#at = 0;
    }
    const digits = this.#pool.slice(this.#at, this.#at + count);
    this.#at += count;
    return digits === forbidden ? this.#digits(count, forbidden) : digits;
  }
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/;
const MAX_STATE = 512;

/**
 * A trace that began before the gateway, as fields to pass on; undefined where there is none, or none that keeps to the
 * grammar.
 */
export function traceFields(raw: HeaderList): readonly string[] | undefined {
  const [parent, another] = raw.all('traceparent');
  if (parent === undefined || another !== undefined || !isTraceParent(parent)) return undefined;
  const state = raw.joined('tracestate');
  const fields = ['traceparent', parent];
  return state === undefined || state.length > MAX_STATE ? fields : [...fields, 'tracestate', state];
}

function isTraceParent(text: string): boolean {
  const [, version, trace, span, more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === 'ff' || trace === NO_TRACE || span === NO_SPAN) return false;
  // Later versions may say more behind what this one knows.
  return version !== '00' || more === undefined;
}
