import { randomBytes } from 'node:crypto';
import type { HeaderList } from '../core/headers/header-list.ts';

// Random digits are generated for many requests at once, since a call for each would cost ten times as much.
const POOL_BYTES = 4_096;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
const NO_TRACE = '0'.repeat(TRACE_DIGITS);
const NO_SPAN = '0'.repeat(SPAN_DIGITS);

/** Traces that begin here (W3C Trace Context §3.2). The gateway records nothing itself, so their flags are 00. */
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

/** The fields of a trace: `traceparent`, and `tracestate` if there is one. */
export interface TraceFields {
  readonly parent: string;
  readonly state: string | undefined;
}

/** The fields of a trace from before the gateway; undefined for an absent or malformed one. */
export function traceFields(raw: HeaderList): TraceFields | undefined {
  const [parent, another] = raw.all('traceparent');
  if (parent === undefined || another !== undefined || !isTraceParent(parent)) return undefined;
  const state = raw.joined('tracestate');
  return { parent, state: state === undefined || state.length > MAX_STATE ? undefined : state };
}

function isTraceParent(text: string): boolean {
  const [, version, trace, span, more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === 'ff' || trace === NO_TRACE || span === NO_SPAN) return false;
  // Later versions may append fields.
  return version !== '00' || more === undefined;
}
