import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Load } from '../../bench/load.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function startServer(respond: RequestListener, options = {}): Promise<number> {
  server = createServer(options, respond).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

it('sends as many requests as ordered, each with a path of its own', async () => {
  const paths: (string | undefined)[] = [];
  const port = await startServer((req, res) => {
    paths.push(req.url);
    res.end('body');
  });
  let sent = 0;
  const load = await Load.open(port, { path: () => `/${++sent}` }, 3);
  await load.run(20);
  load.close();
  expect(new Set(paths).size).toBe(20);
});

it('sends method, fields and body', async () => {
  const seen: unknown[] = [];
  const port = await startServer(async (req, res) => {
    const chunks = await req.toArray();
    seen.push([req.method, req.headers['x-a'], Buffer.concat(chunks).toString()]);
    res.end();
  });
  const load = await Load.open(port, { path: '/', method: 'POST', fields: { 'X-A': 'b' }, body: 'abc' }, 1);
  await load.run(1);
  load.close();
  expect(seen).toEqual([['POST', 'b', 'abc']]);
});

it('connects again where the server closes a connection after a number of requests', async () => {
  let connections = 0;
  const port = await startServer((_req, res) => void res.end('body'));
  if (server !== undefined) server.maxRequestsPerSocket = 5;
  server?.on('connection', () => {
    connections++;
  });
  const load = await Load.open(port, '/', 1);
  await load.run(12);
  load.close();
  expect(connections).toBe(3);
});

it('connects again where the server closed an idle connection', async () => {
  const port = await startServer((_req, res) => void res.end('body'));
  const load = await Load.open(port, '/', 2);
  await load.run(2);
  server?.closeIdleConnections();
  await load.run(2);
  load.close();
});

it('counts single failures, and ends where more than one in a hundred requests fail', async () => {
  let requests = 0;
  let every = 100;
  const port = await startServer((_req, res) => {
    res.statusCode = ++requests % every === 0 ? 503 : 200;
    res.end('body');
  });
  const load = await Load.open(port, '/', 2);
  await load.run(300);
  expect(load.failed).toBe(3);
  every = 2;
  await expect(load.run(300)).rejects.toThrow('503');
  load.close();
});
