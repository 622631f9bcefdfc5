import type { IncomingMessage, ServerResponse } from 'node:http';
import { exchangeRaw, get, parsed } from './raw.ts';

/** The request as a backend saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A backend's listener that responds with the request it saw, as JSON. */
export function echo(req: IncomingMessage, res: ServerResponse): void {
  const chunks: Buffer[] = [];
  req.on('data', chunk => chunks.push(chunk));
  req.on('end', () => {
    res.setHeader('Content-Type', 'application/json');
    const { method, url, headers } = req;
    res.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  });
}

/** Sends a request to an echo backend through a gateway. */
export async function seenBehind(port: number, path: string, ...fields: readonly string[]): Promise<Seen> {
  return seenIn(await exchangeRaw(port, get(path, ...fields)));
}

export function seenIn(text: string): Seen {
  return JSON.parse(parsed(text).body);
}
