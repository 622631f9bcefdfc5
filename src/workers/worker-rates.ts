import { systemClock } from '../core/ports/clock.ts';
import { type RateQuota, type RateVerdict, type SharedRateCounts, TAKE_MS } from '../core/ports/rate-counts.ts';
import { StallTolerantTimer } from '../core/stall-tolerant-timer.ts';
import { isOurs, type ToPrimary } from './messages.ts';

/** A primary that hangs is not sent more. */
const MAX_PENDING = 1_000;

/** The rate limits of a worker: its primary counts the requests of all workers. */
export class WorkerRates implements SharedRateCounts {
  readonly #pending = new Map<number, (verdict: RateVerdict | undefined) => void>();
  #lastRequestId = 0;
  #isListening = false;

  take(quota: RateQuota, key: string): Promise<RateVerdict | undefined> {
    if (!process.connected || process.send === undefined || this.#pending.size >= MAX_PENDING)
      return Promise.resolve(undefined);
    this.#listen();
    const requestId = this.#lastRequestId++;
    const { promise, resolve } = Promise.withResolvers<RateVerdict | undefined>();
    const timer = new StallTolerantTimer(systemClock, TAKE_MS, () => this.#settle(requestId, undefined));
    this.#pending.set(requestId, verdict => {
      timer.cancel();
      resolve(verdict);
    });
    const message: ToPrimary = { kind: 'portico.take', requestId, quota, key };
    process.send(message, undefined, {}, error => {
      if (error !== null) this.#settle(requestId, undefined);
    });
    return promise;
  }

  /** A worker without rate limits does not listen. */
  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    process.on('message', message => {
      if (isOurs(message) && message.kind === 'portico.taken') this.#settle(message.requestId, message.verdict);
    });
  }

  #settle(requestId: number, verdict: RateVerdict | undefined): void {
    const settle = this.#pending.get(requestId);
    this.#pending.delete(requestId);
    settle?.(verdict);
  }
}
