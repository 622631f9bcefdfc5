import type { Exchange } from '../../core/exchange.ts';
import type { GatewayError } from '../../core/failure.ts';
import type { HeaderList } from '../../core/headers/header-list.ts';
import { dependingOn } from '../../core/headers/vary.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Reply } from '../../core/reply.ts';
import { type CachePolicy, forBrowsers, NOT_FOR_CLIENTS } from './cacheability.ts';
import { type CacheStatusReport, cacheStatus } from './http/cache-status.ts';
import { represented } from './http/representation.ts';
import type { StoredReply } from './storage/entry.ts';

/** Adds the result of the cache to responses (RFC 9211), and the age to stored ones (RFC 9111 §5.1). */
export class CacheResponseHeaders {
  readonly #policy: CachePolicy;
  readonly #clock: Clock;

  constructor(policy: CachePolicy, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
  }

  stored(x: Exchange, entry: StoredReply, verdict: CacheStatusReport): Reply {
    return this.aged(x, represented(x, entry), entry, verdict);
  }

  aged(x: Exchange, reply: Reply, { bornAt }: { readonly bornAt: number }, verdict: CacheStatusReport): Reply {
    const ageSeconds = Math.max(0, Math.floor((this.#clock.now() - bornAt) / 1000));
    const said = cacheStatus(verdict);
    x.journal?.cached(said);
    const { status, headers, body, dependencies } = reply;
    const annotated = headers.forOneUse(['Age', String(ageSeconds), 'Cache-Status', said]);
    return dependencies === undefined
      ? { status, headers: annotated, body }
      : { status, headers: annotated, body, dependencies: dependencies };
  }

  /** A response of the backend. */
  marked(x: Exchange, reply: Reply, verdict: CacheStatusReport): Reply {
    const said = cacheStatus(verdict);
    x.journal?.cached(said);
    const isStored = verdict.kind === 'forwarded' && verdict.stored === true;
    const shown: HeaderList = isStored ? forBrowsers(reply.headers, this.#policy) : reply.headers;
    const headers = dependingOn(this.#policy.key.vary, shown);
    return { ...reply, headers: headers.without(NOT_FOR_CLIENTS).set('Cache-Status', said) };
  }

  /** The failure of a part is not that of the whole response: only a route's own cache reports to the client. */
  annotated(failure: GatewayError, verdict: CacheStatusReport): GatewayError {
    return this.#policy.key.by === 'call' ? failure : failure.saying(['Cache-Status', cacheStatus(verdict)]);
  }
}
