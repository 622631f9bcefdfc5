import { collect, discard } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import { asFailure, precomputed } from '../../core/failure.ts';
import type { Handler } from '../../core/handler.ts';
import type { Reply } from '../../core/reply.ts';
import type { StoredReply } from './entry.ts';
import type { Library } from './library.ts';

/** What a shared fetch came to. What may not be shared belongs to the one that led the fetch. */
export type Landing =
  | { readonly kind: 'shared'; readonly entry: StoredReply }
  | { readonly kind: 'own'; readonly reply: Reply };

export interface Flight {
  /** The exchange that was sent: it decides for whom the answer is, by the answer's Vary. */
  readonly asked: Exchange;
  readonly epoch: number;
  readonly landing: Promise<Landing>;
}

/**
 * Calls in the air, one per key. A fetch here has no client: it goes on when the one that began it leaves.
 * Nothing is shared before the response's own headers allow it.
 */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #library: Library;
  readonly #objectLimit: number;

  constructor(library: Library, objectLimit: number) {
    this.#library = library;
    this.#objectLimit = objectLimit;
  }

  get(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  start(key: string, asked: Exchange, epoch: number, next: Handler): Flight {
    const landing = this.fetch(asked, epoch, next).finally(() => this.#flights.delete(key));
    const flight = { asked, epoch, landing };
    this.#flights.set(key, flight);
    // Followers and the leader each look at the landing; a refresh that nobody awaits must not end the process.
    landing.catch(() => {});
    return flight;
  }

  private async fetch(asked: Exchange, epoch: number, next: Handler): Promise<Landing> {
    const reply = await next(asked);
    const judged = this.judge(asked, reply, epoch);
    if (judged === undefined) {
      // An error says nothing about the address: the next answer may be shared again.
      if (reply.status < 400) this.#library.markUnshared(asked);
      return { kind: 'own', reply };
    }
    const content = await this.content(asked, reply);
    const entry = { ...judged, content, bytes: content.length + textLength(judged.headers.flat) };
    this.#library.keep(asked, entry);
    return { kind: 'shared', entry };
  }

  private async content(asked: Exchange, reply: Reply): Promise<Buffer> {
    try {
      return await collect(reply.body, this.#objectLimit, () => TOO_LONG);
    } catch (thrown) {
      if (thrown === TOO_LONG) this.#library.markUnshared(asked);
      throw thrown;
    }
  }

  /** A team's `tags` may throw: then nobody reads the answer, and it must be let go of. */
  private judge(asked: Exchange, reply: Reply, epoch: number): ReturnType<Library['judge']> {
    try {
      return this.#library.judge(asked, reply, epoch);
    } catch (thrown) {
      discard(reply.body, asFailure(thrown));
      throw thrown;
    }
  }
}

/** The body grew beyond what may be stored while it was collected; every client calls for itself. */
export const TOO_LONG = precomputed('upstream.too_large', 'The answer is too long to be stored');

function textLength(flat: readonly string[]): number {
  let length = 0;
  for (const text of flat) length += text.length;
  return length;
}

/** Waits for a flight, but no longer than the client does. */
export function awaitLanding(flight: Flight, x: Exchange): Promise<Landing> {
  return new Promise((resolve, reject) => {
    x.cancellation.onCancel(reject);
    flight.landing.then(resolve, reject).finally(() => x.cancellation.offCancel(reject));
  });
}

/** Lets go of an answer that its leader did not stay for. */
export function abandon(flight: Flight): void {
  flight.landing.then(
    landing => {
      if (landing.kind === 'own') discard(landing.reply.body, LEFT);
    },
    () => {},
  );
}

const LEFT = precomputed('client.gone', 'Nobody is left to read the answer');
