import type { Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { User } from '../core/user.ts';
import type { AnyContext } from './loaded-route.ts';

/** The context of an exchange. Expensive members are computed on first access. */
export function contextOf(x: Exchange): AnyContext {
  return new RequestContext(x);
}

const NO_LOCALS = Object.freeze({});

// The path and the schemas type params, query and body in the public API; here they are untyped.
class RequestContext implements AnyContext {
  readonly #x: Exchange;
  #headers: Readonly<Record<string, string | undefined>> | undefined;
  #cookies: Readonly<Record<string, string | undefined>> | undefined;

  constructor(x: Exchange) {
    this.#x = x;
  }

  get id(): string {
    return this.#x.id;
  }

  get params(): never {
    return this.#x.params as never;
  }

  get query(): never {
    return (this.#x.details.validQuery ?? this.#x.query) as never;
  }

  get body(): never {
    return this.#x.details.validBody as never;
  }

  get method(): string {
    return this.#x.method;
  }

  get url(): URL {
    const { client, path, search } = this.#x;
    return new URL(
      `${client?.mount ?? ''}${path}${search}`,
      `${client?.protocol ?? 'http'}://${client?.host ?? 'localhost'}`,
    );
  }

  get headers(): Readonly<Record<string, string | undefined>> {
    const { clientHeaders = this.#x.headers, covered: names } = this.#x.details;
    this.#headers ??= covered(clientHeaders.toObject(), names);
    return this.#headers;
  }

  get cookies(): Readonly<Record<string, string | undefined>> {
    this.#cookies ??= parseCookies(this.headers.cookie);
    return this.#cookies;
  }

  get signal(): AbortSignal {
    return this.#x.signal;
  }

  get user(): User | undefined {
    return this.#x.details.recognised?.user;
  }

  get client(): { readonly address: string } {
    return { address: this.#x.client?.address ?? '' };
  }

  get subject(): string | undefined {
    return this.#x.details.subject;
  }

  get locals(): Readonly<Record<string, unknown>> {
    return this.#x.details.locals ?? NO_LOCALS;
  }
}

/**
 * A shared response may depend only on fields in its key; a read of any other field would give one user's response to
 * all.
 */
function covered(
  fields: Record<string, string>,
  names: ReadonlySet<string> | undefined,
): Readonly<Record<string, string | undefined>> {
  if (names === undefined) return fields;
  return new Proxy(fields, {
    get(target, name) {
      if (typeof name === 'string' && !names.has(name)) throw uncovered(name);
      return Reflect.get(target, name);
    },
    has: (target, name) => {
      if (typeof name === 'string' && !names.has(name)) throw uncovered(name);
      return Reflect.has(target, name);
    },
  });
}

function uncovered(name: string): GatewayError {
  const reason = `a cached response reads the request header "${name}", which its key does not cover`;
  return new GatewayError('cache.uncovered_header', 'The response depends on something it may not', {
    cause: new Error(`${reason}: add it to the cache's \`vary\``),
  });
}

/**
 * RFC 6265 §4.2.1: pairs separated by semicolons. The first of two equal names wins, because browsers send the more
 * specific path first.
 */
function parseCookies(header: string | undefined): Record<string, string | undefined> {
  const cookies: Record<string, string | undefined> = Object.create(null);
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 1) continue;
    const name = pair.slice(0, equals).trim();
    cookies[name] ??= unquote(pair.slice(equals + 1).trim());
  }
  return cookies;
}

function unquote(value: string): string {
  const bare = value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}
