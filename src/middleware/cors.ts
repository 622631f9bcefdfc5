import { type Cors, originsIn } from '../config/cors.ts';
import { DEFAULTS } from '../config/defaults.ts';
import { durationMs } from '../config/duration.ts';
import type { Exchange } from '../core/exchange.ts';
import { type GatewayError, precomputed } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';
import { FieldNames, HeaderList } from '../core/headers/header-list.ts';
import { dependingOn } from '../core/headers/vary.ts';
import { type ResultReceiver, receiveResult } from '../core/map-result.ts';
import { emptyReply, type Reply } from '../core/reply.ts';

const NAMES = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-expose-headers',
  'access-control-max-age',
  'access-control-allow-private-network',
];
const OF_CORS = new FieldNames(NAMES);
const ALL_OF_CORS: ReadonlySet<string> = new Set(NAMES);

const VARY = ['origin'] as const;
const VARYING = ['Vary', 'origin'];
const NONE: readonly string[] = [];
const REFUSED = precomputed('request.forbidden', 'Pages of this origin may not call this address', {
  headers: ['Vary', 'Origin'],
});

/** What responses say to the pages of one origin. */
interface OriginFields {
  readonly origin: string | undefined;
  readonly fields: readonly string[];
  /** The same with `Vary`, for a response that has none. */
  readonly varying: readonly string[];
}

/** What pages of other origins may do with one route. */
export class CorsRule {
  readonly #allows: (origin: string) => boolean;
  /** The value that a response names in place of an origin; undefined if it depends on the request. */
  readonly #everyOrigin: '*' | undefined;
  readonly #credentials: readonly string[];
  readonly #exposed: readonly string[];
  readonly #allowedHeaders: string | undefined;
  readonly #maxAge: string;
  #latest: OriginFields = { origin: undefined, fields: NONE, varying: NONE };

  constructor({ origins = [], credentials, allowedHeaders, exposedHeaders = [], maxAge }: Cors) {
    this.#allows = originsIn(origins);
    this.#everyOrigin = origins.includes('*') ? '*' : undefined;
    this.#credentials = credentials === true ? ['Access-Control-Allow-Credentials', 'true'] : [];
    this.#exposed = exposedHeaders.length === 0 ? [] : ['Access-Control-Expose-Headers', exposedHeaders.join(', ')];
    this.#allowedHeaders = allowedHeaders?.join(', ');
    this.#maxAge = String(Math.floor(durationMs(maxAge ?? DEFAULTS.cors.maxAge) / 1_000));
  }

  /** The fields by which a page may read a response; none for a page that may not. */
  ofResponse(x: Exchange): readonly string[] {
    const origin = this.#originFor(x);
    if (origin === undefined) return NONE;
    // Nearly all requests are of one page.
    if (this.#latest.origin !== origin) {
      const fields = ['Access-Control-Allow-Origin', origin, ...this.#credentials, ...this.#exposed];
      this.#latest = { origin, fields, varying: this.#everyOrigin === undefined ? [...VARYING, ...fields] : fields };
    }
    return this.#latest.fields;
  }

  /** The headers of a response with these fields. */
  added(headers: HeaderList, x: Exchange): HeaderList {
    const fields = this.ofResponse(x);
    if (headers.has('vary') || fields === NONE) return this.varying(headers).concat(fields);
    return headers.concat(this.#latest.varying);
  }

  /** What a page may do with a response, in a few words. */
  decides(x: Exchange): string {
    const fields = this.ofResponse(x);
    if (fields.length > 0)
      return Array.from({ length: fields.length / 2 }, (_, i) => `${fields[i * 2]}: ${fields[i * 2 + 1]}`).join(', ');
    const origin = x.headers.get('origin');
    return origin === undefined ? 'no fields, the request has no Origin' : `no fields for pages of ${origin}`;
  }

  /** Responses to other origins differ, also those to requests without one (Fetch, "CORS protocol and HTTP caches"). */
  varying(headers: HeaderList): HeaderList {
    return this.#everyOrigin === undefined ? dependingOn(VARY, headers) : headers;
  }

  /** @throws GatewayError for a page that may not send the request. */
  ofPreflight(x: Exchange): readonly string[] {
    const origin = this.#originFor(x);
    if (origin === undefined) throw REFUSED;
    const headers = this.#allowedHeaders ?? namesIn(x.headers.joined('access-control-request-headers'));
    return [
      'Access-Control-Allow-Origin',
      origin,
      ...this.#credentials,
      'Access-Control-Allow-Methods',
      x.headers.get('access-control-request-method') ?? '',
      ...(headers === undefined || headers === '' ? [] : ['Access-Control-Allow-Headers', headers]),
      'Access-Control-Max-Age',
      this.#maxAge,
      'Vary',
      'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    ];
  }

  #originFor({ headers }: Exchange): string | undefined {
    if (this.#everyOrigin !== undefined) return this.#everyOrigin;
    const origin = headers.get('origin');
    return origin !== undefined && this.#allows(origin) ? origin : undefined;
  }
}

/** A list of names as browsers send it; anything else is not repeated. */
const LIST = /^[\w!#$%&'*+.^`|~-]+(?:[\t ]*,[\t ]*[\w!#$%&'*+.^`|~-]+)*$/;

function namesIn(list: string | undefined): string | undefined {
  return list !== undefined && LIST.test(list) ? list : undefined;
}

/**
 * Tells browsers which pages of other origins may read a response (Fetch, "CORS protocol"). No request is refused here:
 * the browser keeps the response from the page, and others do not ask. Failures say it too, so that a page can read its
 * own 401. A backend's own fields of CORS are replaced.
 */
export function cors(rule: CorsRule): Stage {
  return next => x => receiveResult(next, x, new ForOrigin(rule, x));
}

class ForOrigin implements ResultReceiver {
  readonly #rule: CorsRule;
  readonly #x: Exchange;

  constructor(rule: CorsRule, x: Exchange) {
    this.#rule = rule;
    this.#x = x;
  }

  replied(reply: Reply): Reply {
    const { headers } = reply;
    const own = headers.hasAny(OF_CORS) ? headers.without(ALL_OF_CORS) : headers;
    return { ...reply, headers: this.#rule.added(own, this.#x) };
  }

  failed(failure: GatewayError): never {
    const said = new HeaderList(failure.details.headers ?? []);
    const fields = this.#rule.varying(said).flat.slice(said.flat.length);
    throw failure.saying([...fields, ...this.#rule.ofResponse(this.#x)]);
  }
}

/**
 * Answers the request that a browser sends before that of a page (Fetch, "CORS-preflight request"). It carries no
 * credentials, so no guard runs, and no backend gets it.
 */
export function preflight(rule: CorsRule): (x: Exchange) => Reply {
  return x => emptyReply(204, new HeaderList(rule.ofPreflight(x)));
}
