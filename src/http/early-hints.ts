import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HeaderList } from '../core/headers/header-list.ts';

/** Sends a backend's 103 Early Hints on (RFC 8297); a client of HTTP/1.0 would not understand it (RFC 9110 §15.2). */
export function earlyHintsTo(req: IncomingMessage, res: ServerResponse): ((headers: HeaderList) => void) | undefined {
  if (req.httpVersion === '1.0') return undefined;
  return headers => {
    const link = headers.all('link');
    if (link.length === 0 || res.headersSent || res.destroyed) return;
    try {
      res.writeEarlyHints({ ...headers.toObject(), link });
    } catch {
      // A link that Node does not take for one: hints are only hints.
    }
  };
}
