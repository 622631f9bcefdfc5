import type { Duplex } from 'node:stream';
import { type Body, NO_BODY } from './body.ts';
import { Cancellation } from './cancellation.ts';
import { CONDITIONAL_FIELDS } from './headers/conditional.ts';
import type { HeaderList } from './headers/header-list.ts';
import type { Journal } from './ports/journal.ts';
import type { Recognised } from './ports/recognised.ts';
import type { PublicPath } from './public-path.ts';
import type { Reply } from './reply.ts';

/**
 * The positions of a route's params among the segments of the path. A rest param takes all segments from its position
 * on.
 */
export type ParamPlaces = readonly { readonly name: string; readonly index: number; readonly rest: boolean }[];

export type Params = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The origin of the request, from trusted information. */
export interface Client {
  readonly address: string;
  readonly protocol: 'http' | 'https';
  /** The authority of the request: host and port. */
  readonly host: string;
  /** The path below which the gateway is mounted in a team's own app; '' for the root. */
  readonly mount: string;
}

/** A request to a service, ready to be sent. */
export interface CallTarget {
  readonly service: { readonly serviceName: string };
  /** Encoded, as it is sent. */
  readonly path: string;
  /** With its question mark; '' for none. */
  readonly search: string;
  /** The public form of the backend's paths; undefined if no rule is known. */
  readonly publicPath?: PublicPath | undefined;
  /**
   * Set for an item that is stored alone and fetched together with others: fetches it. Path and search are then those
   * of a call for this item, and stand in its key only.
   */
  readonly fetchItem?: ((x: Exchange) => Reply | Promise<Reply>) | undefined;
}

/** The time limit of each phase of a call, in milliseconds. */
export interface CallTimeouts {
  readonly connectMs: number | undefined;
  readonly idleMs: number | undefined;
  /** The deadline of the response headers on the monotonic clock; undefined without a limit. */
  readonly deadlineAt: number | undefined;
  /**
   * When the time of the call began on the monotonic clock, if it has waited for the same call of somebody else since;
   * undefined if its time begins with it.
   */
  readonly startedAt?: number | undefined;
}

/** Sends an informational response of the backend to the client: 102, or the fields of a 103 (RFC 8297). */
export type EarlyHints = (status: number, headers: HeaderList) => void;

export interface ExchangeFields {
  readonly id: string;
  readonly method: string;
  /** The encoded path without the query. */
  readonly path: string;
  /** The encoded query with its question mark; '' for none. */
  readonly search: string;
  readonly params: Params;
  readonly places: ParamPlaces;
  readonly headers: HeaderList;
  readonly body: Body;
  readonly client: Client | undefined;
  readonly cancellation: Cancellation;
  readonly journal: Journal | undefined;
  /** Undefined for a request that several clients share. */
  readonly earlyHints: EarlyHints | undefined;
  readonly timeouts: CallTimeouts | undefined;
  /** The call to the backend once it is known; for a part it is known before its cache runs. */
  readonly call: CallTarget | undefined;
  readonly details: ExchangeDetails;
}

/** Fields that only some requests have, apart, so that a copy of an exchange does not copy each of them. */
export interface ExchangeDetails {
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer } | undefined;
  /** The `res.locals` of middleware in front of the gateway. */
  readonly locals?: Readonly<Record<string, unknown>> | undefined;
  /** Cookies of the gateway itself, by name; no route and no backend sees them. */
  readonly ownCookies?: ReadonlyMap<string, string> | undefined;
  /** The key of a program, which no backend sees either. */
  readonly apiKey?: string | undefined;
  /** The user with the credential, where `auth` recognised one. */
  readonly recognised?: Recognised | undefined;
  /** Identifies the user, where `auth` or a guard named one. */
  readonly subject?: string | undefined;
  /** The query and body as parsed by `validate`; undefined without a schema. */
  readonly validQuery?: unknown;
  readonly validBody?: unknown;
  /** The request headers that a shared response may depend on; undefined if all may be read. */
  readonly covered?: ReadonlySet<string> | undefined;
  /** The headers of the client's request, which a part's functions read; its own request has fewer. */
  readonly clientHeaders?: HeaderList | undefined;
}

/** The fields in which the request of a part differs from that of its aggregate. */
export type PartFieldsOfExchange = Pick<ExchangeFields, 'journal' | 'call' | 'cancellation' | 'headers' | 'body'>;

/** Who sends a request, as a shared request has it. */
const NOBODY: ExchangeDetails = Object.freeze({
  subject: undefined,
  recognised: undefined,
  ownCookies: undefined,
  apiKey: undefined,
  locals: undefined,
});

export const NO_DETAILS: ExchangeDetails = Object.freeze({});

/**
 * A request on its way through the chains. Immutable: a stage that changes something passes on `x.with({ ... })`. The
 * query and the signal are created on first use.
 */
export class Exchange implements ExchangeFields {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly params: Params;
  readonly places: ParamPlaces;
  readonly headers: HeaderList;
  readonly body: Body;
  readonly client: Client | undefined;
  readonly cancellation: Cancellation;
  readonly journal: Journal | undefined;
  readonly earlyHints: EarlyHints | undefined;
  readonly timeouts: CallTimeouts | undefined;
  readonly call: CallTarget | undefined;
  readonly details: ExchangeDetails;
  #query: URLSearchParams | undefined;

  constructor(fields: ExchangeFields) {
    this.id = fields.id;
    this.method = fields.method;
    this.path = fields.path;
    this.search = fields.search;
    this.params = fields.params;
    this.places = fields.places;
    this.headers = fields.headers;
    this.body = fields.body;
    this.client = fields.client;
    this.cancellation = fields.cancellation;
    this.journal = fields.journal;
    this.earlyHints = fields.earlyHints;
    this.timeouts = fields.timeouts;
    this.call = fields.call;
    this.details = fields.details;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search);
    return this.#query;
  }

  /** A param in its original encoding; undefined for an unknown name. */
  rawParam(name: string): string | readonly string[] | undefined {
    const place = this.places.find(each => each.name === name);
    if (place === undefined) return undefined;
    const segments = this.path.slice(1).split('/');
    return place.rest ? segments.slice(place.index) : segments[place.index];
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  /** Like `with({ call })` without an object of changes, because every call to a service uses it. */
  calling(call: CallTarget): Exchange {
    const x: Unsealed = new Exchange(this);
    x.call = call;
    return x as Exchange;
  }

  /** Like `with`, for the request of a part: POST with a body, else GET. */
  asPart({ journal, call, cancellation, headers, body }: PartFieldsOfExchange): Exchange {
    const x: Unsealed = new Exchange(this);
    x.journal = journal;
    x.call = call;
    x.cancellation = cancellation;
    x.headers = headers;
    x.body = body;
    x.method = body.kind === 'none' ? 'GET' : 'POST';
    return x as Exchange;
  }

  /** Like `with({ cancellation, timeouts })`. */
  within(cancellation: Cancellation, timeouts: CallTimeouts): Exchange {
    const x: Unsealed = new Exchange(this);
    x.cancellation = cancellation;
    x.timeouts = timeouts;
    return x as Exchange;
  }

  with(changes: Partial<ExchangeFields>): Exchange {
    // Copying one shape and assigning to it takes half the time of spreading both into a third object.
    return Object.assign(new Exchange(this), changes);
  }

  withDetails(changes: ExchangeDetails): Exchange {
    return this.with({ details: { ...this.details, ...changes } });
  }

  /**
   * The same request for a shared response: without a client that could disconnect, and without personal fields. The
   * caller sets a deadline.
   */
  detached(): Exchange {
    return this.with({
      headers: this.headers.without(PERSONAL),
      body: NO_BODY,
      cancellation: new Cancellation(),
      earlyHints: undefined,
      details: { ...this.details, ...NOBODY },
      timeouts: this.timeouts && { ...this.timeouts, deadlineAt: undefined },
    });
  }
}

/** A new exchange that nothing refers to yet. */
type Unsealed = { -readonly [Name in keyof ExchangeFields]: ExchangeFields[Name] };

/** RFC 9111 §4: the request for a shared response carries no credentials, conditions or ranges of the first client. */
export const PERSONAL: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  ...CONDITIONAL_FIELDS,
  // The priority of the first client only.
  'priority',
  'sec-purpose',
  'purpose',
  // A backend that obeys it would respond to another method than the one in the key.
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
  'x-original-host',
  'x-host',
]);
