import { createServer } from 'node:http';
import { Pool } from 'undici';
import { announce } from './announce.ts';

// The cheap way to make one response of three by hand: node:http, and undici's own client.
const pool = new Pool(process.env.BENCH_BACKEND ?? '');

const server = createServer(async (_req, res) => {
  const [offer, seller, cart] = await Promise.all(['/part/90', '/part/91', '/part/92'].map(part));
  const body = JSON.stringify({ offer, seller, cart });
  res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  res.end(body);
});
announce(server);

async function part(path: string): Promise<unknown> {
  const { statusCode, body } = await pool.request({ path, method: 'GET' });
  if (statusCode !== 200) throw new Error(`${path} is ${statusCode}`);
  return body.json();
}
