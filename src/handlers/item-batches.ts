import { Cancellation } from '../core/cancellation.ts';
import type { Exchange } from '../core/exchange.ts';
import { asFailure, type GatewayError } from '../core/failure.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import type { Reply } from '../core/reply.ts';
import { chunked } from './fan-out.ts';

/** One item that is not stored, and waits for its batch. */
interface WaitingItem<Id> {
  readonly id: Id;
  readonly x: Exchange;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (failure: GatewayError) => void;
}

/** How a batch is called. */
export interface BatchCaller<Id> {
  readonly max: number;
  /** @param x the request of one of the items, with a cancellation of the whole batch. @returns a reply for each id. */
  call(x: Exchange, ids: readonly Id[]): Promise<(id: Id) => Reply>;
}

/**
 * Collects the items that the cache of a part lacks, and fetches them together. The items of one run are looked up one
 * after the other without a pause, so the missing ones arrive within one turn of the event loop.
 */
export class ItemBatches<Id> {
  readonly #caller: BatchCaller<Id>;
  #waiting: WaitingItem<Id>[] = [];

  constructor(caller: BatchCaller<Id>) {
    this.#caller = caller;
  }

  /** @param x the request for the item alone, as the cache sends it. */
  fetch(x: Exchange, id: Id): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ id, x, resolve, reject });
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const group of Map.groupBy(waiting, ({ x }) => kindOf(x)).values()) {
      for (const items of chunked(group, this.#caller.max)) void this.#fetchTogether(items);
    }
  }

  async #fetchTogether(items: readonly WaitingItem<Id>[]): Promise<void> {
    const [first] = items;
    if (first === undefined) return;
    const cancellation = cancelledWithAll(items.map(({ x }) => x.cancellation));
    try {
      const ids = items.map(({ id }) => id);
      const replyOf = await this.#caller.call(first.x.with({ cancellation }), ids);
      for (const { id, resolve } of items) resolve(replyOf(id));
    } catch (thrown) {
      const failure = asFailure(thrown);
      for (const { reject } of items) reject(failure);
    }
  }
}

/** Items with different request fields need different calls: those for all clients, and those for one alone. */
function kindOf({ headers, details }: Exchange): string {
  return `${details.covered === undefined} ${headers.without(OF_ONE_CALL).flat.join('\n')}`;
}

const OF_ONE_CALL: ReadonlySet<string> = new Set(['traceparent']);

/** A call for several is of no use as soon as all of them have been cancelled. */
function cancelledWithAll(cancellations: readonly Cancellation[]): Cancellation {
  const all = new Cancellation();
  let left = cancellations.length;
  for (const each of cancellations) {
    each.onCancel(reason => {
      if (--left === 0) all.cancel(reason);
    });
  }
  return all;
}

/**
 * The fields of a batch's response that hold for each of its items: the lifetime, but not the validators, which are
 * those of all items together (RFC 9110 §8.8).
 */
export function itemHeaders(headers: HeaderList): HeaderList {
  return headers.without(OF_THE_WHOLE).concat(['Content-Type', 'application/json']);
}

const OF_THE_WHOLE: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'digest',
  'etag',
  'last-modified',
  'repr-digest',
]);
