import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EarlyHints } from '../core/exchange.ts';

/**
 * Sends a backend's 102 and its 103 Early Hints on (RFC 8297); a client of HTTP/1.0 would not understand them (RFC 9110
 * §15.2).
 */
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
      // A link that Node does not take for one: hints are only hints.
    }
  };
}
