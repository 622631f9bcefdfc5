import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { NO_BODY } from '../core/body.ts';
import { Cancellation } from '../core/cancellation.ts';
import { Exchange, type ExchangeDetails, NO_DETAILS, type ParamPlaces, type Params } from '../core/exchange.ts';
import { precomputed } from '../core/failure.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import type { RequestJournal } from '../core/ports/journal.ts';
import { earlyHintsTo } from './early-hints.ts';
import { withEdits } from './edited-headers.ts';
import type { ForwardedHeaders } from './forwarded-headers.ts';
import type { MinBodyRate } from './min-body-rate.ts';
import { type OwnCredentials, withoutCredentials } from './own-credentials.ts';
import { ENCODED_SLASH, parsePath } from './path.ts';
import { requestBody } from './request-body.ts';
import type { HeadReader } from './request-head.ts';

/** The result of the route table for a found route. */
interface Findable {
  readonly params?: Params;
  readonly places?: ParamPlaces;
  readonly value?: { readonly encodedSlashes: boolean; readonly takesBody: boolean };
}

/** A client's request with the result of the route table. */
export interface ArrivedRequest<Found> {
  readonly x: Exchange;
  readonly found: Found;
}

/** How a request came to the gateway. */
export interface EntryPoint {
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | undefined;
  /** Whether middleware before the gateway may have changed `req.headers`. */
  readonly isBehindMiddleware: boolean;
}

/** The same for every request of a gateway. */
export interface ReadOptions<Found> {
  readonly heads: HeadReader;
  readonly forwarding: ForwardedHeaders;
  /** Maximum length of the request target. */
  readonly maxUrl: number;
  readonly minBodyRate: MinBodyRate;
  /** The credentials for the gateway itself; undefined if it has none. */
  readonly own?: OwnCredentials | undefined;
  /** @param hostname in lower case, without port. @param segments decoded. */
  match(method: string, hostname: string, segments: readonly string[]): Found;
  /**
   * Who answers a preflight.
   * @param intended the method of the request that a page wants to send. @returns undefined without `cors` there.
   */
  preflight(intended: string, hostname: string, segments: readonly string[]): Found | undefined;
}

const LONG_URL = precomputed('request.url_too_long', 'The address is too long');
// RFC 9110 §9.3.1: such content has no meaning, and programs that leave it unread take it for the next request.
const BODY_ON_READ = precomputed('request.malformed', 'A GET or HEAD request has no body here');
const GONE = precomputed('client.gone', 'The client left');
const NO_PARAMS: Params = Object.freeze({});
const NO_PLACES: ParamPlaces = [];

/** The only place that reads a client's request. @throws GatewayError for an invalid request. */
export function readExchange<Found extends Findable>(
  req: IncomingMessage,
  res: ServerResponse,
  options: ReadOptions<Found>,
  { upgrade, isBehindMiddleware }: EntryPoint,
  journal: RequestJournal | undefined,
): ArrivedRequest<Found> {
  const target = req.url ?? '/';
  if (target.length > options.maxUrl) throw LONG_URL;
  const head = options.heads.read(req);
  // Node loses bytes after an upgrade that is declined, so the connection ends with the response.
  if (head.upgrade && upgrade === undefined) res.shouldKeepAlive = false;
  const { clientInfo, traced, headers: received } = options.forwarding.introduce(req, head);
  journal?.identified(traced);
  const edited = isBehindMiddleware ? withEdits(received, req) : received;
  const taken = options.own && withoutCredentials(edited, options.own);
  const headers = taken?.headers ?? edited;
  const { client, hostname } = clientInfo;
  const { path, search, segments, encodedSlash } = parsePath(target, client.host);
  const method = req.method ?? 'GET';
  const intended = method === 'OPTIONS' ? preflightedMethod(headers) : undefined;
  const answering = intended === undefined ? undefined : options.preflight(intended, hostname, segments);
  const found = answering ?? options.match(method, hostname, segments);
  if (encodedSlash && found.value?.encodedSlashes !== true) throw ENCODED_SLASH;
  // Without a matching route, the body belongs to the next middleware.
  const body = found.params === undefined ? NO_BODY : requestBody(req, head, options.minBodyRate);
  if (body !== NO_BODY && (method === 'GET' || method === 'HEAD') && found.value?.takesBody !== true)
    throw BODY_ON_READ;
  const x = new Exchange({
    id: traced.id,
    method,
    path,
    search,
    params: found.params ?? NO_PARAMS,
    places: found.places ?? NO_PLACES,
    headers,
    body,
    client,
    cancellation: cancelledWhenGone(res, upgrade?.socket),
    journal,
    earlyHints: earlyHintsTo(req, res),
    timeouts: undefined,
    call: undefined,
    details: taken === undefined ? detailsOf(res, upgrade) : { ...detailsOf(res, upgrade), ...taken.details },
  });
  return { x, found };
}

/** The method that a page wants to use; undefined for an OPTIONS that is no preflight. */
function preflightedMethod(headers: HeaderList): string | undefined {
  return headers.has('origin') ? headers.get('access-control-request-method') : undefined;
}

const CANCELLATION = Symbol('cancelled when the client disconnects');

interface WatchedResponse extends ServerResponse {
  [CANCELLATION]?: Cancellation;
}

// One function for all responses, because a closure for each would be garbage.
function cancelWhenUnfinished(this: WatchedResponse): void {
  if (!this.writableFinished) this[CANCELLATION]?.cancel(GONE);
}

function cancelledWhenGone(res: ServerResponse, socket: Duplex | undefined): Cancellation {
  const cancellation = new Cancellation();
  if (socket !== undefined) socket.once('close', () => cancellation.cancel(GONE));
  else {
    const watched: WatchedResponse = res;
    watched[CANCELLATION] = cancellation;
    res.on('close', cancelWhenUnfinished);
  }
  return cancellation;
}

function detailsOf(res: ServerResponse, upgrade: EntryPoint['upgrade']): ExchangeDetails {
  if (upgrade !== undefined) return { upgrade };
  if (!('locals' in res) || typeof res.locals !== 'object') return NO_DETAILS;
  return { locals: { ...res.locals } };
}
