import type { Duplex } from 'node:stream';
import { type Body, NO_BODY } from './body.ts';
import { Cancellation } from './cancellation.ts';
import { CONDITIONAL_FIELDS } from './headers/conditional.ts';
import type { HeaderList } from './headers/header-list.ts';
import type { Journal } from './ports/journal.ts';
import type { PublicPath } from './public-path.ts';

/** Where a route's params stand in the path: by their place among its segments. A rest takes all from there on. */
export type ParamPlaces = readonly { readonly name: string; readonly index: number; readonly rest: boolean }[];

export type Params = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Where the request came from, as far as it is believed. */
export interface Client {
  readonly address: string;
  readonly protocol: 'http' | 'https';
  /** The authority of the request: host and port. */
  readonly host: string;
  /** The path below which the gateway is mounted in a team's own app; '' at the root. */
  readonly mount: string;
}

/** A request to a service, ready to be sent. */
export interface CallTarget {
  readonly service: { readonly serviceName: string };
  /** As it goes on the wire. */
  readonly path: string;
  /** With its request mark; '' for none. */
  readonly search: string;
  /** What the backend's own paths are called by browsers; undefined where no rule can be seen. */
  readonly publicPath?: PublicPath | undefined;
}

/** How long each phase of a call to a backend may take, in milliseconds. */
export interface CallTimeouts {
  readonly connectMs: number | undefined;
  readonly idleMs: number | undefined;
  /** Until when the response headers are waited for, on the monotonic clock; undefined without a limit. */
  readonly deadlineAt: number | undefined;
}

/** Sends the client an interim response of the backend: 102, or the fields of a 103 (RFC 8297). */
export type EarlyHints = (status: number, headers: HeaderList) => void;

export interface ExchangeFields {
  readonly id: string;
  readonly method: string;
  /** The path as on the wire, without the query. */
  readonly path: string;
  /** The query as on the wire, with its request mark; '' for none. */
  readonly search: string;
  readonly params: Params;
  readonly places: ParamPlaces;
  readonly headers: HeaderList;
  readonly body: Body;
  readonly client: Client | undefined;
  readonly cancellation: Cancellation;
  readonly journal: Journal | undefined;
  /** Undefined where no one client listens. */
  readonly earlyHints: EarlyHints | undefined;
  readonly timeouts: CallTimeouts | undefined;
  /** The call to the backend, once it is known; a part knows it before its cache runs. */
  readonly call: CallTarget | undefined;
  readonly details: ExchangeDetails;
}

/** What only some requests have. It is apart, so that a copy of an exchange does not copy each of it. */
export interface ExchangeDetails {
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer } | undefined;
  /** What middleware before the gateway left for the routes. */
  readonly locals?: Readonly<Record<string, unknown>> | undefined;
  /** The user, where a guard named one. */
  readonly subject?: string | undefined;
  /** The query and body as `validate` parsed them; undefined without a schema. */
  readonly validQuery?: unknown;
  readonly validBody?: unknown;
  /** The names of the request's headers that a shared response may depend on; undefined where all may be read. */
  readonly covered?: ReadonlySet<string> | undefined;
}

export const NO_DETAILS: ExchangeDetails = Object.freeze({});

/**
 * One request on its way through the chains. Immutable: a stage that changes something passes on `x.with({ ... })`. The
 * query and the signal are made at their first use.
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

  /** A param as the path writes it, percent-encoding and all; undefined where the route has none of that name. */
  rawParam(name: string): string | readonly string[] | undefined {
    const place = this.places.find(each => each.name === name);
    if (place === undefined) return undefined;
    const segments = this.path.slice(1).split('/');
    return place.rest ? segments.slice(place.index) : segments[place.index];
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  with(changes: Partial<ExchangeFields>): Exchange {
    // A copy of one shape and then a few assignments: half the time of spreading both into a third object.
    return Object.assign(new Exchange(this), changes);
  }

  withDetails(changes: ExchangeDetails): Exchange {
    return this.with({ details: { ...this.details, ...changes } });
  }

  /**
   * The same request for a shared response: without a client that could disconnect, and without what only this client
   * sent. The caller bounds it with a deadline.
   */
  detached(): Exchange {
    return this.with({
      headers: this.headers.without(PERSONAL),
      body: NO_BODY,
      cancellation: new Cancellation(),
      earlyHints: undefined,
      details: { ...this.details, subject: undefined, locals: undefined },
      timeouts: this.timeouts && { ...this.timeouts, deadlineAt: undefined },
    });
  }
}

/**
 * RFC 9111 §4: the request for a shared response carries no credentials, conditions or ranges of the client that
 * happened to be first.
 */
export const PERSONAL: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  ...CONDITIONAL_FIELDS,
  // How urgent it is for the one who was first.
  'priority',
  'sec-purpose',
  'purpose',
  // A backend that obeys it would answer another request than the key says.
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
  'x-original-host',
  'x-host',
]);
