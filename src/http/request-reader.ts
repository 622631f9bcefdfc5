import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError, precomputed } from '../core/failure.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { RequestJournal } from '../core/ports/journal.ts';
import { bytesReply, emptyReply, type Reply, withHeader } from '../core/reply.ts';
import type { ForwardedHeaders } from './forwarded-headers.ts';
import type { OwnCredentials } from './own-credentials.ts';
import { type EntryPoint, type ReadOptions, readExchange } from './read-exchange.ts';
import type { HeadReader } from './request-head.ts';
import type { RouteMatch } from './route-match.ts';
import type { ServerLimits } from './server-limits.ts';

export interface RequestReaderOptions {
  match(method: string, host: string, segments: readonly string[]): RouteMatch;
  readonly heads: HeadReader;
  readonly forwarding: ForwardedHeaders;
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly own?: OwnCredentials | undefined;
}

/** From its own server, as an ordinary request. */
export const DIRECT: EntryPoint = { upgrade: undefined, isBehindMiddleware: false };
/** From an Express app. */
export const BEHIND_MIDDLEWARE: EntryPoint = { upgrade: undefined, isBehindMiddleware: true };

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

// RFC 9110 §9.3.8: it would reveal a client's own credentials to scripts in its page.
const NO_TRACE = precomputed('request.method_not_allowed', 'TRACE is not supported here', {
  headers: ['Allow', METHODS.join(', ')],
});

// RFC 9110 §9.3.7: the methods of the server as a whole.
const WHOLE_SERVER: RouteMatch = { kind: 'method', allow: METHODS };

/** Reads a request and finds its route, to handle or to explain it. */
export class RequestReader {
  readonly #options: ReadOptions<RouteMatch>;

  constructor({ heads, forwarding, match, limits, clock, own }: RequestReaderOptions) {
    const minBodyRate = { clock, perSecond: limits.minBodyRate };
    const preflight = preflightIn(match);
    this.#options = { heads, forwarding, match, preflight, minBodyRate, maxUrl: limits.url, own };
  }

  /** @throws GatewayError for an invalid request. */
  read(
    req: IncomingMessage,
    res: ServerResponse,
    journal: RequestJournal | undefined,
    entryPoint: EntryPoint,
  ): { readonly x: Exchange | undefined; readonly found: RouteMatch } {
    if (req.method === 'TRACE') throw NO_TRACE;
    if (req.method === 'OPTIONS' && req.url === '*') {
      const { heads, forwarding } = this.#options;
      forwarding.introduce(req, heads.read(req));
      return { x: undefined, found: WHOLE_SERVER };
    }
    return readExchange(req, res, this.#options, entryPoint, journal);
  }
}

/** A method that a page can use (Fetch, "forbidden method"). */
const PREFLIGHTED = /^(?!(?:TRACE|TRACK|CONNECT)$)[\w!#$%&'*+.^`|~-]+$/i;

/** A preflight belongs to the route of the request that it precedes. */
function preflightIn(match: RequestReaderOptions['match']): ReadOptions<RouteMatch>['preflight'] {
  return (intended, hostname, segments) => {
    if (!PREFLIGHTED.test(intended)) return undefined;
    const found = match(intended, hostname, segments);
    const value = found.value?.preflight;
    return value === undefined || found.kind !== 'found' ? undefined : { ...found, value };
  };
}

/** The response if no route matches. @throws GatewayError 404, 405 or 421. */
export function notFoundResponse(found: Exclude<RouteMatch, { kind: 'found' }>, method: string): Reply {
  switch (found.kind) {
    case 'method': {
      const allow = found.allow.join(', ');
      if (method === 'OPTIONS') return emptyReply(204, HeaderList.of({ Allow: allow }));
      throw new GatewayError('request.method_not_allowed', `Allowed here: ${allow}`, { headers: ['Allow', allow] });
    }
    case 'health':
      return health(found.isLeaving, method);
    case 'host':
      throw new GatewayError('request.unknown_host', 'No route here is for this host');
    case 'none':
      throw new GatewayError(
        'request.not_found',
        found.near === undefined
          ? 'There is nothing at this address'
          : `There is nothing at this address; did you mean ${found.near}?`,
      );
  }
}

function health(isLeaving: boolean, method: string): Reply {
  if (method !== 'GET' && method !== 'HEAD') {
    throw new GatewayError('request.method_not_allowed', 'Allowed here: GET, HEAD', {
      headers: ['Allow', 'GET, HEAD'],
    });
  }
  const text = isLeaving ? 'draining' : 'ok';
  const reply = bytesReply(isLeaving ? 503 : 200, 'text/plain; charset=utf-8', Buffer.from(`${text}\n`));
  return withHeader(reply, 'Cache-Control', 'no-store');
}
