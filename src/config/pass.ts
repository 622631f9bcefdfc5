import { PERSONAL } from '../core/exchange.ts';
import { CONDITIONAL_FIELDS } from '../core/headers/conditional.ts';
import { isHopByHop } from '../core/headers/hop-by-hop.ts';
import { isGatewayField } from '../core/headers/part-fields.ts';
import { isField } from './explain-query.ts';

/** What the parts of aggregates pass on of the client's request. Proxied requests are passed on as they are. */
export interface Pass {
  /** Names of request headers. Default none. */
  readonly headers?: readonly string[];
  /** Names of cookies; the others are left out of `Cookie`. Default none. */
  readonly cookies?: readonly string[];
}

/** What a part gets of its client's request. Names of headers are in lower case. */
export interface PassedNames {
  readonly headers: ReadonlySet<string>;
  readonly cookies: ReadonlySet<string>;
}

type Written = Pass | false | undefined;

/**
 * What a part gets: what its service passes, narrowed by its own `pass`, and the headers that its cache varies by.
 * @param vary the part's `cache.vary`. Fields that the part's own request has are not those of the client.
 */
export function passedNames(service: Written, part: Written, vary: readonly string[] = []): PassedNames {
  const given = namesOf(service);
  const headers = narrowed(given.headers, part === false ? [] : part?.headers?.map(lower));
  const cookies = narrowed(given.cookies, part === false ? [] : part?.cookies);
  return { headers: headers.union(new Set(vary.map(lower).filter(mayPass))), cookies };
}

/** The names of one definition. */
export function namesOf(written: Written): PassedNames {
  const { headers = [], cookies = [] } = written || {};
  return { headers: new Set(headers.map(lower)), cookies: new Set(cookies) };
}

function narrowed(given: ReadonlySet<string>, own: readonly string[] | undefined): ReadonlySet<string> {
  return own === undefined ? given : given.intersection(new Set(own));
}

function lower(name: string): string {
  return name.toLowerCase();
}

/** The options of a cache that decide what its key covers. */
interface KeyOptions {
  readonly vary?: readonly string[];
  readonly scope?: 'user';
  readonly profile?: 'default' | 'rfc9111';
}

/**
 * The names that a part gets although its stored response does not depend on them by its key, as a developer reads
 * them: `authorization`, `cookie sid`.
 * @param own the part's cache. @param composite that of the whole response, whose parts see only what its key covers.
 */
export function uncoveredNames(
  { headers, cookies }: PassedNames,
  { own, composite }: { readonly own: KeyOptions | undefined; readonly composite: KeyOptions | undefined },
): readonly string[] {
  const covers = [
    own && coverage(own, own.profile === 'rfc9111'),
    // A team's function sees only what the key covers, in each profile.
    composite && coverage(composite, false),
  ].filter(each => each !== undefined);
  const isUncovered = (name: string) => covers.some(covered => !covered(name));
  return [
    ...[...headers].filter(isUncovered),
    ...(isUncovered('cookie') ? [...cookies].map(name => `cookie ${name}`) : []),
  ];
}

/** @param byVary whether the response's own Vary declares what is not in the key. */
function coverage({ vary = [], scope }: KeyOptions, byVary: boolean): (name: string) => boolean {
  const names = new Set(vary.map(lower));
  return name =>
    names.has(name) ||
    (scope === 'user' && (name === 'cookie' || name === 'authorization')) ||
    (byVary && !PERSONAL.has(name));
}

/** The reason why a header cannot be passed to a part; undefined for one that can. */
export function passMistake(name: string): string | undefined {
  const named = lower(name);
  if (!isField(named, '')) return `"${name}" is not the name of a header`;
  if (named === 'cookie') return '"cookie" holds all cookies of the client; a part gets those in "cookies"';
  if (isGatewayField(named) || isHopByHop(named) || OWN_REQUEST.has(named))
    return `"${name}" is written by the gateway itself, or has no meaning in the request of a part`;
  return undefined;
}

/** A part has its own request, in which the client's conditions, range and content fields have no meaning. */
const OWN_REQUEST: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'expect',
  'host',
  ...CONDITIONAL_FIELDS,
]);

/** Whether a field of a client's request is one that a part could be passed. */
export function mayPass(lowerName: string): boolean {
  return !isGatewayField(lowerName) && !isHopByHop(lowerName) && !OWN_REQUEST.has(lowerName);
}
