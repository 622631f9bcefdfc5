import { type Exchange, PERSONAL } from '../../../core/exchange.ts';
import { CONDITIONAL_FIELDS } from '../../../core/headers/conditional.ts';
import { HeaderList } from '../../../core/headers/header-list.ts';
import { hostOf } from '../../../core/purge.ts';
import { isAnything, normalField } from '../http/normalized-field.ts';
import { keptParameters, queryKey } from '../http/query.ts';
import { hasUser, type KeyRule } from '../storage/key.ts';

// A request for a shared response carries only fields that are equal for all clients or part of the key. A field that a
// backend reads and the key lacks would give one client's response to all (cache poisoning). The fields that backends
// read are unknown, so this is an allow list.

/** Set by the gateway on every request, without any information that a response could depend on. */
const SAME_FOR_ALL: ReadonlySet<string> = new Set([
  'accept-encoding',
  'forwarded',
  'traceparent',
  'tracestate',
  'user-agent',
  'via',
  'x-request-id',
]);

const ONES_COPY: ReadonlySet<string> = new Set(CONDITIONAL_FIELDS);

/**
 * Sent in place of the client's fields. Some backends reject a request without a User-Agent; RFC 7239 §6.2: a backend
 * that uses addresses must not take that of one client or of the gateway for all.
 */
const STAND_INS: Readonly<Record<string, string>> = {
  accept: '*/*',
  'user-agent': 'portico',
  'x-forwarded-for': 'unknown',
};

/** Sent whether or not the client sent such a field. */
const ALWAYS_SENT: readonly string[] = ['Accept', 'User-Agent'];

/** @param offered further fields that the response may depend on; they become part of its key. */
export function sharedRequest(rule: KeyRule, x: Exchange, offered: readonly string[]): Exchange {
  const covered = new Set(rule.perUser ? [...rule.vary, 'cookie', 'authorization'] : rule.vary);
  const detached = x.detached();
  return detached.with({
    method: 'GET',
    // RFC 8297: early hints go to the first waiting client.
    earlyHints: x.earlyHints,
    headers: rule.sendsAll ? allButPersonal(rule, covered, x) : listedFields(rule, covered, offered, x),
    search: queryKey(x.search, rule.query),
    details: {
      ...detached.details,
      covered,
      clientHeaders: x.details.clientHeaders && coveredFields(covered, x.details.clientHeaders),
      subject: rule.perUser ? x.details.subject : undefined,
      recognised: rule.perUser ? x.details.recognised : undefined,
      validQuery: keptParameters(x.details.validQuery, rule.query),
    },
    call: x.call && { ...x.call, search: queryKey(x.call.search, rule.query) },
  });
}

/**
 * In the rfc9111 profile every field of the first client is sent, and the response's Vary declares its dependencies.
 */
function allButPersonal(rule: KeyRule, covered: ReadonlySet<string>, x: Exchange): HeaderList {
  const goesAlong = (name: string) => !PERSONAL.has(name) || (covered.has(name) && !ONES_COPY.has(name));
  const isNarrowed = (name: string) => rule.keyedHeadersOnly && !covered.has(name) && !isMadeHere(name);
  return x.headers.only(name => goesAlong(name) && !isNarrowed(name));
}

function listedFields(
  rule: KeyRule,
  covered: ReadonlySet<string>,
  offered: readonly string[],
  x: Exchange,
): HeaderList {
  // Every part requests JSON.
  const isGiven = (name: string) => isMadeHere(name) || (rule.by === 'call' && name === 'accept');
  const keyed = new Set([
    ...covered,
    ...offered.filter(name => mayBeOffered(name)),
    ...(rule.byOrigin ? ['origin'] : []),
  ]);
  const fields: string[] = [];
  const done = new Set<string>();
  const { flat } = x.headers;
  for (let i = 0; i < flat.length; i += 2) {
    const written = flat[i] ?? '';
    const name = written.toLowerCase();
    if (done.has(name) || ONES_COPY.has(name) || !(keyed.has(name) || isGiven(name))) continue;
    done.add(name);
    const value = keyed.has(name) ? normalValue(name, x.headers) : sameForAll(name, flat[i + 1] ?? '', x);
    if (value !== undefined) fields.push(written, value);
  }
  if (rule.keyedHeadersOnly) return new HeaderList(fields);
  for (const name of ALWAYS_SENT) {
    const lower = name.toLowerCase();
    if (!done.has(lower)) fields.push(name, STAND_INS[lower] ?? '');
  }
  return new HeaderList(fields);
}

/** The fields that a function may read, in the form of the key. */
function coveredFields(covered: ReadonlySet<string>, headers: HeaderList): HeaderList {
  return new HeaderList([...covered].flatMap(name => (headers.has(name) ? [name, normalValue(name, headers)] : [])));
}

function isMadeHere(name: string): boolean {
  return SAME_FOR_ALL.has(name) || name.startsWith('x-forwarded-');
}

/** Whether a field may be sent in a shared request because a Vary named it. */
export function mayBeOffered(name: string): boolean {
  if (name in STAND_INS) return true;
  return !PERSONAL.has(name) && !isMadeHere(name) && name !== '*';
}

// Cookie and credentials are single lines and are sent unchanged (RFC 9110 §5.3 joins lists only).
function normalValue(name: string, headers: HeaderList): string {
  const value = name === 'cookie' ? headers.all(name).join('; ') : (headers.joined(name) ?? '');
  return normalField(name, value);
}

/** The value of a field that the gateway itself makes, without information about the first client. */
function sameForAll(name: string, value: string, { client, headers }: Exchange): string | undefined {
  switch (name) {
    case 'accept-encoding':
      return normalValue(name, headers);
    case 'accept':
      return value;
    case 'via':
      // Values before the gateway's own come from its client.
      return value
        .slice(value.lastIndexOf(',') + 1)
        .trim()
        .replace(/^1\.0 /, '1.1 ');
    case 'x-forwarded-host':
      return client === undefined ? value : hostOf(client);
    case 'forwarded':
      return client === undefined ? undefined : `for=unknown;host="${hostOf(client)}";proto=${client.protocol}`;
    default:
      return STAND_INS[name] ?? value;
  }
}

/** The same without a content encoding: bodies are encoded here, once for all clients. */
export function plainRequest(request: Exchange): Exchange {
  return request.with({ headers: request.headers.set('Accept-Encoding', 'identity') });
}

/** The sent fields that are in no key yet: a response is only for clients that would send the same. */
export function unkeyedNames(rule: KeyRule, sent: HeaderList): readonly string[] {
  if (rule.sendsAll) return [];
  const covered = new Set(rule.perUser ? [...rule.vary, 'cookie'] : rule.vary);
  const isKeyed = (name: string, value: string) =>
    covered.has(name) ||
    NOT_FOR_KEYS.has(name) ||
    (rule.byOrigin && name === 'origin') ||
    isConstant(rule, name, value);
  const names = new Set<string>();
  for (let i = 0; i < sent.flat.length; i += 2) {
    const name = (sent.flat[i] ?? '').toLowerCase();
    if (!isKeyed(name, sent.flat[i + 1] ?? '')) names.add(name);
  }
  return [...names];
}

/** The response itself declares their effect (RFC 9111 §3.3 and §3.5). */
const NOT_FOR_KEYS: ReadonlySet<string> = new Set([...CONDITIONAL_FIELDS, 'authorization']);

function isConstant({ unconditional, by }: KeyRule, name: string, value: string): boolean {
  // Every part requests JSON.
  if (name === 'accept' && by === 'call') return true;
  if (isAnything(name, value)) return true;
  if (name === 'accept-encoding') return unconditional;
  return isMadeHere(name) && (STAND_INS[name] ?? value) === value;
}

/**
 * The request of one client in a form whose response may be stored for others: it contains only fields in the key, and
 * the range and credentials, whose effect the response declares (RFC 9111 §3.3 and §3.5). Undefined if it cannot be
 * sent like that.
 */
export function unnegotiatedRequest(rule: KeyRule, x: Exchange, offered: readonly string[]): Exchange | undefined {
  if (isOnesOwn(rule, x)) return undefined;
  const request = sharedRequest(rule, x, offered);
  // Ranges and HEAD responses hardly ever depend on the client; if they do, Vary says so.
  const overlooked = x.method === 'HEAD' || x.headers.has('range') ? 'preferences' : 'nothing';
  // A team's own function sees only fields in the key; reading another one is an error with a remedy.
  if (!rule.keyedHeadersOnly && saysMore(x.headers, request.headers, overlooked)) return undefined;
  const clientFields = x.headers.only(name => name === 'range' || (name === 'authorization' && !rule.perUser));
  return request.with({
    method: x.method,
    headers: request.headers.concat(clientFields.flat),
    cancellation: x.cancellation,
    timeouts: x.timeouts,
  });
}

/** Whether the response depends on information that only this client has. */
function isOnesOwn({ perUser, keyedHeadersOnly, vary }: KeyRule, x: Exchange): boolean {
  const { headers } = x;
  if (CONDITIONAL_FIELDS.some(name => name !== 'range' && headers.has(name))) return true;
  if (perUser) return false;
  const authorized = headers.has('authorization');
  // Functions of the team and the service's token depend on the user, of a part's call too.
  return (headers.has('cookie') && !vary.includes('cookie')) || hasUser(x) || (authorized && keyedHeadersOnly);
}

/** Fields regarded as meaningless: those about the client's program and page, and optionally its preferences. */
type Overlooked = 'nothing' | 'reader' | 'preferences';

/** The client's fields missing in the shared request that a response for this client alone may depend on. */
export function unsaid(response: HeaderList, sent: HeaderList, overlooked: Overlooked): readonly string[] {
  const names = new Set<string>();
  for (let i = 0; i < response.flat.length; i += 2) {
    const name = (response.flat[i] ?? '').toLowerCase();
    const value = response.flat[i + 1] ?? '';
    // A part has the gateway's own User-Agent in any case.
    const isReplaced = OFTEN_REPLACED.has(name) && value !== STAND_INS[name] && sent.get(name) === STAND_INS[name];
    if ((sent.has(name) && !isReplaced) || SAYS_NOTHING.has(name) || isAnything(name, value)) continue;
    const isPreference = overlooked === 'preferences' && PREFERENCES.has(name);
    if (overlooked === 'nothing' || !(isAboutReader(name) || isPreference)) names.add(name);
  }
  return [...names];
}

export function saysMore(response: HeaderList, sent: HeaderList, overlooked: Overlooked): boolean {
  return unsaid(response, sent, overlooked).length > 0;
}

const OFTEN_REPLACED: ReadonlySet<string> = new Set(ALWAYS_SENT.map(name => name.toLowerCase()));

/** Fields for caches and the connection, fields that the gateway evaluates, and fields that no client may send. */
const SAYS_NOTHING: ReadonlySet<string> = new Set([
  ...[...PERSONAL].filter(name => name !== 'cookie'),
  'accept-encoding',
  'cache-control',
  'pragma',
]);

const ABOUT_READER: ReadonlySet<string> = new Set([
  'user-agent',
  'referer',
  'dnt',
  'save-data',
  'upgrade-insecure-requests',
]);

const PREFERENCES: ReadonlySet<string> = new Set(['accept', 'accept-language', 'accept-charset']);

function isAboutReader(name: string): boolean {
  return ABOUT_READER.has(name) || name.startsWith('sec-');
}
