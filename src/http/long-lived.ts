import type { OpenRequests } from './open-requests.ts';

/** A response without an end of its own: a drain lets it end at a boundary of events or frames. */
export interface LongLivedResponse {
  leave(): void;
  /** Ends it at once. */
  abandon(): void;
  /** Its client's connection was released. */
  onGone(listener: () => void): void;
}

/** Event streams and WebSockets: a drain waits for them only after the signal to leave. */
export class LongLivedResponses {
  readonly #open: OpenRequests;
  readonly #all = new Set<LongLivedResponse>();
  #leaving = false;

  constructor(open: OpenRequests) {
    this.#open = open;
  }

  enter(response: LongLivedResponse): void {
    this.#all.add(response);
    response.onGone(() => {
      this.#all.delete(response);
      if (this.#leaving) this.#open.leave();
    });
    if (this.#leaving) this.#ask(response);
  }

  leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    for (const response of this.#all) this.#ask(response);
  }

  abandon(): void {
    for (const response of this.#all) response.abandon();
  }

  #ask(response: LongLivedResponse): void {
    this.#open.enter();
    response.leave();
  }
}
