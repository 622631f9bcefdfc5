import type { Clock } from '../core/ports/clock.ts';
import type { Finished, Observer, OpenJournal } from '../core/ports/observer.ts';
import { ServerTimingJournal } from './journal.ts';
import type { GatewayLog } from './log.ts';
import type { Metrics } from './metrics.ts';

/** Passes events to log and metrics; a journal exists only if responses carry Server-Timing. */
export class Observation implements Observer {
  readonly #metrics: Metrics;
  readonly #log: GatewayLog;
  readonly #clock: Clock;
  readonly #serverTiming: boolean;

  constructor(metrics: Metrics, log: GatewayLog, clock: Clock, serverTiming: boolean) {
    this.#metrics = metrics;
    this.#log = log;
    this.#clock = clock;
    this.#serverTiming = serverTiming;
  }

  finished(event: Finished): void {
    this.#metrics.observe(event);
    this.#log.finished(event);
  }

  journal(): OpenJournal | undefined {
    return this.#serverTiming ? new ServerTimingJournal(this.#clock) : undefined;
  }
}
