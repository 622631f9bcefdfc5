import { createServer } from 'node:http';
import { announce } from './announce.ts';

// Each new response takes as long as that of a busy service. Its number shows which clients share it.
const LATENCY_MS = 300;
const LARGE = JSON.stringify({ text: 'x'.repeat(10_240 - 11) });
const SMALL = JSON.stringify({ id: 7, name: 'Lantern', description: 'x'.repeat(230), price: 4900 });

const LIFETIMES: Readonly<Record<string, string>> = {
  cold: 'max-age=600',
  stale: 'max-age=1',
  private: 'private',
  small: 'max-age=3600',
  large: 'max-age=3600',
};

const calls = new Map<string, number>();
let answers = 0;

const server = createServer((req, res) => {
  const path = req.url ?? '';
  if (path.startsWith('/calls')) {
    res.end(String(calls.get(path.slice('/calls'.length)) ?? 0));
    return;
  }
  calls.set(path, (calls.get(path) ?? 0) + 1);
  const kind = path.split('/')[2] ?? '';
  const body = kind === 'large' ? LARGE : kind === 'small' ? SMALL : `answer ${++answers}`;
  setTimeout(() => {
    res.writeHead(200, {
      'Cache-Control': LIFETIMES[kind] ?? 'no-store',
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    res.end(body);
  }, LATENCY_MS);
});
announce(server);
