import { createServer, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { announce } from './announce.ts';
import { jsonOf } from './bodies.ts';

// The minimum cost of a server in Node: it has its responses in memory, and reads only the path.
const bodies = new Map<string, string | Buffer>([
  ['/herd/small', JSON.stringify({ id: 7, name: 'Lantern', description: 'x'.repeat(230), price: 4900 })],
  ['/herd/large', JSON.stringify({ text: 'x'.repeat(10_240 - 11) })],
  ['/stored/90', jsonOf(90).toString()],
  ['/stored/100000', jsonOf(100_000)],
  ['/encoded/100000', gzipSync(jsonOf(100_000))],
]);

const server = createServer((req, res) => {
  const path = req.url ?? '';
  if (path === '/handled') handled(res);
  else if (req.headers['if-none-match'] !== undefined) res.writeHead(304, ['ETag', '"90"']).end();
  else stored(res, path);
});
announce(server);

function stored(res: ServerResponse, path: string): void {
  const body = bodies.get(path) ?? '';
  const encoding = path.startsWith('/encoded') ? ['Content-Encoding', 'gzip'] : [];
  const fields = ['Cache-Control', 'max-age=3600', 'Content-Type', 'application/json', 'Age', '0', ...encoding];
  res.writeHead(200, [...fields, 'Content-Length', String(body.length)]);
  res.end(body);
}

/** Like a handler of a route, it makes JSON of a value for each request. */
function handled(res: ServerResponse): void {
  const body = JSON.stringify({ id: 7, name: 'Lantern', price: 4900 });
  res.writeHead(200, ['Content-Type', 'application/json', 'Content-Length', String(body.length)]);
  res.end(body);
}
