import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Pool } from 'undici';
import { announce } from './announce.ts';

// The minimum of a proxy in Node: no limits, no timeouts, no forwarding rules.
const pool = new Pool(process.env.BENCH_BACKEND ?? '');

const server = createServer((req, res) => {
  const method = req.method ?? 'GET';
  pool.dispatch(
    { path: req.url ?? '/', method, headers: req.headers, body: method === 'GET' ? null : req },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, headers) {
        res.writeHead(status, headers);
        // The first event of a stream may be late.
        if (headers['content-length'] === undefined) res.flushHeaders();
      },
      onResponseData(_controller, chunk) {
        res.write(chunk);
      },
      onResponseEnd() {
        res.end();
      },
      onResponseError() {
        res.destroy();
      },
    },
  );
});

/** A WebSocket is a pipe in both directions. */
server.on('upgrade', (req, client) => {
  const { hostname, port } = new URL(process.env.BENCH_BACKEND ?? '');
  const backend = connect(Number(port), hostname);
  const fields = Object.entries(req.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  backend.write(`GET ${req.url} HTTP/1.1\r\n${fields.join('')}\r\n`);
  backend.pipe(client).pipe(backend);
  backend.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.on('error', () => backend.destroy()).on('close', () => backend.destroy());
});
announce(server);
