import { discard, NO_BODY } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { asFailure, type GatewayError, precomputed } from '../core/failure.ts';
import type { Reply } from '../core/reply.ts';
import { itemsIn } from './batch-check.ts';
import type { BatchOfPart, FanOut, Part, Values } from './compiled-part.ts';
import { ConcurrencyLimit, chunked, dealt, idsOf } from './fan-out.ts';
import { ItemBatches, itemHeaders } from './item-batches.ts';
import type { PartRequests } from './part-requests.ts';

/** What a fan-out has of its aggregate. */
export interface FanOutHost {
  readonly requests: PartRequests;
  /** Calls a backend; equal calls of one request are one. */
  send(part: Part, request: Exchange): Reply | Promise<Reply>;
  /** Takes over what the combined response has of a part's response. */
  take(part: Part, request: Exchange, reply: Reply): void;
  /** Whether the combined response can do without a part that failed. */
  isSpared(part: Part, failure: GatewayError): boolean;
  /** Takes over what the combined response has of such a part. */
  lack(part: Part, failure: GatewayError): void;
}

/** One part that is called for several ids. */
export interface FannedOutPart {
  readonly part: Part;
  readonly fanOut: FanOut;
  readonly values: Values;
  /** Of its calls. */
  readonly to: Pick<Exchange, 'journal' | 'cancellation'>;
}

const NOT_THERE: ReadonlySet<number> = new Set([404, 410]);
const UNREAD = precomputed('part.not_needed', 'There is no such item, so its description is not read');

/** The calls of one part for the ids of its `each`. */
export class FanOutRun {
  readonly #host: FanOutHost;
  readonly #part: Part;
  readonly #fanOut: FanOut;
  readonly #values: Values;
  readonly #to: FannedOutPart['to'];
  readonly #limit: ConcurrencyLimit;
  readonly #items = new Map<string, unknown>();

  constructor(host: FanOutHost, { part, fanOut, values, to }: FannedOutPart) {
    this.#host = host;
    this.#part = part;
    this.#fanOut = fanOut;
    this.#values = values;
    this.#to = to;
    this.#limit = new ConcurrencyLimit(fanOut.concurrency);
  }

  /** The items by their ids, in the order of the ids; an id without an item is not in it. */
  async run(): Promise<ReadonlyMap<unknown, unknown>> {
    const { each, batch } = this.#fanOut;
    const ids = idsOf(each(this.#values, this.#host.requests.context), this.#part.site);
    await this.#call([...ids], batch);
    return new Map([...ids].flatMap(([key, id]) => (this.#items.has(key) ? [[id, this.#items.get(key)]] : [])));
  }

  async #call(ids: readonly IdByKey[], batch: BatchOfPart | undefined): Promise<void> {
    if (batch === undefined) await this.#forEach(ids, id => this.#callOne(id));
    else if (batch.isStored) await this.#callStored(ids, batch);
    else await this.#forEach(chunked(ids, batch.max), chunk => this.#callBatch(chunk, batch));
  }

  /** Calls the backend for one id. */
  async #callOne([key, id]: IdByKey): Promise<void> {
    const { requests } = this.#host;
    const request = requests.of(this.#part, { subject: id, values: this.#values }, this.#to);
    if (request !== undefined) await this.#takeItem(key, request, await this.#host.send(this.#part, request));
  }

  async #takeItem(key: string, request: Exchange, reply: Reply): Promise<void> {
    this.#host.take(this.#part, request, reply);
    if (NOT_THERE.has(reply.status)) discard(reply.body, UNREAD);
    else this.#items.set(key, await this.#part.call.value(reply));
  }

  /** Calls the backend for several ids. */
  async #callBatch(ids: readonly IdByKey[], batch: BatchOfPart): Promise<void> {
    const request = this.#batchRequest(ids.map(idOf), batch);
    const reply = await this.#host.send(this.#part, request);
    this.#host.take(this.#part, request, reply);
    if (reply.fallbacks !== undefined) {
      // A fallback is written for one item; each has its own copy.
      for (const [key] of ids) this.#items.set(key, await this.#part.call.value(reply));
      return;
    }
    const found = await this.#dealt(reply, batch);
    for (const [key] of ids) if (found.has(key)) this.#items.set(key, found.get(key));
  }

  #batchRequest(ids: readonly unknown[], batch: BatchOfPart): Exchange {
    const call = batch.from(this.#host.requests.context, ids, this.#values);
    return this.#host.requests.to(this.#part, call, { subject: ids, values: this.#values }, this.#to);
  }

  async #dealt(reply: Reply, { call, by, items }: BatchOfPart): Promise<ReadonlyMap<string, unknown>> {
    const value = await call.value(reply);
    return dealt(itemsIn(value, items) ?? [], by, this.#part.site);
  }

  /** Looks each item up in the cache; those that it lacks are fetched together. */
  async #callStored(ids: readonly IdByKey[], batch: BatchOfPart): Promise<void> {
    const { requests } = this.#host;
    const batches = new ItemBatches<IdByKey>({
      max: batch.max,
      call: (x, missing) => this.#limit.run(() => this.#fetchItems(x, missing, batch)),
    });
    const lookUps = ids.map(async each => {
      const [key, id] = each;
      const call = batch.from(requests.context, [id], this.#values);
      const alone = requests.to(this.#part, call, { subject: [id], values: this.#values }, this.#to);
      const request = asItem(alone, key, x => batches.fetch(x, each));
      await this.#tolerated(async () => this.#takeItem(key, request, await this.#part.handler(request)));
    });
    await Promise.all(lookUps);
  }

  /** @param x the request of one item, as its cache sends it. */
  async #fetchItems(x: Exchange, missing: readonly IdByKey[], batch: BatchOfPart): Promise<(id: IdByKey) => Reply> {
    const { call, method, body } = this.#batchRequest(missing.map(idOf), batch);
    const headers = this.#host.requests.inTrace(x.headers, body);
    const reply = await batch.send(x.with({ call, method, body, headers }));
    const found = await this.#dealt(reply, batch);
    const fields = itemHeaders(reply.headers);
    return ([key]) =>
      found.has(key)
        ? this.#part.call.responseOf(found.get(key), fields)
        : { status: 404, headers: fields, body: NO_BODY };
  }

  async #forEach<T>(list: readonly T[], call: (each: T) => Promise<void>): Promise<void> {
    const task = (each: T) => async (): Promise<void> => {
      const { reason } = this.#to.cancellation;
      if (reason !== undefined) throw reason;
      await call(each);
    };
    await Promise.all(list.map(each => this.#tolerated(() => this.#limit.run(task(each)))));
  }

  /** The response can do without the items of an optional part. */
  async #tolerated(call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (!this.#host.isSpared(this.#part, failure)) throw failure;
      this.#host.lack(this.#part, failure);
    }
  }
}

/** An id with its text. */
type IdByKey = readonly [key: string, id: unknown];

function idOf([, id]: IdByKey): unknown {
  return id;
}

/**
 * The request of an item of a batch, in the form of a GET, so that the cache stores it. Its key has the call for this
 * id alone, because that shows what else of the request the items depend on.
 */
function asItem(alone: Exchange, key: string, fetchItem: (x: Exchange) => Promise<Reply>): Exchange {
  const { call, body, headers } = alone;
  if (call === undefined) return alone;
  const content = body.kind === 'bytes' ? body.bytes.toString() : '';
  const path = `${call.path}\n${JSON.stringify(key)}${content}`;
  return alone.with({
    method: 'GET',
    body: NO_BODY,
    headers: headers.without(OF_BODY),
    call: { ...call, path, fetchItem },
  });
}

const OF_BODY: ReadonlySet<string> = new Set(['content-type']);
