import { createServer } from 'node:http';
import express from 'express';
import { announce } from './announce.ts';

// The usual way to make one response of three by hand.
const backend = process.env.BENCH_BACKEND ?? '';
const app = express();

app.get('/aggregate', async (_req, res) => {
  const [offer, seller, cart] = await Promise.all(['/part/90', '/part/91', '/part/92'].map(part));
  res.json({ offer, seller, cart });
});
announce(createServer(app));

async function part(path: string): Promise<unknown> {
  const response = await fetch(backend + path);
  if (!response.ok) throw new Error(`${path} is ${response.status}`);
  return response.json();
}
