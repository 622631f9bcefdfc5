import type { Check, CheckVerdict } from '../config/schema.ts';
import { bytesBody, collect, discard } from '../core/body.ts';
import { decodersOf } from '../core/content-decoders.ts';
import { type ExactValue, NO_VALUE, parseExactly, stringifyExactly } from '../core/exact-json.ts';
import { GatewayError } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import { mapResult } from '../core/map-result.ts';
import type { Reply } from '../core/reply.ts';
import { whenKnown } from '../core/when-known.ts';
import { textIn } from './decoded-text.ts';

/** Maximum size of a response that is read into memory, in bytes. */
export interface ReadLimit {
  readonly bytes: number;
}

/**
 * Reads and validates a backend's response below the part's cache and breaker, so that an invalid response fails the
 * call and is not stored.
 */
export class CheckedCall {
  readonly #name: string;
  readonly #check: Check | undefined;
  readonly #limit: ReadLimit;
  // The parsed value of bytes that were just validated, so that the first reader does not parse them again; later
  // readers get their own copy.
  readonly #fresh = new WeakMap<Buffer, unknown>();

  readonly #refusals: ReadonlySet<number>;

  /** @param refusals the statuses that become those of the whole response. */
  constructor(name: string, check: Check | undefined, limit: ReadLimit, refusals = REFUSALS) {
    this.#name = name;
    this.#check = check;
    this.#limit = limit;
    this.#refusals = refusals;
  }

  /** A handler that returns validated bytes. Responses other than 2xx pass unchanged. */
  reading(next: Handler): Handler {
    return x => mapResult(next, x, reply => this.#read(reply));
  }

  #read(reply: Reply): Reply | Promise<Reply> {
    if (reply.status < 200 || reply.status > 299) return reply;
    const { headers } = reply;
    return whenKnown(this.#bytesOf(reply), bytes =>
      whenKnown(this.#checked(bytes, reply), value => {
        this.#fresh.set(bytes, value);
        return { ...reply, headers: decodedHeaders(headers), body: bytesBody(bytes) };
      }),
    );
  }

  /** A response of a value that was just validated. */
  responseOf(value: unknown, headers: HeaderList): Reply {
    const bytes = Buffer.from(stringifyExactly(value));
    this.#fresh.set(bytes, value);
    return { status: 200, headers, body: bytesBody(bytes) };
  }

  /** The value of a response after the part's policies. @throws GatewayError for anything but a valid 2xx. */
  value(reply: Reply): unknown {
    if (reply.status < 200 || reply.status > 299) {
      const refused = this.#refused(reply);
      discard(reply.body, refused);
      throw refused;
    }
    return whenKnown(this.#bytesOf(reply), bytes => {
      if (!this.#fresh.has(bytes)) return this.#checked(bytes, reply);
      const value = this.#fresh.get(bytes);
      this.#fresh.delete(bytes);
      return value;
    });
  }

  /** A fallback may be a `Response`, whose body is read once: for several readers, its bytes. */
  held(reply: Reply): Reply | Promise<Reply> {
    if (reply.fallbacks === undefined || reply.body.kind !== 'stream') return reply;
    const bytes = collect(reply.body, this.#limit.bytes, () => this.#tooLarge());
    return whenKnown(bytes, known => ({ ...reply, body: bytesBody(known) }));
  }

  #bytesOf({ headers, body }: Reply): Buffer | Promise<Buffer> {
    const bytes = collect(body, this.#limit.bytes, () => this.#tooLarge());
    const encoding = headers.joined('content-encoding');
    return encoding === undefined ? bytes : this.#decodedBytes(bytes, encoding);
  }

  async #decodedBytes(encoded: Buffer | Promise<Buffer>, encoding: string): Promise<Buffer> {
    let bytes = await encoded;
    if (bytes.length === 0) return bytes;
    const decoders = decodersOf(encoding);
    if (decoders === undefined) throw this.#unreadable(`is in a content encoding that is not read here: ${encoding}`);
    // Many servers encode a response in spite of `Accept-Encoding: identity`.
    for (const decode of decoders) bytes = await this.#decoded(decode(bytes, { maxOutputLength: this.#limit.bytes }));
    return bytes;
  }

  async #decoded(decoding: Promise<Buffer>): Promise<Buffer> {
    try {
      return await decoding;
    } catch (cause) {
      if (cause instanceof RangeError) throw this.#tooLarge();
      throw this.#unreadable('does not decode', cause);
    }
  }

  #tooLarge(): GatewayError {
    return new GatewayError('upstream.too_large', `${this.#name} sent more than ${this.#limit.bytes} bytes`);
  }

  #unreadable(what: string, cause?: unknown): GatewayError {
    return new GatewayError('upstream.invalid', `${this.#name} sent something that cannot be read`, {
      cause: new Error(`the response ${what}`, { cause }),
    });
  }

  #refused({ status, headers }: Reply): GatewayError {
    const message = `${this.#name} responded ${status}`;
    if (!this.#refusals.has(status)) return new GatewayError('upstream.status', message, { backendStatus: status });
    return new GatewayError('upstream.refused', message, {
      status,
      backendStatus: status,
      headers: refusalHeaders(status, headers),
    });
  }

  #checked(bytes: Buffer, reply: Reply): unknown {
    const parsed = this.#parsed(bytes, reply);
    const verdict = this.#check?.(parsed.rounded);
    return verdict === undefined ? parsed.exact : whenKnown(verdict, known => this.#accepted(known, parsed));
  }

  #accepted(verdict: CheckVerdict, { rounded, exact }: ExactValue): unknown {
    // A schema that makes a value of its own has the last word on it.
    if (verdict.errors === undefined) return verdict.value === rounded ? exact : verdict.value;
    const first = verdict.errors[0];
    throw new GatewayError('upstream.invalid', `${this.#name} sent something unexpected`, {
      cause: new Error(`the response does not fit its schema: ${first?.pointer ?? ''} ${first?.detail ?? ''}`),
    });
  }

  #parsed(bytes: Buffer, { status, headers }: Reply): ExactValue {
    if (bytes.length === 0 && WITHOUT_CONTENT.has(status)) return NO_VALUE;
    const text = this.#textOf(bytes, headers);
    try {
      return parseExactly(text);
    } catch (cause) {
      throw new GatewayError('upstream.invalid', `${this.#name} sent something that is not JSON`, { cause });
    }
  }

  #textOf(bytes: Buffer, headers: HeaderList): string {
    try {
      return textIn(bytes, headers.get('content-type'));
    } catch (cause) {
      throw this.#unreadable('is in no charset that it could be read by', cause);
    }
  }
}

/** RFC 9110 §15.3.5 and §15.3.6: these have no content. Any other response without bytes is no JSON. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205]);

/**
 * A part's refusals that speak about the client's request, so that they are the whole response's. Any other one (405,
 * 406, 412, 415, ...) speaks about the request that the gateway made, or requires fields that it does not have.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 410, 422, 429]);

/** Those of a call for several ids: any other one speaks about the call that the gateway put together. */
export const REFUSALS_OF_BATCH: ReadonlySet<number> = new Set([401, 403, 429]);

/** The fields that explain a refusal. RFC 9110 §11.6.1: a 401 must have a challenge. */
function refusalHeaders(status: number, headers: HeaderList): readonly string[] {
  if (status === 401) return ['WWW-Authenticate', headers.joined('www-authenticate') ?? 'Bearer'];
  const retryAfter = status === 429 ? headers.get('retry-after') : undefined;
  return retryAfter === undefined ? [] : ['Retry-After', retryAfter];
}

const ENCODED: ReadonlySet<string> = new Set(['content-encoding', 'content-length']);

function decodedHeaders(headers: HeaderList): HeaderList {
  return headers.has('content-encoding') ? headers.without(ENCODED) : headers;
}
