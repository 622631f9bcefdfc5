import { createHash } from 'node:crypto';
import { parseExactly, stringifyExactly } from '../core/exact-json.ts';
import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import { type RecordedBody, recordedBody } from './recorded-body.ts';
import { delimiterOf } from './redacted-multipart.ts';
import { REDACTED } from './redacted-text.ts';
import type { Redaction } from './redaction.ts';

/** What identifies a recorded response: a request to a service, without its secrets. */
export interface RecordedRequest {
  readonly service: string;
  readonly method: string;
  /** Set for the handshake of a WebSocket. */
  readonly upgrade?: true;
  /** Encoded, as the backend gets it, without the path of its target. */
  readonly path: string;
  /** Encoded, with its question mark and in the order of the request; missing for none. */
  readonly query?: string;
  /** Missing for a request without a body. */
  readonly body?: RecordedRequestBody;
  /** The fields that the responses name in `Vary`; null for one that is absent. */
  readonly headers?: Readonly<Record<string, string | null>>;
}

export interface RecordedRequestBody {
  /** Of the body without secrets: JSON without spaces, a form with the boundary `boundary`. */
  readonly sha256: string;
  /** For a reader; missing for a long body. */
  readonly content?: RecordedBody;
}

/** Request fields whose values may be written; of any other one only its presence is. */
const KEPT_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-language',
  'content-type',
  'device-memory',
  'downlink',
  'dpr',
  'ect',
  'prefer',
  'rtt',
  'save-data',
  'sec-ch-prefers-color-scheme',
  'sec-ch-prefers-reduced-motion',
  'sec-ch-ua-mobile',
  'sec-ch-viewport-width',
  'sec-ch-width',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'viewport-width',
  'width',
  'x-requested-with',
]);

/** A longer body is recorded by its hash only. In bytes. */
const MAX_SHOWN_BODY = 4 * 1024;

/** Makes what identifies a request, the same for the recording and for the lookup. */
export class RequestIdentity {
  readonly #redaction: Redaction;
  readonly #kept: ReadonlySet<string>;

  /** @param keptHeaders names of request fields that a team lets through, in lower case. */
  constructor(redaction: Redaction, keptHeaders: readonly string[] = []) {
    this.#redaction = redaction;
    this.#kept = new Set([...KEPT_HEADERS, ...keptHeaders.map(name => name.toLowerCase())]);
  }

  /** Without the fields that depend on the response's `Vary`. */
  of(x: Exchange, service: string, body: Buffer): RecordedRequest {
    const { path, search } = x.call ?? x;
    const query = this.#redaction.query(search);
    return {
      service,
      method: x.method,
      ...(x.details.upgrade !== undefined && { upgrade: true }),
      path: this.#redaction.path(path),
      ...(query !== '' && { query }),
      ...(body.length > 0 && { body: this.#body(body, x.headers.get('content-type') ?? '') }),
    };
  }

  /** The fields that a response depends on. @param names from its `Vary`, in lower case. */
  varying(names: readonly string[], headers: HeaderList): Readonly<Record<string, string | null>> {
    // The gateway asks for no content encoding when it records, so every client can have the response.
    const relevant = names.filter(name => name !== 'accept-encoding' && name !== '*');
    return Object.fromEntries(relevant.map(name => [name, this.#header(name, headers)]));
  }

  #header(name: string, headers: HeaderList): string | null {
    const value = headers.joined(name);
    if (value === undefined) return null;
    return this.#kept.has(name) ? this.#redaction.header(name, value) : REDACTED;
  }

  #body(bytes: Buffer, contentType: string): RecordedRequestBody {
    const clean = inOneForm(this.#redaction.body(bytes, contentType), contentType);
    const sha256 = createHash('sha256').update(clean).digest('hex');
    return { sha256, ...(clean.length <= MAX_SHOWN_BODY && { content: recordedBody(clean) }) };
  }
}

/** Spaces in JSON and the boundary of a form say nothing. */
function inOneForm(bytes: Buffer, contentType: string): Buffer {
  if (/^\s*multipart\/form-data/i.test(contentType)) {
    const text = bytes.toString('latin1');
    const delimiter = delimiterOf(text, contentType);
    return delimiter === undefined ? bytes : Buffer.from(text.replaceAll(delimiter, '--boundary'), 'latin1');
  }
  if (!/^\s*[[{]/.test(bytes.subarray(0, 32).toString('latin1'))) return bytes;
  try {
    return Buffer.from(stringifyExactly(parseExactly(bytes.toString()).exact));
  } catch {
    return bytes;
  }
}

/** The same text for two requests that differ at most in the fields that `Vary` names. */
export function keyOf({ service, method, upgrade, path, query = '', body }: RecordedRequest): string {
  return JSON.stringify([service, method, upgrade === true, path, query, body?.sha256 ?? '']);
}

/** A request as a person reads it: `GET cart/carts/7?full=1`. */
export function requestText({ service, method, upgrade, path, query = '', body }: RecordedRequest): string {
  const kind = upgrade === true ? 'WebSocket' : method;
  const content = body === undefined ? '' : ` with the body ${body.sha256.slice(0, 8)}`;
  return `${kind} ${service} ${path}${query}${content}`;
}
