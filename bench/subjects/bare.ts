import { createServer } from 'node:http';
import { Pool } from 'undici';
import { announce } from './announce.ts';

// The minimum of a proxy in Node: no limits, no timeouts, no forwarding rules.
const pool = new Pool(process.env.BENCH_BACKEND ?? '');

const server = createServer((req, res) => {
  pool.dispatch(
    { path: req.url ?? '/', method: 'GET', headers: req.headers },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, headers) {
        res.writeHead(status, headers);
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
announce(server);
