import type { GatewayError } from '../core/failure.ts';
import type { Clock, Timer } from '../core/ports/clock.ts';
import { type BodySource, PushBody } from '../core/push-body.ts';
import type { RecordedEvent } from './recorded-response.ts';

/** A recorded pause is kept up to this time. */
export const MAX_WAIT_MS = 1_000;

/** Sends recorded parts with their times; one that its client had left stays open behind its last part. */
export class ReplayedStream implements BodySource {
  readonly body: PushBody;
  readonly #clock: Clock;
  readonly #events: readonly RecordedEvent[];
  readonly #ends: boolean;
  #next = 0;
  #timer: Timer | undefined;
  #isPaused = false;

  constructor(clock: Clock, events: readonly RecordedEvent[], ends: boolean) {
    this.#clock = clock;
    this.#events = events;
    this.#ends = ends;
    this.body = new PushBody(this, undefined);
    this.#schedule();
  }

  pause(): void {
    this.#isPaused = true;
    this.#timer?.cancel();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#schedule();
  }

  abort(_reason: GatewayError): void {
    this.#timer?.cancel();
    this.#next = this.#events.length;
  }

  #schedule(): void {
    const event = this.#events[this.#next];
    if (event !== undefined)
      this.#timer = this.#clock.after(Math.min(event.wait, MAX_WAIT_MS), () => this.#send(event));
    else if (this.#ends) this.body.finish();
  }

  #send({ text }: RecordedEvent): void {
    this.#next++;
    this.body.push(Buffer.from(text));
    if (!this.#isPaused) this.#schedule();
  }
}
