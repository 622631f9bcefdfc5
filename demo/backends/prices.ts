import type { ServerResponse } from 'node:http';
import { type Backend, startBackend } from './backend.ts';
import { PriceBook } from './price-book.ts';
import { PRODUCTS } from './products.ts';

const EVERY_MS = 1_000;
const RETRY_MS = 2_000;
const KEPT = 50;

export function startPrices(book = new PriceBook()): Promise<Backend> {
  const ticker = new Ticker(book);
  const timer = setInterval(() => ticker.tick(), EVERY_MS);
  return startBackend({
    name: 'prices',
    handlers: {
      'GET /events/prices': ({ headers }) => ({
        headers: { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' },
        stream: response => ticker.join(response, Number(headers['last-event-id'])),
      }),
    },
    onChaos: mode => mode === 'failing' && ticker.disconnectAll(),
    onClose: () => clearInterval(timer),
  });
}

class Ticker {
  readonly #book: PriceBook;
  readonly #clients = new Set<ServerResponse>();
  readonly #past: { readonly id: number; readonly text: string }[] = [];
  #lastId = 0;

  constructor(book: PriceBook) {
    this.#book = book;
  }

  /** A client that sends the id of its last event gets those it missed; a new one gets every product's last price. */
  join(client: ServerResponse, lastSeen: number): void {
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    const since = Number.isNaN(lastSeen) ? this.#lastId - PRODUCTS.length : lastSeen;
    const missed = this.#past.filter(({ id }) => id > since).map(({ text }) => text);
    client.write(`retry: ${RETRY_MS}\n\n${missed.join('')}`);
  }

  tick(): void {
    const id = ++this.#lastId;
    const text = `id: ${id}\ndata: ${JSON.stringify(this.#book.change())}\n\n`;
    this.#past.push({ id, text });
    if (this.#past.length > KEPT) this.#past.shift();
    for (const client of this.#clients) client.write(text);
  }

  disconnectAll(): void {
    for (const client of this.#clients) client.end();
  }
}
