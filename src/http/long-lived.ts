import type { OpenRequests } from './open-requests.ts';

/** An answer that lives as long as its client likes: a drain asks it to end where nothing is cut in two. */
export interface LeaveTaker {
  leave(): void;
  /** Ends it at once. */
  abandon(): void;
  /** Its client's connection has let go of it. */
  onGone(listener: () => void): void;
}

/** Event streams and WebSockets: a drain waits for them only from the moment on at which they were asked to leave. */
export class LongLived {
  readonly #open: OpenRequests;
  readonly #all = new Set<LeaveTaker>();
  #leaving = false;

  constructor(open: OpenRequests) {
    this.#open = open;
  }

  enter(answer: LeaveTaker): void {
    this.#all.add(answer);
    answer.onGone(() => {
      this.#all.delete(answer);
      if (this.#leaving) this.#open.leave();
    });
    if (this.#leaving) this.ask(answer);
  }

  leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    for (const answer of this.#all) this.ask(answer);
  }

  abandon(): void {
    for (const answer of this.#all) answer.abandon();
  }

  private ask(answer: LeaveTaker): void {
    this.#open.enter();
    answer.leave();
  }
}
