import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Cancellation } from '../core/cancellation.ts';
import { Exchange } from '../core/exchange.ts';
import { GatewayError, precomputed } from '../core/failure.ts';
import { isAssertedByGateway } from '../core/headers/hidden.ts';
import { endToEnd } from '../core/headers/hop-by-hop.ts';
import type { Journal } from '../core/ports/journal.ts';
import { forwardingOf, type TrustedProxies } from './forwarding.ts';
import { parsePath } from './path.ts';
import { requestBody } from './request-body.ts';

/** A client's request, and where the table has to look for it. */
export interface Arrival {
  readonly x: Exchange;
  readonly segments: readonly string[];
  /** In lower case, without port. */
  readonly hostname: string;
}

export interface ReadOptions {
  readonly trusted: TrustedProxies;
  readonly journal: Journal | undefined;
  /** Whether the client waits for 100 Continue before it sends its body. */
  readonly awaitsContinue: boolean;
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer };
}

const GONE = precomputed('client.gone', 'The client left');

/** The only place that reads a client's request. @throws GatewayError for what must not enter. */
export function readExchange(req: IncomingMessage, res: ServerResponse | undefined, options: ReadOptions): Arrival {
  // A parser before us has taken bytes that a backend would wait for (or that a schema should check).
  if (req.readableDidRead && (req.headers['content-length'] ?? '0') !== '0') throw bodyTaken();
  const mount = mountOf(req);
  const { client, requestId, fields } = forwardingOf(req, options.trusted, mount);
  const { path, search, segments } = parsePath(req.url ?? '/', client.host);
  const id = requestId ?? randomUUID();
  const cancellation = new Cancellation();
  cancelWhenGone(res, options.upgrade?.socket, cancellation);
  const x = new Exchange({
    id,
    method: req.method ?? 'GET',
    path,
    search,
    params: {},
    headers: endToEnd(req.rawHeaders, isDropped).concat([...fields, 'x-request-id', id]),
    body: requestBody(req, res, options.awaitsContinue),
    client,
    cancellation,
    journal: options.journal,
    upgrade: options.upgrade,
    locals: localsOf(res),
    subject: undefined,
    timeouts: undefined,
    call: undefined,
    validQuery: undefined,
    validBody: undefined,
    covered: undefined,
  });
  return { x, segments, hostname: hostnameOf(client.host) };
}

// Host and framing are each hop's own; Expect is answered here, never forwarded.
const EACH_HOPS_OWN: ReadonlySet<string> = new Set(['host', 'content-length', 'expect']);

function isDropped(name: string): boolean {
  return EACH_HOPS_OWN.has(name) || isAssertedByGateway(name);
}

function cancelWhenGone(res: ServerResponse | undefined, socket: Duplex | undefined, cancellation: Cancellation): void {
  res?.once('close', () => {
    if (!res.writableFinished) cancellation.cancel(GONE);
  });
  socket?.once('close', () => cancellation.cancel(GONE));
}

function mountOf(req: IncomingMessage): string {
  return 'baseUrl' in req && typeof req.baseUrl === 'string' ? req.baseUrl : '';
}

const NO_LOCALS = Object.freeze({});

function localsOf(res: ServerResponse | undefined): Readonly<Record<string, unknown>> {
  return res !== undefined && 'locals' in res && typeof res.locals === 'object' ? { ...res.locals } : NO_LOCALS;
}

function hostnameOf(host: string): string {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
}

function bodyTaken(): GatewayError {
  const remedy =
    'middleware before Portico has read the body: put body parsers only on your own routes, not before the gateway';
  return new GatewayError('gateway.body_taken', 'The body was read before it reached the gateway', {
    cause: new Error(remedy),
  });
}
