import type { Exchange } from './exchange.ts';
import type { Reply } from './reply.ts';

/** Handles an exchange, sync or async. A throw and a rejection mean the same. */
export type Handler = (x: Exchange) => Reply | Promise<Reply>;

/** One policy around a handler: it may respond itself, change the exchange, or change the reply. */
export type Stage = (next: Handler) => Handler;
