import { type Logger, pino } from 'pino';
import type { CallOutcomeName } from '../core/call-outcome.ts';
import type { GatewayError } from '../core/failure.ts';
import type { TierNews } from '../core/ports/cache-tier.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Leak } from '../core/ports/leaks.ts';
import type { LookupNews } from '../core/ports/name-resolver.ts';
import type { Finished } from '../core/ports/observer.ts';
import type { FallbackUse } from '../core/reply.ts';
import { LogOutput } from './log-output.ts';
import { RepeatedLines } from './repeated-lines.ts';

/** The log of a gateway, for programs or for a developer. */
export interface GatewayLog {
  finished(event: Finished): void;
  leaked(leak: Leak): void;
  lookup(news: LookupNews): void;
  tier(news: TierNews): void;
}

/** One JSON line per failure on stdout: the error with its cause and stack, which clients never see. */
export class FailureLog implements GatewayLog {
  readonly #logger: Logger;
  readonly #everyRequest: boolean;
  readonly #repeats: RepeatedLines;

  /** @param level from `LOG_LEVEL`: `info` adds a line for every request, `silent` disables the log. */
  constructor(level: string, clock: Clock) {
    this.#logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, new LogOutput());
    this.#everyRequest = this.#logger.isLevelEnabled('info');
    this.#repeats = new RepeatedLines(clock);
  }

  finished(event: Finished): void {
    if (event.fallbacks !== undefined) this.#fellBack(event.fallbacks, event.route);
    if (event.failure === undefined && !this.#everyRequest) return;
    const { failure, status, fallbacks, ...common } = event;
    const request = fallbacks === undefined ? common : { ...common, fallbacks };
    if (failure === undefined) {
      this.#logger.info({ ...request, status }, 'request');
      return;
    }
    const { code, blame, finding, message, cause, stack } = failure;
    const line = { ...request, status, code, blame, outcome: finding.name, detail: message, cause: causeOf(cause) };
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
  #refused(line: { readonly code: string; readonly route: string | undefined }): void {
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
}

export function lookupMessage({ state }: LookupNews): string {
  return state === 'lost' ? 'no target is found; the last known ones stay in use' : 'targets are found again';
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
