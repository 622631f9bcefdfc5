import type { IncomingMessage, ServerResponse } from 'node:http';

/** Requests whose clients still wait to be told that they may send their body. */
const waiting = new WeakSet<IncomingMessage>();

/** The client is told to go on when its body is first read, by whatever reads it: a guard that refuses never does. */
export function continueWhenRead(req: IncomingMessage, res: ServerResponse): void {
  const read = req._read;
  waiting.add(req);
  req._read = size => {
    req._read = read;
    waiting.delete(req);
    if (!res.headersSent) res.writeContinue();
    read.call(req, size);
  };
}

/**
 * Whether a response now leaves open what the client sends next: it was not told to go on, so it may leave its body out, and its next request
 * would be taken for that (RFC 9110 §10.1.1). To be asked before a head goes out.
 */
export function isBodyUncertain(req: IncomingMessage, res: ServerResponse): boolean {
  if (!waiting.delete(req)) return false;
  if (!req.complete) return true;
  // The client sent its body without waiting. Node would close the connection all the same, and what follows would not be answered.
  if (!res.headersSent) res.writeContinue();
  return false;
}
