import type { IncomingMessage, ServerResponse } from 'node:http';
import { exchangeRaw, get, parsed } from './raw.ts';

/** What a backend saw of a request. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A backend's listener that responses with what it saw, as JSON. */
export function echo(req: IncomingMessage, res: ServerResponse): void {
  const chunks: Buffer[] = [];
  req.on('data', chunk => chunks.push(chunk));
  req.on('end', () => {
    res.setHeader('Content-Type', 'application/json');
    const { method, url, headers } = req;
    res.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  });
}

/** Asks an echo through a gateway. */
export async function seenBehind(port: number, path: string, ...fields: readonly string[]): Promise<Seen> {
  return seenIn(await exchangeRaw(port, get(path, ...fields)));
}

export function seenIn(text: string): Seen {
  return JSON.parse(parsed(text).body);
}
