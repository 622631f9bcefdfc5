import type { AddressInfo } from 'node:net';
import proxy from '@fastify/http-proxy';
import { fastify } from 'fastify';

const app = fastify({ keepAliveTimeout: 60_000 });
await app.register(proxy, { upstream: process.env.BENCH_BACKEND ?? '' });
await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.((app.server.address() as AddressInfo).port);
