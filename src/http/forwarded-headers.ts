import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { unmapped } from '../core/address-ranges.ts';
import { BegunTraces } from '../core/begun-traces.ts';
import type { Client } from '../core/exchange.ts';
import { GatewayError, precomputed } from '../core/failure.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import type { TracedRequest } from '../core/ports/journal.ts';
import { addressIn, type ForwardedElement, forwardedElement, parseForwarded, UNKNOWN } from './forwarded.ts';
import type { RequestHead } from './request-head.ts';
import { RequestIds } from './request-ids.ts';
import { traceFields } from './trace-context.ts';
import { type TrustedProxies, UNIX_PEER } from './trusted-proxies.ts';

/** The client, from trusted information. */
export interface ClientInfo {
  readonly client: Client;
  /** The host of the request, without port. */
  readonly hostname: string;
  /** The fields for backends: name, value, name, value, ... */
  readonly fields: readonly string[];
}

/** A request with its id and the fields for backends. */
export interface Introduced {
  readonly clientInfo: ClientInfo;
  readonly traced: TracedRequest;
  /** The forwarded fields, including the gateway's own. */
  readonly headers: HeaderList;
}

const KNOWN_CLIENT = Symbol('the client of the latest request');

/** A connection without trusted fields; its requests nearly always have the same host. */
interface KnownConnection extends Socket {
  [KNOWN_CLIENT]?: {
    readonly by: ForwardedHeaders;
    readonly host: string;
    readonly mount: string;
    readonly clientInfo: ClientInfo;
  };
}

/** Connections repeat their fields, so the result for one request serves the next. */
const MAX_CLIENTS = 1_000;

const LOOP = precomputed('request.loop', 'The request has passed this gateway before');

/** Builds the forwarding fields for backends, and trusts those of the proxies in front of the gateway. */
export class ForwardedHeaders {
  readonly #trusted: TrustedProxies;
  readonly #pseudonym: string;
  readonly #viaOfHttp11: string;
  readonly #ids = new RequestIds();
  readonly #traces = new BegunTraces();
  readonly #clients = new Map<string, ClientInfo>();

  /** @param pseudonym the gateway's name in `Via`. */
  constructor(trusted: TrustedProxies, pseudonym: string) {
    this.#trusted = trusted;
    this.#pseudonym = pseudonym;
    this.#viaOfHttp11 = `1.1 ${pseudonym}`;
  }

  /** @throws GatewayError for an invalid Host, and for a request that was here before. */
  introduce(req: IncomingMessage, head: RequestHead): Introduced {
    const socket: KnownConnection = req.socket;
    const host = hostOf(req, head);
    const mount = mountOf(req);
    const known = socket[KNOWN_CLIENT];
    let said: HeaderList | undefined;
    let clientInfo: ClientInfo;
    if (known !== undefined && known.by === this && known.host === host && known.mount === mount) {
      clientInfo = known.clientInfo;
    } else {
      const peer = peerOf(req);
      const direct = { peer, host, encrypted: 'encrypted' in socket && socket.encrypted === true, mount };
      said = this.#trusted.has(peer) ? new HeaderList(req.rawHeaders) : undefined;
      clientInfo =
        said === undefined ? this.#stranger(direct) : clientBehind(direct, forwardedBefore(said), this.#trusted);
      if (said === undefined) socket[KNOWN_CLIENT] = { by: this, host, mount, clientInfo };
    }
    const id = plainText(said?.get('x-request-id')) ?? this.#ids.next();
    const via = this.#via(req.httpVersion, head.via);
    const continued = said && traceFields(said);
    const trace = continued ?? { parent: this.#traces.begin(), state: undefined };
    const own = ['via', via, 'x-request-id', id, 'traceparent', trace.parent];
    if (trace.state !== undefined) own.push('tracestate', trace.state);
    const headers = new HeaderList(head.kept.concat(clientInfo.fields, own));
    const { protocol } = clientInfo.client;
    return { clientInfo, traced: { id, protocol, trace, isContinued: continued !== undefined }, headers };
  }

  /** A client without trusted fields: only the connection counts. */
  #stranger(direct: Direct): ClientInfo {
    const key = `${direct.peer} ${direct.encrypted} ${direct.host} ${direct.mount}`;
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const clientInfo = clientBehind(direct, NO_CLIENT_INFO, this.#trusted);
    if (this.#clients.size >= MAX_CLIENTS) this.#clients.clear();
    this.#clients.set(key, clientInfo);
    return clientInfo;
  }

  // RFC 9110 §7.6.3: every hop adds itself; a request that already names this gateway would loop for ever.
  #via(version: string, earlier: string | undefined): string {
    const own = version === '1.1' ? this.#viaOfHttp11 : `${version} ${this.#pseudonym}`;
    if (earlier === undefined) return own;
    if (earlier.includes(this.#pseudonym)) throw LOOP;
    return `${earlier}, ${own}`;
  }
}

/** Information from the connection itself. */
interface Direct {
  readonly peer: string;
  readonly host: string;
  readonly encrypted: boolean;
  readonly mount: string;
}

/** Information from a trusted proxy: the chain of clients, from the farthest to the nearest. */
interface ForwardedBefore {
  readonly chain: readonly ForwardedElement[];
  readonly host: string | undefined;
  readonly proto: string | undefined;
  readonly port: string | undefined;
}

const NO_CLIENT_INFO: ForwardedBefore = { chain: [], host: undefined, proto: undefined, port: undefined };

// A proxy that writes X-Forwarded-For may pass on a client's forged Forwarded, so only one of the two is read.
function forwardedBefore(said: HeaderList): ForwardedBefore {
  const addresses = listed(said.joined('x-forwarded-for'));
  const chain =
    addresses.length > 0
      ? addresses.map(node => ({ for: addressIn(node) }))
      : (parseForwarded(said.joined('forwarded') ?? '') ?? []);
  return {
    chain,
    host: listed(said.joined('x-forwarded-host')).at(-1),
    proto: listed(said.joined('x-forwarded-proto')).at(-1),
    port: listed(said.joined('x-forwarded-port')).at(-1),
  };
}

function clientBehind(direct: Direct, said: ForwardedBefore, trusted: TrustedProxies): ClientInfo {
  const chain = [...said.chain, { for: direct.peer }];
  const at = clientIn(chain, trusted);
  // The client as seen by the proxy nearest to it.
  const its = chain.slice(at);
  const host = authority(said.host ?? its.find(({ host }) => host !== undefined)?.host ?? direct.host);
  const scheme = (said.proto ?? its.find(({ proto }) => proto !== undefined)?.proto)?.toLowerCase();
  const protocol = scheme === 'https' || (scheme === undefined && direct.encrypted) ? 'https' : 'http';
  const colon = portAt(host);
  return {
    client: { address: addressOf(chain[at]), protocol, host, mount: direct.mount },
    hostname: hostnameIn(host),
    fields: [
      'x-forwarded-for',
      chain.map(({ for: node }) => (isIP(node) === 0 ? UNKNOWN : node)).join(', '),
      'x-forwarded-proto',
      protocol,
      'x-forwarded-host',
      host,
      'x-forwarded-port',
      colon < 0 ? portOf(said.port, protocol) : host.slice(colon + 1),
      'forwarded',
      [...said.chain, { for: direct.peer, host, proto: protocol }].map(forwardedElement).join(', '),
    ],
  };
}

/** A program on this host that connects over a Unix socket has no address. */
function peerOf({ socket: { remoteAddress } }: IncomingMessage): string {
  return remoteAddress === undefined ? UNIX_PEER : unmapped(remoteAddress);
}

function addressOf(node: ForwardedElement | undefined): string {
  return node === undefined || isIP(node.for) === 0 ? '' : node.for;
}

/** From right to left: the first address that is no trusted proxy is the client. */
function clientIn(chain: readonly ForwardedElement[], trusted: TrustedProxies): number {
  let at = chain.length - 1;
  // A proxy may hide its client; then the proxy itself is the last known one.
  while (at > 0 && trusted.has(chain[at]?.for ?? '') && isIP(chain[at - 1]?.for ?? '') !== 0) at--;
  return at;
}

// RFC 9110 §7.2: HTTP/1.0 has no Host.
function hostOf(req: IncomingMessage, { host }: RequestHead): string {
  if (host !== undefined) return host;
  if (req.httpVersion === '1.0') return 'localhost';
  throw notOneHost();
}

function authority(host: string): string {
  const lower = host.toLowerCase();
  if (!AUTHORITY.test(lower) || !isReadAlike(lower)) throw notOneHost();
  return lower;
}

/**
 * Whether URL parsers read the host unchanged: `256.1.1.1` and `a:65536` are invalid, and `127.1` is another one
 * (WHATWG URL §3.5).
 */
function isReadAlike(host: string): boolean {
  const url = URL.parse(`http://${host}`);
  return url !== null && (url.hostname.startsWith('[') || url.hostname === hostnameIn(host));
}

function hostnameIn(host: string): string {
  const colon = portAt(host);
  return colon < 0 ? host : host.slice(0, colon);
}

function notOneHost(): GatewayError {
  return new GatewayError('request.malformed', 'The Host header is not one host');
}

const AUTHORITY = /^(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;

function portAt(host: string): number {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? colon : -1;
}

function portOf(said: string | undefined, protocol: Client['protocol']): string {
  if (said !== undefined && /^\d{1,5}$/.test(said)) return said;
  return protocol === 'https' ? '443' : '80';
}

function mountOf(req: IncomingMessage): string {
  return 'baseUrl' in req && typeof req.baseUrl === 'string' ? req.baseUrl : '';
}

const NONE: readonly string[] = [];

function listed(value: string | undefined): readonly string[] {
  if (value === undefined) return NONE;
  return value
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '');
}

function plainText(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w.:/+=@-]{1,200}$/.test(text) ? text : undefined;
}
