import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { NO_BODY } from '../core/body.ts';
import { Cancellation } from '../core/cancellation.ts';
import { Exchange, type Params } from '../core/exchange.ts';
import { precomputed } from '../core/failure.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import { isAssertedByGateway } from '../core/headers/hidden.ts';
import { endToEndFilter } from '../core/headers/hop-by-hop.ts';
import type { Journal } from '../core/ports/journal.ts';
import { earlyHintsTo } from './early-hints.ts';
import { forwardingOf, type TrustedProxies } from './forwarding.ts';
import { parsePath } from './path.ts';
import { requestBody } from './request-body.ts';
import type { RequestIds } from './request-ids.ts';

/** A client's request, and what the table found for it. */
export interface Arrival<Found> {
  readonly x: Exchange;
  readonly found: Found;
}

export interface ReadOptions<Found> {
  readonly trusted: TrustedProxies;
  readonly ids: RequestIds;
  readonly journal: Journal | undefined;
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | undefined;
  /** @param hostname in lower case, without port. @param segments decoded. */
  match(method: string, hostname: string, segments: readonly string[]): Found;
}

const GONE = precomputed('client.gone', 'The client left');
const NO_PARAMS: Params = Object.freeze({});

/** The only place that reads a client's request. @throws GatewayError for what must not enter. */
export function readExchange<Found extends { readonly params?: Params }>(
  req: IncomingMessage,
  res: ServerResponse,
  options: ReadOptions<Found>,
): Arrival<Found> {
  const raw = new HeaderList(req.rawHeaders);
  const { client, requestId, fields } = forwardingOf(req, raw, options.trusted, mountOf(req));
  const { path, search, segments } = parsePath(req.url ?? '/', client.host);
  const id = requestId ?? options.ids.next();
  const method = req.method ?? 'GET';
  const found = options.match(method, hostnameOf(client.host), segments);
  const x = new Exchange({
    id,
    method,
    path,
    search,
    params: found.params ?? NO_PARAMS,
    headers: endToEnd(req.rawHeaders, [...fields, 'x-request-id', id]),
    // Where no route answers, the body is somebody else's.
    body: found.params === undefined ? NO_BODY : requestBody(req, raw),
    client,
    cancellation: cancelledWhenGone(res, options.upgrade?.socket),
    journal: options.journal,
    upgrade: options.upgrade,
    earlyHints: earlyHintsTo(req, res),
    locals: localsOf(res),
    subject: undefined,
    timeouts: undefined,
    call: undefined,
    validQuery: undefined,
    validBody: undefined,
    covered: undefined,
  });
  return { x, found };
}

// Host and framing are each hop's own; Expect is answered here, never forwarded.
const EACH_HOPS_OWN: ReadonlySet<string> = new Set(['host', 'content-length', 'expect']);

const endToEnd = endToEndFilter(name => EACH_HOPS_OWN.has(name) || isAssertedByGateway(name));

function cancelledWhenGone(res: ServerResponse, socket: Duplex | undefined): Cancellation {
  const cancellation = new Cancellation();
  if (socket !== undefined) socket.once('close', () => cancellation.cancel(GONE));
  else {
    res.once('close', () => {
      if (!res.writableFinished) cancellation.cancel(GONE);
    });
  }
  return cancellation;
}

function mountOf(req: IncomingMessage): string {
  return 'baseUrl' in req && typeof req.baseUrl === 'string' ? req.baseUrl : '';
}

const NO_LOCALS = Object.freeze({});

function localsOf(res: ServerResponse): Readonly<Record<string, unknown>> {
  return 'locals' in res && typeof res.locals === 'object' ? { ...res.locals } : NO_LOCALS;
}

function hostnameOf(host: string): string {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
}
