import type { Bench } from './bench.ts';
import { entries, measureLoad } from './load-scenario.ts';

/** A route that passes everything on, beside other proxies. */
export async function proxy(bench: Bench): Promise<void> {
  const peers = await bench.start(
    'portico',
    'bare node:http + undici',
    '@fastify/http-proxy',
    'Express + http-proxy-middleware',
    'nginx',
    'haproxy',
  );
  await measureLoad(bench, {
    id: 'proxy-90',
    title: 'Proxy, 90 B of JSON',
    entries: entries(peers, { path: '/plain/90' }),
    underLoad: 'rates and latencies',
  });
  await measureLoad(bench, {
    id: 'proxy-100k',
    title: 'Proxy, 100 kB',
    entries: entries(peers, { path: '/plain/100000' }),
    requests: 50,
    warmUp: 2_000,
  });
  await measureLoad(bench, {
    id: 'proxy-10m',
    title: 'Proxy, 10 MB',
    entries: entries(peers, { path: '/plain/10000000' }),
    connections: 4,
    turns: 4,
    requests: 8,
    warmUp: 20,
  });
  await measureLoad(bench, {
    id: 'proxy-post',
    title: 'Proxy, POST of 1 kB',
    entries: entries(peers, { path: '/plain/post', method: 'POST', body: 'x'.repeat(1_000) }),
    requests: 200,
  });
}
