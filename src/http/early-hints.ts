import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EarlyHints } from '../core/exchange.ts';

/** Passes on a backend's 102 and 103 Early Hints (RFC 8297), except to an HTTP/1.0 client (RFC 9110 §15.2). */
export function earlyHintsTo(req: IncomingMessage, res: ServerResponse): EarlyHints | undefined {
  if (req.httpVersion === '1.0') return undefined;
  return (status, headers) => {
    if (res.headersSent || res.destroyed) return;
    if (status === 102) res.writeProcessing();
    const link = headers.all('link');
    if (status !== 103 || link.length === 0) return;
    try {
      res.writeEarlyHints({ ...headers.toObject(), link });
    } catch {
      // Node rejects the link as invalid, which is harmless for a hint.
    }
  };
}
