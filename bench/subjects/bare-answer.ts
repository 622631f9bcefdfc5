import { createServer } from 'node:http';
import { announce } from './announce.ts';

// The minimum cost of a server in Node: it has one response of each size in memory, and reads only the path.
const bodies = new Map([
  ['/herd/small', JSON.stringify({ id: 7, name: 'Lantern', description: 'x'.repeat(230), price: 4900 })],
  ['/herd/large', JSON.stringify({ text: 'x'.repeat(10_240 - 11) })],
]);

const server = createServer((req, res) => {
  const body = bodies.get(req.url ?? '') ?? '';
  const fields = ['Cache-Control', 'max-age=3600', 'Content-Type', 'application/json', 'Age', '0'];
  res.writeHead(200, [...fields, 'Content-Length', String(body.length)]);
  res.end(body);
});
announce(server);
