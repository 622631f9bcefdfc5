import { type Logger, pino } from 'pino';
import type { CallOutcomeName } from '../core/call-outcome.ts';
import type { GatewayError } from '../core/failure.ts';
import { inTenths } from '../core/milliseconds.ts';
import type { TierNews } from '../core/ports/cache-tier.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Drift } from '../core/ports/drift.ts';
import type { Leak } from '../core/ports/leaks.ts';
import type { LookupNews } from '../core/ports/name-resolver.ts';
import type { WithheldFields } from '../core/ports/withheld-fields.ts';
import type { FallbackUse } from '../core/reply.ts';
import { traceIdIn } from '../core/trace-fields.ts';
import { cacheWord } from './cache-word.ts';
import { LineBuffer } from './line-buffer.ts';
import { LogOutput } from './log-output.ts';
import type { RequestRecord } from './record/request-record.ts';
import { RepeatedLines } from './repeated-lines.ts';

/** The log of a gateway, for programs or for a developer. */
export interface GatewayLog {
  finished(record: RequestRecord): void;
  leaked(leak: Leak): void;
  lookup(news: LookupNews): void;
  tier(news: TierNews): void;
  withheld(news: WithheldFields): void;
  drifted(drift: Drift): void;
}

/** A line about a request. `time` (ISO), `level` (30 `info`, 40 `warn`, 50 `error`) and `msg` are in every line. */
interface RequestLine {
  /** The route as `/api/products/{id}`; missing if no route matched. */
  readonly route: string | undefined;
  /** The method of the request. */
  readonly method: string;
  /** The path of the request, without its query. */
  readonly path: string;
  /** The status of the response; 499 if the client left. */
  readonly status: number;
  /** Milliseconds from the request headers to the last byte of the response. */
  readonly durationMs: number;
  /** Milliseconds of that which were waits: for backends, permits, pauses, stores, and the client. */
  readonly waitingMs: number;
  /** The request id, as in problem+json and `X-Request-Id`. `portico why` explains the request by it. */
  readonly requestId: string;
  /** The trace id (W3C Trace Context), which backends get too; missing if the request could not be read. */
  readonly traceId?: string | undefined;
  /** What the cache of the route did: `hit`, `stale` or `miss`; missing without one. */
  readonly cache?: string | undefined;
  /** The services that were called, without repeats; missing if none was. */
  readonly services?: readonly string[] | undefined;
  /** The number of attempts at targets, those of parts included; missing if there were none. */
  readonly attempts?: number | undefined;
  /**
   * Fallbacks and missing parts in the response, as `{ part, reason, absent }` with the code of the failure; `absent`
   * is true if nothing took its place.
   */
  readonly fallbacks?: readonly FallbackUse[] | undefined;
}

/** What a line about a failed request has beside these. */
interface FailureLine extends RequestLine {
  /** The code of the failure ([errors.md](errors.md#failures-of-a-request)). */
  readonly code: string;
  /** The side that failed: `client`, `gateway` or `upstream`. */
  readonly blame: GatewayError['blame'];
  /** The outcome by which breaker, balancing and limit count the call; a label of `portico_service_attempts_total`. */
  readonly outcome: CallOutcomeName;
  /** The message of the failure. */
  readonly detail: string;
  /** Its causes with their stacks. */
  readonly cause: unknown;
  /** The stack of a failure of the client or of the gateway's own code. */
  readonly stack?: string | undefined;
  /** Similar lines that were suppressed since the last one: these are written once per second and route. */
  readonly suppressed?: number;
}

/** One JSON line per failure on stdout: the error with its cause and stack, which clients never see. */
export class FailureLog implements GatewayLog {
  readonly #logger: Logger;
  readonly #everyRequest: boolean;
  readonly #repeats: RepeatedLines;

  /** @param level from `LOG_LEVEL`: `info` adds a line for every request, `silent` disables the log. */
  constructor(level: string, clock: Clock) {
    this.#logger = pino(
      { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
      new LineBuffer(new LogOutput()),
    );
    this.#everyRequest = this.#logger.isLevelEnabled('info');
    this.#repeats = new RepeatedLines(clock);
  }

  finished(record: RequestRecord): void {
    const { failure, fallbacks } = record;
    if (fallbacks !== undefined) this.#fellBack(fallbacks, record.route);
    if (failure === undefined && !this.#everyRequest) return;
    const request = requestLine(record);
    if (failure === undefined) {
      this.#logger.info(request, 'request');
      return;
    }
    const { code, blame, finding, message, cause, stack } = failure;
    const line: FailureLine = {
      ...request,
      code,
      blame,
      outcome: finding.name,
      detail: message,
      cause: causeOf(cause),
    };
    if (isRefusal(failure)) this.#refused(line);
    else if (blame === 'client') this.#logger.info({ ...line, stack }, 'request refused');
    else if (blame === 'upstream') this.#logger.warn(line, 'backend failed');
    else this.#logger.error({ ...line, stack }, 'gateway failed');
  }

  /** One line a second for each route and reason, so that operators notice incomplete responses. */
  #fellBack(fallbacks: readonly FallbackUse[], route: string | undefined): void {
    for (const { part, reason } of fallbacks) {
      const suppressed = this.#repeats.pass(`fallback ${reason} ${part} ${route}`);
      if (suppressed !== undefined)
        this.#logger.warn({ route, part, reason, suppressed }, 'something stands in for a backend');
    }
  }

  /** One line a second for each route: an overload must not cause ten thousand lines. */
  #refused(line: FailureLine): void {
    const suppressed = this.#repeats.pass(`${line.code} ${line.route}`);
    if (suppressed !== undefined) this.#logger.warn({ ...line, suppressed }, 'kept away from its backend');
  }

  leaked(leak: Leak): void {
    this.#logger.warn(leak, 'a backend named an address in its response');
  }

  lookup(news: LookupNews): void {
    const { service, state, why } = news;
    this.#logger.warn({ service, state, cause: causeOf(why) }, lookupMessage(news));
  }

  tier(news: TierNews): void {
    const { tier, state, why } = news;
    this.#logger.warn({ tier, state, why }, tierMessage(news));
  }

  withheld(news: WithheldFields): void {
    this.#logger.warn(news, withheldMessage(news));
  }

  drifted(drift: Drift): void {
    this.#logger.warn(drift, 'a response differs from the recorded ones');
  }
}

/** Every field is named here, so that nothing of a request reaches the log by accident. */
function requestLine(record: RequestRecord): RequestLine {
  const { route, method, path, status, durationMs, waitingMs, requestId, traceParent, cacheStatus, fallbacks } = record;
  const attempts = [record, ...record.parts].flatMap(site => site.attempts);
  return {
    route,
    method,
    path,
    status,
    durationMs: inTenths(durationMs),
    waitingMs: inTenths(waitingMs),
    requestId,
    ...(traceParent !== undefined && { traceId: traceIdIn(traceParent) }),
    ...(cacheStatus !== undefined && { cache: cacheWord(cacheStatus) }),
    ...(attempts.length > 0 && {
      services: [...new Set(attempts.map(({ service }) => service))],
      attempts: attempts.length,
    }),
    ...(fallbacks !== undefined && { fallbacks }),
  };
}

export function driftMessage({ site, service, pointer, change }: Drift): string {
  return `${site}: ${pointer || 'the response'} of ${service} ${change}`;
}

export function lookupMessage({ state }: LookupNews): string {
  return state === 'lost' ? 'no target is found; the last known ones stay in use' : 'targets are found again';
}

/** Names only, because a value may be a secret. */
export function withheldMessage({ route, part, service, names }: WithheldFields): string {
  return `part "${part}" of ${route} does not get ${names.join(', ')}; name what ${service} reads in its \`pass\``;
}

export function tierMessage({ state }: TierNews): string {
  return TIER_NEWS[state];
}

function isRefusal({ code, finding }: GatewayError): boolean {
  return code === 'limit.shed' || finding.name === SHORT_CIRCUITED;
}

const SHORT_CIRCUITED: CallOutcomeName = 'short_circuited';

const TIER_NEWS: Readonly<Record<TierNews['state'], string>> = {
  lost: 'a store of the cache is gone; it goes on without',
  back: 'a store of the cache is back',
  emptied: 'a store of the cache starts empty',
};

/** All causes, so that the line that threw is in the log. */
function causeOf(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  return {
    message: cause.message,
    stack: cause.stack,
    ...(cause.cause === undefined ? {} : { cause: causeOf(cause.cause) }),
  };
}
