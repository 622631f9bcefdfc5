import type { Definitions, LoadedRoute } from '../config/loaded-route.ts';
import { fixedServiceOf } from '../config-loader/call-target.ts';
import { inTenths } from '../core/milliseconds.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { AttemptView, PartView, RequestQuery, RequestView, SiteView } from '../core/request-view.ts';
import { traceIdIn } from '../core/trace-fields.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { AttemptFacts, PartFacts, RequestFacts, SiteFacts } from '../telemetry/record/facts.ts';
import { type FindingDraft, findingsOf } from './findings.ts';
import { MAX_LISTED } from './latest-first.ts';
import { optionView } from './option-view.ts';

/** What the views are made of. */
export interface ViewSources {
  readonly definitions: Definitions;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/**
 * Recent requests with the reasons why they were slow, missed or failed.
 * @param records the latest first. @returns at most 100; with the places of their options for a single one.
 */
export function recentRequestViews(
  records: readonly RequestFacts[],
  query: RequestQuery,
  sources: ViewSources,
): readonly RequestView[] {
  const { id } = query;
  if (id !== undefined)
    return records.filter(record => isNamed(record, id)).map(record => viewOf(record, sources, true));
  const views: RequestView[] = [];
  for (const record of records) {
    if (views.length >= MAX_LISTED) break;
    const view = viewOf(record, sources, false);
    if (isWanted(view, query)) views.push(view);
  }
  return views;
}

function isNamed({ requestId, traceParent }: RequestFacts, id: string): boolean {
  return requestId === id || (traceParent !== undefined && traceIdIn(traceParent) === id);
}

function isWanted(view: RequestView, { slow, miss, failed }: RequestQuery): boolean {
  const { durationMs, usualMs, site, parts, failure, fallbacks, status, isLongLived } = view;
  if (slow && (isLongLived || usualMs === undefined || durationMs <= usualMs)) return false;
  if (miss && ![site, ...parts].some(({ cache }) => cache?.includes('; fwd=') === true)) return false;
  // The client of a stream ends it when it wishes.
  const isFailed = failure !== undefined && !(isLongLived && failure.code === 'client.gone');
  return !failed || isFailed || status >= 500 || fallbacks.length > 0;
}

function viewOf(record: RequestFacts, sources: ViewSources, withPlaces: boolean): RequestView {
  const { metrics, clock } = sources;
  const { requestId, traceParent, method, path, route, file, status, durationMs, waitingMs, failureText } = record;
  const loaded = routeOf(record, sources);
  const request = {
    requestId,
    traceId: traceParent && traceIdIn(traceParent),
    // The monotonic clock may differ from the wall clock by now.
    at: new Date(record.startedAt + clock.wall() - clock.now()).toISOString(),
    method,
    path,
    route,
    file,
    status,
    durationMs: inTenths(durationMs),
    waitingMs: inTenths(waitingMs),
    usualMs: metrics.requests.usualMs(route ?? 'none', method),
    failure: failureText,
    fallbacks: record.fallbacks ?? [],
    isLongLived: record.isLongLived,
    site: siteView(record, record, loaded?.definition.cache, metrics),
    parts: record.parts.map(part => partView(part, record, loaded?.definition.aggregate?.[part.name]?.cache, metrics)),
  };
  const usualOwnMs = metrics.requests.usualOwnMs(route ?? 'none');
  const drafts = findingsOf({ ...request, clientMs: inTenths(record.clientMs), usualOwnMs });
  return {
    ...request,
    findings: drafts.map(draft => ({ ...draft, option: optionOf(draft, withPlaces ? loaded : undefined, sources) })),
  };
}

function routeOf({ file, method, route }: RequestFacts, { definitions }: ViewSources): LoadedRoute | undefined {
  const ofFile = definitions.routes.filter(each => each.file === file && each.label === route);
  return ofFile.find(each => each.method === method) ?? ofFile[0];
}

function optionOf({ option, part }: FindingDraft, route: LoadedRoute | undefined, { definitions }: ViewSources) {
  if (option === undefined) return undefined;
  if (route === undefined) return { name: option.name, file: undefined, line: undefined };
  const { dir, gatewayFile } = definitions;
  const { proxy, aggregate = {} } = route.definition;
  // A call that was never sent has no attempt that names its service.
  const declared = part === undefined ? proxy : aggregate[part]?.from;
  const service = option.service ?? fixedServiceOf(declared)?.serviceName;
  return optionView(option.name, { dir, gatewayFile, route, part, service });
}

type CacheOptions = LoadedRoute['definition']['cache'];

function siteView(site: SiteFacts, { startedAt }: RequestFacts, cache: CacheOptions, metrics: Metrics): SiteView {
  const { cacheStatus, breaker, fallback, limit, queuedMs, isHedged, attempts, retries } = site;
  // Hedges are no retries, and come first.
  const firstRetry = attempts.length - retries.length;
  return {
    cache: cacheStatus,
    keyedBy: (cache ? cache.vary : undefined) ?? [],
    breaker,
    fallback,
    limit,
    queuedMs: inTenths(queuedMs),
    isHedged,
    attempts: attempts.map((attempt, i) => attemptView(attempt, startedAt, retries[i - firstRetry], metrics)),
  };
}

function partView(part: PartFacts, record: RequestFacts, cache: CacheOptions, metrics: Metrics): PartView {
  const { name, startedAt, endedAt, failure, isAbsent } = part;
  return {
    ...siteView(part, record, cache, metrics),
    name,
    startMs: inTenths(startedAt - record.startedAt),
    durationMs: endedAt && inTenths(endedAt - startedAt),
    usualMs: metrics.requests.usualPartMs(record.route ?? 'none', name),
    failure,
    isAbsent,
  };
}

function attemptView(
  attempt: AttemptFacts,
  requestStartedAt: number,
  retryOf: string | undefined,
  metrics: Metrics,
): AttemptView {
  const { service, target, startedAt, answeredAt, endedAt, status, outcome } = attempt;
  return {
    service,
    target: target?.origin,
    startMs: inTenths(startedAt - requestStartedAt),
    headersMs: answeredAt && inTenths(answeredAt - startedAt),
    durationMs: endedAt && inTenths(endedAt - startedAt),
    usualMs: metrics.attempts.usualMs(service),
    status,
    outcome,
    retryOf,
  };
}
