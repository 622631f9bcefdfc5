import { DEFAULTS } from '../config/defaults.ts';
import { durationMs } from '../config/duration.ts';
import type { GatewayOptions } from '../config/gateway.ts';
import type { Client } from '../core/exchange.ts';
import type { GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';
import { FieldNames } from '../core/headers/header-list.ts';
import { type ResultReceiver, receiveResult } from '../core/map-result.ts';
import type { Reply } from '../core/reply.ts';

const NOSNIFF = 'X-Content-Type-Options';

/** The security fields of a gateway's responses: name, value, name, value, ... */
export class SecurityFields {
  readonly #http: readonly string[];
  readonly #https: readonly string[];

  constructor(http: readonly string[], hsts: readonly string[]) {
    this.#http = http;
    this.#https = [...http, ...hsts];
  }

  /** In a few words, for a list of policies. */
  get text(): string {
    const names = this.#https.filter((_, i) => i % 2 === 0);
    return names.map(name => (name === NOSNIFF ? 'nosniff' : name)).join(', ');
  }

  /** RFC 6797 §7.2: `Strict-Transport-Security` goes over TLS only. */
  for(protocol: Client['protocol'] | undefined): readonly string[] {
    return protocol === 'https' ? this.#https : this.#http;
  }
}

/** The fields that these options add; undefined for none. By default those of DEFAULTS, in a gateway with sessions. */
export function securityFieldsOf({ securityHeaders, session }: GatewayOptions): SecurityFields | undefined {
  const options = securityHeaders ?? (session === undefined ? false : {});
  if (options === false) return undefined;
  const { nosniff, referrerPolicy, hsts = false } = { ...DEFAULTS.securityHeaders, ...options };
  const http = [
    ...(nosniff ? [NOSNIFF, 'nosniff'] : []),
    ...(referrerPolicy === false ? [] : ['Referrer-Policy', referrerPolicy]),
  ];
  const https = hsts === false ? [] : ['Strict-Transport-Security', `max-age=${Math.floor(durationMs(hsts) / 1_000)}`];
  return http.length + https.length === 0 ? undefined : new SecurityFields(http, https);
}

/**
 * Adds the fields to every response that does not have them: what a backend says about its own response stays. A
 * failure gets them where it becomes a response.
 */
export function securityHeaders(fields: SecurityFields): Stage {
  const http = new AddedFields(fields.for('http'));
  const https = new AddedFields(fields.for('https'));
  return next => x => receiveResult(next, x, x.client?.protocol === 'https' ? https : http);
}

class AddedFields implements ResultReceiver {
  readonly #fields: readonly string[];
  readonly #names: FieldNames;

  constructor(fields: readonly string[]) {
    this.#fields = fields;
    this.#names = new FieldNames(fields.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase()));
  }

  replied(reply: Reply): Reply {
    const { headers } = reply;
    const missing = headers.hasAny(this.#names)
      ? this.#fields.filter((_, i, all) => !headers.has((all[i - (i % 2)] ?? '').toLowerCase()))
      : this.#fields;
    return missing.length === 0 ? reply : { ...reply, headers: headers.concat(missing) };
  }

  failed(failure: GatewayError): never {
    throw failure;
  }
}
