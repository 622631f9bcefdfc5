import type { IncomingMessage, ServerResponse } from 'node:http';

/** Requests whose clients still wait for 100 Continue. */
const waiting = new WeakSet<IncomingMessage>();

/** The client gets its 100 Continue when its body is first read, and never if a guard rejects it. */
export function continueWhenRead(req: IncomingMessage, res: ServerResponse): void {
  if (!hasBody(req)) {
    // Nothing is uncertain. Without it Node would close the connection behind the response.
    res.writeContinue();
    return;
  }
  const read = req._read;
  waiting.add(req);
  req._read = size => {
    req._read = read;
    waiting.delete(req);
    if (!res.headersSent) res.writeContinue();
    read.call(req, size);
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Whether it is unknown what the client sends after a response now: without a 100 Continue it may omit its body, and
 * its next request would be read as that body (RFC 9110 §10.1.1). Called before the headers are sent.
 */
export function isBodyUncertain(req: IncomingMessage, res: ServerResponse): boolean {
  if (!waiting.delete(req)) return false;
  if (!req.complete) return true;
  // The client sent its body without waiting. Node would still close the connection, and a pipelined request would get
  // no response.
  if (!res.headersSent) res.writeContinue();
  return false;
}
