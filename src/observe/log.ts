import { type Logger, pino } from 'pino';
import type { TierNews } from '../core/ports/cache-tier.ts';
import type { Leak } from '../core/ports/leaks.ts';
import type { LookupNews } from '../core/ports/name-resolver.ts';
import type { Finished } from '../core/ports/observer.ts';

/** One JSON line per failure on stdout: what went wrong, with the cause and its stack, which no client ever sees. */
export class FailureLog {
  readonly #logger: Logger;
  readonly #everyRequest: boolean;

  /** @param level from `LOG_LEVEL`: `info` adds a line for every request, `silent` says nothing. */
  constructor(level: string) {
    this.#logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
    this.#everyRequest = this.#logger.isLevelEnabled('info');
  }

  finished(event: Finished): void {
    if (event.failure === undefined && !this.#everyRequest) return;
    const { failure, status, ...request } = event;
    if (failure === undefined) {
      this.#logger.info({ ...request, status }, 'request');
      return;
    }
    const { code, blame, message, cause, stack } = failure;
    const line = { ...request, status, code, blame, detail: message, cause: causeOf(cause), stack };
    if (blame === 'client') this.#logger.info(line, 'request refused');
    else if (blame === 'upstream') this.#logger.warn({ ...line, stack: undefined }, 'backend failed');
    else this.#logger.error(line, 'gateway failed');
  }

  leaked(leak: Leak): void {
    this.#logger.warn(leak, 'a backend named an address in its answer');
  }

  lookup({ service, became, why }: LookupNews): void {
    const line = { service, became, cause: causeOf(why) };
    this.#logger.warn(
      line,
      became === 'lost' ? 'no machine is found; those found last are used on' : 'machines are found again',
    );
  }

  tier({ tier, became, why }: TierNews): void {
    this.#logger.warn({ tier, became, why }, TIER_NEWS[became]);
  }
}

const TIER_NEWS: Readonly<Record<TierNews['became'], string>> = {
  lost: 'a store of the cache is gone; it goes on without',
  back: 'a store of the cache is back',
  emptied: 'a store of the cache starts empty',
};

/** Every level of a cause, so that the line that threw is in the log. */
function causeOf(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  return {
    message: cause.message,
    stack: cause.stack,
    ...(cause.cause === undefined ? {} : { cause: causeOf(cause.cause) }),
  };
}
