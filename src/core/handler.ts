import type { Exchange } from './exchange.ts';
import type { Reply } from './reply.ts';

/** Answers an exchange, at once or later. It may throw now or reject later; both mean the same. */
export type Handler = (x: Exchange) => Reply | Promise<Reply>;

/** One policy around a handler: it may answer itself, change what goes in, or change what comes back. */
export type Stage = (next: Handler) => Handler;
