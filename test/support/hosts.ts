import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import type { CreateGatewayOptions } from '../../src/gateway.ts';
import type { TestGateway } from './gateway.ts';
import type { TestRedis } from './redis.ts';
import type { testResources } from './resources.ts';

export interface Heard {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The result of the cache. */
  readonly cache: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** Requests one address from any gateway, so that gateways behind one name share stored responses. */
export async function askShop(
  { port }: { readonly port: number },
  path: string,
  { method = 'GET', headers = {} }: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<Heard> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { agent, port, path, method, headers: { Host: 'shop.test', ...headers } };
    request({ host: '127.0.0.1', ...options }, resolve)
      .once('error', reject)
      .end();
  });
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await text(response),
    cache: String(response.headers['cache-status'] ?? ''),
  };
}

export function sharing(redis: TestRedis, more = ''): string {
  return `import { defineGateway } from 'portico';
export default defineGateway({ cache: { redis: { url: '${redis.url}'${more} } } });
`;
}

/** Gateways on one Redis that receive each other's purges. */
export async function startMachines(
  count: number,
  files: Readonly<Record<string, string>>,
  { gateway }: ReturnType<typeof testResources>,
  redis: TestRedis,
  options: CreateGatewayOptions = {},
): Promise<TestGateway[]> {
  const before = await listeners(redis);
  const targets = await Promise.all(Array.from({ length: count }, () => gateway(files, options)));
  await expect.poll(() => listeners(redis)).toBe(before + count);
  return targets;
}

/** The number of stored responses and variant lists in Redis. */
export async function recordsIn(redis: TestRedis): Promise<number> {
  return Number(/^\*(\d+)/.exec(await redis.command('KEYS portico:record:*'))?.[1]);
}

async function listeners(redis: TestRedis): Promise<number> {
  return Number(/:(\d+)/.exec(await redis.command('PUBSUB NUMSUB portico:purged'))?.[1]);
}
