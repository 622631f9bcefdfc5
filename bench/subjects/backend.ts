import { createServer } from 'node:http';
import { announce } from './announce.ts';

// A typical response of a small backend: 300 bytes of JSON.
const BODY = Buffer.from(JSON.stringify({ id: 7, name: 'Lantern', description: 'x'.repeat(230), price: 4900 }));

const server = createServer((_req, res) => {
  res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': BODY.length });
  res.end(BODY);
});
announce(server);
