import { type Exchange, PERSONAL } from '../../../core/exchange.ts';
import { CONDITIONAL_FIELDS } from '../../../core/headers/conditional.ts';
import { HeaderList } from '../../../core/headers/header-list.ts';
import { hostOf } from '../../../core/purge.ts';
import { isAnything, normalField } from '../http/normalized-field.ts';
import { keptParameters, queryKey } from '../http/query.ts';
import type { KeyRule } from '../storage/key.ts';

// A request for a shared response carries what is the same for all clients and what is part of the key, and nothing
// else:
// a field that a backend reads and the key does not cover would give one client's response to all (cache poisoning).
// Which fields backends
// read is not to be known, so this is a list of what goes along, not of what stays behind.

/** Made by the gateway for every request: they say nothing that a response could depend on. */
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
 * Sent in place of the client's own. Some backends refuse a request without a User-Agent; and RFC 7239 §6.2: a backend
 * that trusts addresses must not take one client's, nor the gateway's own, for those of all.
 */
const STAND_INS: Readonly<Record<string, string>> = {
  accept: '*/*',
  'user-agent': 'portico',
  'x-forwarded-for': 'unknown',
};

/** Those that are sent whether or not the client said something of the kind. */
const ALWAYS_SENT: readonly string[] = ['Accept', 'User-Agent'];

/**
 * @param offered further fields that the response may depend on: they become part of its key.
 */
export function sharedRequest(rule: KeyRule, x: Exchange, offered: readonly string[]): Exchange {
  const covered = new Set(rule.perUser ? [...rule.vary, 'cookie', 'authorization'] : rule.vary);
  const detached = x.detached();
  return detached.with({
    method: 'GET',
    // RFC 8297: hints are for a waiting client; the first one waits.
    earlyHints: x.earlyHints,
    headers: rule.sendsAll ? allButPersonal(rule, covered, x) : listedFields(rule, covered, offered, x),
    search: queryKey(x.search, rule.query),
    details: {
      ...detached.details,
      covered,
      subject: rule.perUser ? x.details.subject : undefined,
      validQuery: keptParameters(x.details.validQuery, rule.query),
    },
    call: x.call && { ...x.call, search: queryKey(x.call.search, rule.query) },
  });
}

/**
 * To the letter of RFC 9111 every field of the first client goes along, and what a response depends on its Vary says.
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

function isMadeHere(name: string): boolean {
  return SAME_FOR_ALL.has(name) || name.startsWith('x-forwarded-');
}

/** Whether a field may be sent in a shared request because a response named it in its Vary. */
export function mayBeOffered(name: string): boolean {
  if (name in STAND_INS) return true;
  return !PERSONAL.has(name) && !isMadeHere(name) && name !== '*';
}

// A cookie and credentials are one line each, and sent as they are (RFC 9110 §5.3 joins lists only).
function normalValue(name: string, headers: HeaderList): string {
  const value = name === 'cookie' ? headers.all(name).join('; ') : (headers.joined(name) ?? '');
  return normalField(name, value);
}

/** What is sent of a field that the gateway itself makes, with nothing in it of the client who was first. */
function sameForAll(name: string, value: string, { client, headers }: Exchange): string | undefined {
  switch (name) {
    case 'accept-encoding':
      return normalValue(name, headers);
    case 'accept':
      return value;
    case 'via':
      // What stands before the gateway's own word is its client's.
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

/** The same, for plain bytes: they are encoded here, once for all who can read a content encoding. */
export function plainRequest(request: Exchange): Exchange {
  return request.with({ headers: request.headers.set('Accept-Encoding', 'identity') });
}

/** The fields that were sent and stand in no key yet: a response to them is for those only who would send the same. */
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

/** The response itself says what they mean for it: RFC 9111 §3.3 and §3.5. */
const NOT_FOR_KEYS: ReadonlySet<string> = new Set([...CONDITIONAL_FIELDS, 'authorization']);

function isConstant({ unconditional, by }: KeyRule, name: string, value: string): boolean {
  // Every part requests JSON.
  if (name === 'accept' && by === 'call') return true;
  if (isAnything(name, value)) return true;
  if (name === 'accept-encoding') return unconditional;
  return isMadeHere(name) && (STAND_INS[name] ?? value) === value;
}

/**
 * The request of one client, as it is sent where its response may be kept for others: nothing is in it that the key
 * does not cover, but the range and the credentials, which the response itself speaks of (RFC 9111 §3.3 and §3.5).
 * Undefined where it cannot be sent like that.
 */
export function unnegotiatedRequest(rule: KeyRule, x: Exchange, offered: readonly string[]): Exchange | undefined {
  if (isOnesOwn(rule, x)) return undefined;
  const request = sharedRequest(rule, x, offered);
  // A piece of a file and the head of a page hardly ever depend on who reads them; where they do, Vary says so.
  const overlooked = x.method === 'HEAD' || x.headers.has('range') ? 'preferences' : 'nothing';
  // A team's own function sees what the key covers and nothing else: reading more is an error that names the remedy.
  if (!rule.keyedHeadersOnly && saysMore(x.headers, request.headers, overlooked)) return undefined;
  const clientFields = x.headers.only(name => name === 'range' || (name === 'authorization' && !rule.perUser));
  return request.with({
    method: x.method,
    headers: request.headers.concat(clientFields.flat),
    details: { ...request.details, subject: x.details.subject },
    cancellation: x.cancellation,
    timeouts: x.timeouts,
  });
}

/** Whether its response is made with what only this client knows. */
function isOnesOwn(
  { perUser, keyedHeadersOnly, by, vary }: KeyRule,
  { headers, details: { subject } }: Exchange,
): boolean {
  if (CONDITIONAL_FIELDS.some(name => name !== 'range' && headers.has(name))) return true;
  if (perUser) return false;
  const authorized = headers.has('authorization');
  const named = subject !== undefined && by === 'client';
  return (headers.has('cookie') && !vary.includes('cookie')) || named || (authorized && keyedHeadersOnly);
}

/**
 * What is taken for meaningless: what describes the client's program and the page it is on, and also what the client
 * would rather have.
 */
type Overlooked = 'nothing' | 'reader' | 'preferences';

/**
 * The client's fields that the shared request left out, as far as a response for this client alone may depend on them.
 */
export function unsaid(response: HeaderList, sent: HeaderList, overlooked: Overlooked): readonly string[] {
  const names = new Set<string>();
  for (let i = 0; i < response.flat.length; i += 2) {
    const name = (response.flat[i] ?? '').toLowerCase();
    const isSent = OFTEN_REPLACED.has(name) ? sent.get(name) !== STAND_INS[name] : sent.has(name);
    if (isSent || SAYS_NOTHING.has(name) || isAnything(name, response.flat[i + 1] ?? '')) continue;
    const isPreference = overlooked === 'preferences' && PREFERENCES.has(name);
    if (overlooked === 'nothing' || !(isAboutReader(name) || isPreference)) names.add(name);
  }
  return [...names];
}

export function saysMore(response: HeaderList, sent: HeaderList, overlooked: Overlooked): boolean {
  return unsaid(response, sent, overlooked).length > 0;
}

const OFTEN_REPLACED: ReadonlySet<string> = new Set(ALWAYS_SENT.map(name => name.toLowerCase()));

/** What is for caches and for the connection, what is answered here, and what no client may say at all. */
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
