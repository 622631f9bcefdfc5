import type { IncomingMessage, ServerResponse } from 'node:http';

/** Requests whose clients still wait for a 100 Continue. */
const waiting = new WeakSet<IncomingMessage>();

/** The client gets its 100 Continue when its body is first read, by any reader; where a guard refuses, never. */
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
 * Whether a response now leaves open what the client sends next: without a 100 Continue it may leave its body out, and
 * its next request would be taken for that body (RFC 9110 §10.1.1). To be called before the headers go out.
 */
export function isBodyUncertain(req: IncomingMessage, res: ServerResponse): boolean {
  if (!waiting.delete(req)) return false;
  if (!req.complete) return true;
  // The client sent its body without waiting. Node would close the connection all the same, and what follows would not
  // be answered.
  if (!res.headersSent) res.writeContinue();
  return false;
}
