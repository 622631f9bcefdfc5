import { resolve } from 'node:path';
import { type BodyCheck, compileBody, UNCHECKED_BODY } from '../config/body-check.ts';
import { byteSize } from '../config/byte-size.ts';
import { checkedCsrf, isReadByPages } from '../config/csrf.ts';
import { DEFAULTS } from '../config/defaults.ts';
import type { LoadedAuth, LoadedDefinition, LoadedRate, LoadedRoute } from '../config/loaded-route.ts';
import { type Check, compileSchema } from '../config/schema.ts';
import type { Service } from '../config/service.ts';
import { takesSession } from '../config/session-auth.ts';
import { abortable } from '../core/abortable.ts';
import type { Exchange } from '../core/exchange.ts';
import { precomputed } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import type { Reply } from '../core/reply.ts';
import { isSafe } from '../core/safe-method.ts';
import { functionHandler } from '../handlers/function.ts';
import { fixedService } from '../handlers/proxy.ts';
import { redirectHandler } from '../handlers/redirect.ts';
import { staticHandler } from '../handlers/static.ts';
import { allow } from '../middleware/allow.ts';
import { AllowedPages, origin } from '../middleware/allowed-origins.ts';
import { acceptedBy, auth } from '../middleware/auth.ts';
import { limits } from '../middleware/body-limit.ts';
import { compress } from '../middleware/compress.ts';
import { CorsRule, cors, preflight } from '../middleware/cors.ts';
import { csrf, csrfDecision } from '../middleware/csrf.ts';
import { guard } from '../middleware/guard.ts';
import { purge } from '../middleware/purge-after-write.ts';
import { type SecurityFields, securityHeaders } from '../middleware/security-headers.ts';
import { validate } from '../middleware/validate.ts';
import { rateLimit } from '../policies/rate-limit/stage.ts';
import { aggregateEnd } from './aggregate.ts';
import { boundedChain, type CallSite, callChain } from './call.ts';
import type { ChainDependencies } from './chain-dependencies.ts';
import { deadlinesOf } from './policies.ts';
import { proxyEnd } from './proxy.ts';
import { siteName } from './site-name.ts';
import { type Chain, compose, type Described, type PartChain, present, type Step } from './step.ts';

/** A compiled route. */
export interface CompiledRoute {
  readonly route: LoadedRoute;
  readonly steps: readonly Described[];
  /** Of an aggregate. */
  readonly parts: readonly PartChain[];
  /** Set if a function chooses the service. */
  readonly called: Chain['called'];
  readonly handler: Handler;
  /** How long a client may read nothing of a response, in milliseconds; undefined for no limit. */
  readonly writeIdleMs: number | undefined;
  /** For WebSocket upgrades: the same chain without the steps for ordinary responses. */
  readonly upgrade: Handler;
  /** Answers a preflight for a request to this route; undefined without `cors`. */
  readonly preflight: ((x: Exchange) => Reply) | undefined;
}

/**
 * The route chain: fields → cors → csrf → allow → rate by address → auth → rate by user → guard → compress → limits →
 * validate → rate by other keys → purge → the call chain of the route's own response.
 */
export function compileRoute(route: LoadedRoute, dependencies: ChainDependencies): CompiledRoute {
  const site = siteOf(route);
  const end = endOf(route, site, dependencies);
  const call = callChain(site, end, dependencies);
  const crossOrigin = route.definition.cors ? new CorsRule(route.definition.cors) : undefined;
  const edge = edgeOf(route, crossOrigin, dependencies);
  const chain = compose(edge, call.handler);
  return {
    route,
    steps: [...edge, ...call.steps],
    parts: end.parts ?? [],
    called: end.called,
    handler: chain.handler,
    writeIdleMs: writeIdleOf(route),
    upgrade: upgradeChain(route, end, dependencies),
    preflight: crossOrigin && preflight(crossOrigin),
  };
}

function edgeOf(route: LoadedRoute, crossOrigin: CorsRule | undefined, dependencies: ChainDependencies): Step[] {
  return present(
    fieldsStep(dependencies.securityFields),
    corsStep(route, crossOrigin),
    csrfStep(route, dependencies),
    allowStep(route),
    rateStep(route, dependencies, 'address'),
    authStep(route, dependencies),
    rateStep(route, dependencies, 'user'),
    guardStep(route),
    compressStep(route),
    limitsStep(route),
    validateStep(route, dependencies, 'body'),
    rateStep(route, dependencies, 'others'),
    purgeStep(route, dependencies),
  );
}

// The idle timeout applies in both directions: to the backend and to the client.
function writeIdleOf({ definition }: LoadedRoute): number | undefined {
  return deadlinesOf(definition, serviceOf(definition)?.options)?.idleMs;
}

function siteOf(route: LoadedRoute): CallSite {
  const { kind: response, definition } = route;
  const service = serviceOf(definition);
  const keyedHeadersOnly = response === 'aggregate' || response === 'handler';
  return {
    route: route.label,
    id: route.file,
    part: undefined,
    service: typeof definition.proxy === 'string' ? definition.proxy : service?.serviceName,
    serviceOf: () => service,
    name: siteName(route, undefined),
    address: route.pattern,
    policies: definition,
    keyedHeadersOnly,
    unconditional: definition.compress !== false,
    byOrigin: !keyedHeadersOnly && !definition.cors,
    isPartOfStored: false,
    expected: { response: definition.response, batch: undefined, subjectOf: () => undefined },
  };
}

function serviceOf({ proxy }: LoadedDefinition): Service | undefined {
  return proxy === undefined || typeof proxy === 'string' ? undefined : fixedService(proxy);
}

function endOf(route: LoadedRoute, site: CallSite, dependencies: ChainDependencies): Chain {
  const { definition } = route;
  switch (route.kind) {
    case 'proxy':
      return proxyEnd(site, definition, dependencies);
    case 'aggregate': {
      const { handler, parts } = aggregateEnd(route, dependencies);
      return { ...boundedChain(withoutBreaker(site), undefined, abortable(handler), dependencies), parts };
    }
    case 'handler': {
      const response = compileSchema(definition.response ?? {}, { coerce: false });
      const answer = abortable(functionHandler(definition.handler ?? (() => undefined), response));
      return boundedChain(site, undefined, answer, dependencies);
    }
    case 'static':
      return { steps: [], handler: files(route, dependencies) };
    case 'redirect':
      return { steps: [], handler: redirectHandler(definition.redirect ?? '/') };
  }
}

// An aggregate's breakers belong to its parts.
function withoutBreaker(site: CallSite): CallSite {
  return { ...site, policies: { ...site.policies, breaker: false } };
}

function files(route: LoadedRoute, { dir }: ChainDependencies): Handler {
  const { static: files } = route.definition;
  const rest = route.segments.find(segment => segment.kind === 'rest')?.name;
  return staticHandler({ dir: resolve(dir, files?.dir ?? '.'), spa: files?.spa, rest });
}

// Outside of the guards and the cache: a page has to be able to read a 401, and stored responses serve every origin.
function corsStep({ definition: { cors: rules } }: LoadedRoute, rule: CorsRule | undefined): Step | undefined {
  if (!rules || rule === undefined) return undefined;
  const policy = `cors ${(rules.origins ?? []).join(', ')}${rules.credentials === true ? ' with credentials' : ''}`;
  return { name: 'cors', policy, stage: cors(rule), decides: x => rule.decides(x) };
}

// A backend's own fields stay. Failures get theirs where they become responses, as those that reach no route.
function fieldsStep(fields: SecurityFields | undefined): Step | undefined {
  if (fields === undefined) return undefined;
  return { name: 'fields', policy: `fields ${fields.text}`, stage: securityHeaders(fields) };
}

// Inside of CORS, so that a page can read why it is refused, and before all that costs more.
function csrfStep(
  { method, label, definition }: LoadedRoute,
  { origin, hasSessions, identity, meter }: ChainDependencies,
): Step | undefined {
  const rules = checkedCsrf(definition.csrf);
  if (rules === undefined || (method !== undefined && isReadByPages(method))) return undefined;
  const { authRules } = definition;
  const needsSession = hasSessions && authRules?.required === true && takesSession(authRules.rules);
  const by = authRules && acceptedBy(authRules);
  const isDeliberate = by && identity && ((x: Exchange) => identity.isDeliberate(x, by));
  const pages = actingPages(definition, origin);
  const options = { pages, needsSession, isDeliberate, refused: meter.csrfRefused(label) };
  return {
    name: 'csrf',
    policy: `csrf${rules.origins === undefined ? '' : ` also from ${rules.origins.join(', ')}`}`,
    stage: csrf(options),
    decides: x => csrfDecision(x, options),
  };
}

/** The pages that may send requests for a user. Where `csrf` is checked, those may send forms as well. */
function actingPages(definition: LoadedDefinition, own: string | undefined): AllowedPages {
  const { cors, allowedOrigins: allowed } = definition;
  const rules = checkedCsrf(definition.csrf);
  if (rules === undefined) return new AllowedPages({ own, allowed });
  const readers = cors && cors.credentials === true ? (cors.origins ?? []) : [];
  return new AllowedPages({ own, allowed, patterns: [...(rules.origins ?? []), ...readers] });
}

function allowStep({ definition: { allowLists = [] } }: LoadedRoute): Step | undefined {
  if (allowLists.length === 0) return undefined;
  const policy = `allow ${allowLists.map(list => list.join(', ')).join(' and ')}`;
  return { name: 'allow', policy, ...allow(allowLists) };
}

/** Where a limit is counted. */
type RatePlace = 'address' | 'user' | 'others';

// An address is counted before anything that costs more than that, such as a forged token, and a user before the team's
// own guards. Other keys need the body, or the user that a guard names.
function placeOf(name: string, { authRules }: LoadedDefinition): RatePlace {
  if (name === 'address') return 'address';
  return name === 'user' && authRules !== undefined ? 'user' : 'others';
}

function rateStep(
  { definition, label }: LoadedRoute,
  { rates, meter }: ChainDependencies,
  place: RatePlace,
): Step | undefined {
  const here = Object.entries(definition.rateLimit || {}).filter(([name]) => placeOf(name, definition) === place);
  const limits = here.flatMap(([name, rate]): [string, LoadedRate][] => (rate === false ? [] : [[name, rate]]));
  if (limits.length === 0) return undefined;
  const policy = `rate ${limits.map(rateText).join(', ')}`;
  const refusals = (limit: string) => meter.rateLimited(label, limit);
  return { name: 'rate', policy, ...rateLimit(Object.fromEntries(limits), { ...rates, refusals }) };
}

function rateText([name, { rate, burst, closed }]: [string, LoadedRate]): string {
  return `${rate}${burst === undefined ? '' : ` and ${burst} at once`} by ${name}${closed === true ? ', closed' : ''}`;
}

function authStep(
  { definition: { authRules }, label }: LoadedRoute,
  { identity, meter }: ChainDependencies,
): Step | undefined {
  if (authRules === undefined || identity === undefined) return undefined;
  return { name: 'auth', policy: authText(authRules), ...auth(authRules, identity, meter.auth(label)) };
}

function authText({ required, rules }: LoadedAuth): string {
  const named = (name: string, list: readonly string[] | undefined, joint: string): readonly string[] =>
    list === undefined ? [] : [`${name} ${list.join(joint)}`];
  const rest = rules.flatMap(({ scopes, roles, by }) => [
    ...named('scopes', scopes, ' and '),
    ...named('roles', roles, ' or '),
    ...named('by', by, ' or '),
  ]);
  return ['auth', required ? 'required' : 'optional', ...rest].join(' ').replace(/ (scopes|roles|by) /g, ', $1 ');
}

function guardStep({ definition }: LoadedRoute): Step | undefined {
  const guards = [definition.guard || []].flat();
  return guards.length === 0 ? undefined : { name: 'guard', policy: 'guard', stage: guard(guards) };
}

function compressStep({ kind: response, definition }: LoadedRoute): Step | undefined {
  const { compress: wanted, cache = false } = definition;
  if (wanted === false || response === 'redirect') return undefined;
  const personal = wanted === true;
  const perUser = cache !== false && cache.scope === 'user';
  const stage = compress({ personal, perUser, min: byteSize(DEFAULTS.compress.min) });
  return { name: 'compress', policy: personal ? 'compress, also per user' : 'compress', stage };
}

function limitsStep({ definition }: LoadedRoute): Step | undefined {
  const max = definition.limits?.body;
  return max === undefined ? undefined : { name: 'limits', policy: `body ${max}`, stage: limits(byteSize(max)) };
}

/** `type<T>()` has nothing to check: the value is what it says it is. */
const UNCHECKED: Check = value => ({ value });

function validateStep(
  { kind, definition }: LoadedRoute,
  dependencies: ChainDependencies,
  upTo: 'body' | 'query',
): Step | undefined {
  const params = compileSchema(definition.params ?? {}, { coerce: true });
  const query =
    definition.query === undefined ? undefined : (compileSchema(definition.query, { coerce: true }) ?? UNCHECKED);
  const body = upTo === 'body' ? bodyCheck(kind, definition) : undefined;
  const names = Object.entries({ params, query, body }).filter(([, check]) => check !== undefined);
  const isTypeOnly = (check: unknown) => check === UNCHECKED || check === UNCHECKED_BODY;
  const checked = names.map(([name, check]) => (isTypeOnly(check) ? `${name} (type only)` : name));
  if (checked.length === 0) return undefined;
  const own = definition.limits?.body;
  const bodyLimit = own === undefined ? dependencies.bodyLimit : byteSize(own);
  const pages = actingPages(definition, dependencies.origin);
  const stage = validate({ params, query, body, bodyLimit, pages });
  return { name: 'validate', policy: `validate ${checked.join(', ')}`, stage };
}

/** A proxied body that nothing checks is not read: it streams. */
function bodyCheck(kind: LoadedRoute['kind'], { body }: LoadedDefinition): BodyCheck | undefined {
  if (body === undefined) return undefined;
  const isRead = kind === 'handler' || kind === 'aggregate';
  return compileBody(body) ?? (isRead ? UNCHECKED_BODY : undefined);
}

function purgeStep(
  { method, kind: response, definition }: LoadedRoute,
  { purger, anyCache }: ChainDependencies,
): Step | undefined {
  const { purges = [] } = definition;
  const declared = typeof purges === 'function' || purges.length > 0;
  const reads = method !== undefined && isSafe(method);
  if (reads || response === 'static' || response === 'redirect' || (!declared && !anyCache)) return undefined;
  return { name: 'purge', policy: declared ? 'purges' : 'purges its address', stage: purge(purges, purger) };
}

/** A route of the gateway itself, whose end is no call. */
export function compileOwnRoute(route: LoadedRoute, end: Handler, dependencies: ChainDependencies): CompiledRoute {
  const { handler, steps } = compose(edgeOf(route, undefined, dependencies), end);
  const refused = upgradeChain(route, { steps: [], handler: end }, dependencies);
  return {
    route,
    steps,
    parts: [],
    called: undefined,
    handler,
    writeIdleMs: writeIdleOf(route),
    upgrade: refused,
    preflight: undefined,
  };
}

const NOT_HERE = precomputed('request.upgrade_refused', 'There is no WebSocket at this address');

function upgradeChain(route: LoadedRoute, end: Chain, dependencies: ChainDependencies): Handler {
  const { kind: response, definition } = route;
  if (response !== 'proxy' || definition.upgrade === false) {
    return () => {
      throw NOT_HERE;
    };
  }
  const pages = new AllowedPages({ own: dependencies.origin, allowed: definition.allowedOrigins });
  const edge = present(
    { name: 'origin', policy: 'origin', stage: origin(pages) },
    allowStep(route),
    rateStep(route, dependencies, 'address'),
    authStep(route, dependencies),
    rateStep(route, dependencies, 'user'),
    guardStep(route),
    validateStep(route, dependencies, 'query'),
    rateStep(route, dependencies, 'others'),
  );
  return compose(edge, end.handler).handler;
}
