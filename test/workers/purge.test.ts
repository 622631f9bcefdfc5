import { describe, expect, it } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { route, startGateway } from '../support/gateway.ts';
import { askShop, sharing } from '../support/hosts.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { noRedis, TestRedis } from '../support/redis.ts';

describe('a write in one of several workers', () => {
  it('makes the stored responses of the others stale', async () => {
    let version = 1;
    await using backend = await startBackend((req, res) => {
      if (req.method === 'POST') version++;
      res.end(`v${version}`);
    });
    await using project = await createProject({
      'routes/cart.get.ts': route(`'/cart', { proxy: '${backend.url}', cache: { ttl: '10m', tags: ['cart'] } }`),
      'routes/cart/items.post.ts': route(`'/cart/items', { proxy: '${backend.url}', purges: ['cart'] }`),
    });
    await using portico = startPortico('start', ['--workers', '3', '--dir', project.dir]);
    const { url } = await portico.ready();
    // Each connection goes to the next worker.
    const read = async () => (await fetch(`${url}/cart`, { headers: { connection: 'close' } })).text();
    const readAll = async () => new Set(await Promise.all(Array.from({ length: 12 }, read)));
    expect(await readAll()).toEqual(new Set(['v1']));
    for (let write = 2; write < 5; write++) {
      await fetch(`${url}/cart/items`, { method: 'POST', headers: { connection: 'close' } });
      await expect.poll(readAll).toEqual(new Set([`v${write}`]));
    }
    expect(backend.requests.filter(({ method }) => method === 'GET').length).toBeGreaterThan(3);
  });
});

describe('portico purge', () => {
  it('has reached every worker when it ends', async () => {
    let version = 1;
    await using backend = await startBackend((_req, res) => res.end(`v${version}`));
    await using project = await createProject({
      'routes/cart.get.ts': route(`'/cart', { proxy: '${backend.url}', cache: { ttl: '10m', tags: ['cart'] } }`),
    });
    await using portico = startPortico('start', ['--workers', '3', '--dir', project.dir]);
    const { url, adminUrl } = await portico.ready();
    const read = async () => (await fetch(`${url}/cart`, { headers: { connection: 'close' } })).text();
    const readAll = async () => new Set(await Promise.all(Array.from({ length: 12 }, read)));
    expect(await readAll()).toEqual(new Set(['v1']));
    for (version = 2; version < 5; version++) {
      const { code, out } = await runPortico(['purge', '--tag', 'cart', '--admin-port', new URL(adminUrl).port]);
      expect(code).toBe(0);
      // Each worker that got a request has stored it.
      expect(out).toMatch(/^purged: tag cart \([1-3] stored responses? in memory of 3 processes\)$/);
      expect(await readAll()).toEqual(new Set([`v${version}`]));
    }
  });

  it('reports to every worker whether the purge is hard or soft', async () => {
    await using project = await createProject({
      'routes/heard.get.ts': `import { defineRoute } from 'portico';
const heard: unknown[] = [];
process.on('message', (message: { kind?: string; purge?: unknown }) => {
  if (message.kind === 'portico.purge') heard.push(message.purge);
});
export default defineRoute({ handler: () => ({ pid: process.pid, heard }) });
`,
    });
    await using portico = startPortico('start', ['--workers', '3', '--dir', project.dir]);
    const { url, adminUrl } = await portico.ready();
    await runPortico(['purge', '--tag', 'cart', '--soft', '--admin-port', new URL(adminUrl).port]);
    const read = async (): Promise<{ readonly pid: number; readonly heard: unknown }> => {
      const response = await fetch(`${url}/heard`, { headers: { connection: 'close' } });
      return JSON.parse(await response.text());
    };
    const responses = await Promise.all(Array.from({ length: 12 }, read));
    expect(new Set(responses.map(({ pid }) => pid)).size).toBe(3);
    for (const { heard } of responses)
      expect(heard).toEqual([{ kind: 'soft', targets: [{ kind: 'tag', tag: 'cart' }] }]);
  });
});

describe('a tag', () => {
  it.each(['all *', 'prefix /', 'uri /cart', 'at  /cart', '*', 'tag cart'])(
    'that looks like something else (%s) is a plain tag',
    async tag => {
      await using backend = await startBackend((_req, res) => res.end(`v${backend.requests.length}`));
      await using gateway = await startGateway({
        'routes/cart.get.ts': route(`'/cart', { proxy: '${backend.url}', cache: { ttl: '10m', tags: ['cart'] } }`),
        'routes/write.post.ts': route(`'/write', { handler: () => undefined, purges: [${JSON.stringify(tag)}] }`),
      });
      const read = async () => (await fetch(`${gateway.url}/cart`)).text();
      expect(await read()).toBe('v1');
      await fetch(`${gateway.url}/write`, { method: 'POST' });
      gateway.gateway.purge({ tags: [tag] });
      expect(await read()).toBe('v1');
    },
  );
});

describe.skipIf(noRedis !== undefined)(`workers of two hosts on one Redis ${noRedis ?? ''}`, () => {
  it('apply an operator’s purge once, whichever host receives it', async () => {
    await using redis = await TestRedis.start();
    let version = 1;
    await using backend = await startBackend((_req, res) => res.end(`v${version}`));
    await using project = await createProject({
      'portico.config.ts': sharing(redis),
      'routes/cart.get.ts': route(`'/cart', { proxy: '${backend.url}', cache: { ttl: '10m', tags: ['cart'] } }`),
    });
    const start = () => startPortico('start', ['--workers', '2', '--dir', project.dir]);
    await using here = start();
    await using there = start();
    const targets = await Promise.all([here.ready(), there.ready()]);
    const headers = { connection: 'close', host: 'shop.test' };
    // The same address for all gateways, so that they share stored responses.
    const readAll = async () => {
      const ports = targets.map(({ url }) => Number(new URL(url).port));
      const asked = ports.flatMap(port => Array.from({ length: 8 }, () => askShop({ port }, '/cart', { headers })));
      return new Set((await Promise.all(asked)).map(({ body }) => body));
    };
    await expect.poll(() => redis.command('PUBSUB NUMSUB portico:purged')).toContain(':4');
    expect(await readAll()).toEqual(new Set(['v1']));
    for (const [i, { adminUrl }] of targets.entries()) {
      version++;
      const { code } = await runPortico(['purge', '--url', '/cart', '--admin-port', new URL(adminUrl).port]);
      expect(code).toBe(0);
      await expect.poll(readAll).toEqual(new Set([`v${version}`]));
      // The mark of the trimmed part of the log, and one row for each purge.
      expect(await redis.command('ZCARD portico:purges')).toBe(`:${i + 2}\r\n`);
    }
  });
});
