import { millisecondsText } from '../core/milliseconds.ts';
import type { FindingKind, PartView, RequestFinding, RequestView, SiteView } from '../core/request-view.ts';

/** A finding before the place of its option is known. */
export type FindingDraft = Omit<RequestFinding, 'option'> & {
  /** The option that decides about it, as in the reference; undefined for none. */
  readonly option: { readonly name: string; readonly service: string | undefined } | undefined;
};

type Explained = Omit<RequestView, 'findings'> & {
  /** The time for which the client took the end of the response. */
  readonly clientMs: number;
  /** The usual time of the gateway's own work. */
  readonly usualOwnMs: number | undefined;
};

/** Below it nobody calls a request slow. */
const NOTICEABLE_MS = 10;
/** Own time that is noticeable: a busy computer takes some by itself. */
const NOTICEABLE_OWN_MS = 50;
/** Slow where nobody knows yet what is usual. */
const SLOW_MS = 500;

/** Why a request was slow, missed or failed: first what made it fail, then what cost the most time. */
export function findingsOf(request: Explained): readonly FindingDraft[] {
  const { site, parts } = request;
  const found = [
    ...failures(request),
    ...ofSite(site, undefined, { ...request, failure: request.failure?.code }),
    ...parts.flatMap(part => [...partFailures(part), ...ofSite(part, part.name, part)]),
    ...ownTime(request),
    ...clientTime(request),
  ];
  return found.sort((a, b) => weightOf(b) - weightOf(a));
}

function weightOf({ kind, ms = 0 }: FindingDraft): number {
  return RANKS.includes(kind) ? Number.MAX_SAFE_INTEGER - RANKS.indexOf(kind) : ms;
}

/** What made a response fail or lack something, before all that only cost time. */
const RANKS: readonly FindingKind[] = ['circuit', 'limit', 'failure', 'fallback'];

function failures({ failure, site }: Explained): readonly FindingDraft[] {
  if (failure === undefined) return [];
  const { code, message } = failure;
  // The circuit and the limit say it themselves, with their option.
  if (isShortCircuited(site, code) || (code === 'limit.shed' && site.limit === 'refused')) return [];
  return [finding('failure', undefined, `${code}: ${message}${lastAttempt(site)}`, OPTION_OF_FAILURE[code], site)];
}

/** The option that ends or refuses a call with this failure. */
const OPTION_OF_FAILURE: Readonly<Record<string, string>> = {
  'upstream.timeout': 'timeout',
  'upstream.stalled': 'timeout',
  'upstream.connect_timeout': 'timeout',
  'upstream.invalid': 'response',
  'request.rate_limited': 'rateLimit',
  'request.unauthorized': 'auth',
  'request.cross_site': 'csrf',
  'request.body_too_large': 'limits',
};

function partFailures(part: PartView): readonly FindingDraft[] {
  const { name, failure, isAbsent, fallback } = part;
  if (failure === undefined || isShortCircuited(part, failure) || part.limit === 'refused') return [];
  const what = isAbsent ? 'is missing in the response: ' : fallback === undefined ? 'failed: ' : '';
  return [finding('failure', name, `${what}${failure}${lastAttempt(part)}`, OPTION_OF_FAILURE[failure], part)];
}

function lastAttempt({ attempts }: SiteView): string {
  const last = attempts.at(-1);
  if (last === undefined) return '';
  const { service, target, status, outcome, headersMs } = last;
  const how = status === undefined ? (outcome ?? 'no response') : `status ${status}`;
  return `; attempt ${attempts.length} at ${target ?? service}: ${how} after ${millisecondsText(headersMs ?? 0)}`;
}

function ofSite(
  site: SiteView,
  part: string | undefined,
  { durationMs = 0, usualMs, failure, isLongLived = false }: SiteOutcome,
): readonly FindingDraft[] {
  return [
    ...circuitFinding(site, part, failure),
    ...limitFinding(site, part),
    ...fallbackFinding(site, part),
    ...queueFinding(site, part),
    ...retryFinding(site, part),
    ...missFinding(site, part),
    // A stream or a WebSocket lasts as long as its client wishes.
    ...(isLongLived ? [] : slowFinding(site, part, durationMs, usualMs)),
  ];
}

/** How a call site ended. */
interface SiteOutcome {
  readonly durationMs: number | undefined;
  readonly usualMs: number | undefined;
  /** The code of its failure. */
  readonly failure: string | undefined;
  readonly isLongLived?: boolean;
}

function circuitFinding(
  site: SiteView,
  part: string | undefined,
  failure: string | undefined,
): readonly FindingDraft[] {
  if (!isShortCircuited(site, failure)) return [];
  const state = CIRCUITS[site.breaker ?? ''] ?? 'the circuit let no call through';
  return [finding('circuit', part, `${state}: the backend was not called`, 'breaker', site)];
}

const CIRCUITS: Readonly<Record<string, string>> = {
  open: 'the circuit is open, since too many calls failed or were slow',
  'half-open': 'the circuit is half-open, and another call probes the backend',
  held: 'an operator forced the circuit open',
};

function isShortCircuited({ attempts, fallback, breaker }: SiteView, failure: string | undefined): boolean {
  if (attempts.length > 0) return false;
  return [failure, fallback].includes('breaker.open') || breaker === 'open' || breaker === 'held';
}

function limitFinding(site: SiteView, part: string | undefined): readonly FindingDraft[] {
  if (site.limit !== 'refused') return [];
  const waited = site.queuedMs > 0 ? ` after a wait of ${millisecondsText(site.queuedMs)}` : '';
  return [finding('limit', part, `the service has as many calls as it may: refused${waited}`, 'concurrency', site)];
}

function fallbackFinding(site: SiteView, part: string | undefined): readonly FindingDraft[] {
  if (site.fallback === undefined) return [];
  return [finding('fallback', part, `a fallback stands in for ${site.fallback}`, 'fallback', site)];
}

function queueFinding(site: SiteView, part: string | undefined): readonly FindingDraft[] {
  if (site.limit !== 'queued') return [];
  const why = `waited ${millisecondsText(site.queuedMs)} for a permit of the service`;
  return [finding('queue', part, why, 'concurrency', site, site.queuedMs)];
}

function retryFinding(site: SiteView, part: string | undefined): readonly FindingDraft[] {
  const [first, ...further] = site.attempts;
  const retried = further.filter(({ retryOf }) => retryOf !== undefined);
  const last = retried.at(-1);
  if (first === undefined || last === undefined) return [];
  const lostMs = last.startMs - first.startMs;
  const given = further.flatMap(({ retryOf }, i) => {
    const before = site.attempts[i] ?? first;
    return retryOf === undefined ? [] : [`${before.target ?? before.service} gave ${retryOf}`];
  });
  const why = `sent ${site.attempts.length} times, since ${given.join(', and ')}: ${millisecondsText(lostMs)} lost`;
  // A failure behind it counts more than the time.
  return [finding('retry', part, why, 'retry', site, Math.max(lostMs, NOTICEABLE_MS))];
}

function missFinding(site: SiteView, part: string | undefined): readonly FindingDraft[] {
  const { cache, attempts } = site;
  const reason = cache === undefined ? undefined : /; fwd=([\w-]+)/.exec(cache)?.[1];
  if (reason === undefined || cache === undefined) return [];
  const detail = /; detail=(.*)$/.exec(cache)?.[1];
  if (isStandIn(site, cache)) {
    const instead = /; fwd-status=(\d+)/.exec(cache)?.[1] ?? detail;
    const why = `what was stored, and is stale, stands in for ${instead}`;
    return [finding('fallback', part, why, 'cache.staleIfError', site)];
  }
  const inKey = site.keyedBy.join(', ');
  const [why, option] =
    reason === 'uri-miss' && inKey !== ''
      ? [`nothing was stored for this address with these values of ${inKey}`, 'cache.vary']
      : (MISSES[reason] ?? [`the cache passed it on (${reason})`, 'cache']);
  const collapsed = cache.includes('; collapsed') ? ', and it waited for the same call of another request' : '';
  const usual = attempts[0]?.usualMs ?? NOTICEABLE_MS;
  const tookMs = attempts.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0);
  const words = `${why}${detail === undefined ? '' : ` (${detail})`}${collapsed}`;
  return [finding('miss', part, words, option, site, Math.min(tookMs, usual))];
}

/** A stale response in place of a failure, or of a 5xx. */
function isStandIn({ attempts }: SiteView, cache: string): boolean {
  if (!cache.startsWith('portico; fwd=stale') || cache.includes('; stored')) return false;
  const last = attempts.at(-1);
  return last === undefined || last.status === undefined || last.status >= 500;
}

/** RFC 9211 §2.2, with the option that decides. */
const MISSES: Readonly<Record<string, readonly [why: string, option: string]>> = {
  'uri-miss': ['nothing was stored for this address', 'cache.ttl'],
  'vary-miss': ['stored, but for other values of the request headers that it varies by', 'cache.vary'],
  stale: ['what was stored was no longer fresh', 'cache.ttl'],
  bypass: ['the cache did not serve this request', 'cache'],
  method: ['the method is none that the cache serves', 'cache'],
  request: ['the request did not accept what was stored', 'cache'],
  partial: ['only a part was stored', 'cache'],
};

function slowFinding(
  site: SiteView,
  part: string | undefined,
  durationMs: number,
  usualMs: number | undefined,
): readonly FindingDraft[] {
  const { attempts } = site;
  const slowest = attempts.toSorted((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0))[0];
  if (slowest === undefined) return [];
  const beyondMs = durationMs - (usualMs ?? (durationMs >= SLOW_MS ? 0 : durationMs));
  if (beyondMs < NOTICEABLE_MS) return [];
  const { target, service, headersMs, durationMs: whole = durationMs, usualMs: usualHeadersMs } = slowest;
  const head = headersMs === undefined ? 'no response' : `response headers after ${millisecondsText(headersMs)}`;
  const usual = usualHeadersMs === undefined ? '' : ` (95 % take ${millisecondsText(usualHeadersMs)})`;
  const rest = headersMs === undefined ? 0 : whole - headersMs;
  // The backend waits for a client that reads slowly, so that nobody knows here which of them was slow.
  const body = rest >= NOTICEABLE_MS ? `, and passing the rest on took ${millisecondsText(rest)}` : '';
  const compared = usualMs === undefined ? '' : ` (95 % take ${millisecondsText(usualMs)})`;
  const why = `took ${millisecondsText(durationMs)}${compared}: ${target ?? service} sent ${head}${usual}${body}`;
  const option = rest > (headersMs ?? 0) ? undefined : 'timeout';
  return [finding('slow', part, why, option, site, Math.min(beyondMs, whole))];
}

function ownTime({ durationMs, waitingMs, usualOwnMs }: Explained): readonly FindingDraft[] {
  const ownMs = durationMs - waitingMs;
  if (ownMs - (usualOwnMs ?? 0) < NOTICEABLE_OWN_MS || ownMs < durationMs / 2) return [];
  const why = `the gateway and the functions of the route took ${millisecondsText(ownMs)} themselves`;
  return [{ kind: 'own-time', part: undefined, text: why, ms: ownMs, option: undefined }];
}

function clientTime({ clientMs }: Explained): readonly FindingDraft[] {
  if (clientMs < NOTICEABLE_MS) return [];
  const why = `the client took ${millisecondsText(clientMs)} to receive the end of the response`;
  return [{ kind: 'client', part: undefined, text: why, ms: clientMs, option: undefined }];
}

function finding(
  kind: FindingKind,
  part: string | undefined,
  why: string,
  option: string | undefined,
  { attempts }: SiteView,
  ms?: number,
): FindingDraft {
  const service = attempts.at(-1)?.service;
  return { kind, part, text: why, ms, option: option === undefined ? undefined : { name: option, service } };
}
