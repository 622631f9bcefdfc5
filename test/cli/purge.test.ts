import { describe, expect, it } from 'vitest';
import { deadAddress, startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

/** A shop whose backend responds with the number of the call. */
async function countingShop() {
  let calls = 0;
  const backend = await startBackend((_req, res) => res.end(`v${++calls}`));
  const policy = `cache: { ttl: '10m', tags: ['cart'] }`;
  const project = await createProject({
    'routes/cart.get.ts': route(`'/cart', { proxy: '${backend.url}', ${policy} }`),
    'routes/other.get.ts': route(`'/other', { proxy: '${backend.url}', cache: { ttl: '10m' } }`),
  });
  return {
    project,
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

describe('portico purge', () => {
  it('makes the stored responses of a gateway stale', async () => {
    await using shop = await countingShop();
    await using portico = startPortico('start', ['--dir', shop.project.dir]);
    const { url, adminUrl } = await portico.ready();
    const env = { PORTICO_ADMIN_PORT: new URL(adminUrl).port };
    const read = async (path: string) => (await fetch(url + path)).text();
    const purge = (...args: string[]) => runPortico(['purge', ...args], { env });
    expect([await read('/cart'), await read('/other'), await read('/cart')]).toEqual(['v1', 'v2', 'v1']);

    expect(await purge('--tag', 'cart', '--tag', 'none')).toMatchObject({
      code: 0,
      out: 'purged: tag cart, tag none (1 stored response in memory)',
    });
    expect([await read('/cart'), await read('/other')]).toEqual(['v3', 'v2']);

    const { code, out } = await purge('--url', '/other', '--json');
    expect([code, JSON.parse(out)]).toEqual([
      0,
      { purged: { urls: ['/other'] }, kind: 'hard', entries: 1, workers: 1 },
    ]);
    expect([await read('/cart'), await read('/other')]).toEqual(['v3', 'v4']);

    expect((await purge('--url', `${url}/cart`)).out).toBe(`purged: url ${url}/cart (1 stored response in memory)`);
    expect([await read('/cart'), await read('/other')]).toEqual(['v5', 'v4']);

    await purge('--prefix', '/ca');
    expect([await read('/cart'), await read('/other')]).toEqual(['v6', 'v4']);

    expect((await purge('--all')).out).toBe('purged: everything (2 stored responses in memory)');
    expect([await read('/cart'), await read('/other')]).toEqual(['v7', 'v8']);
    expect((await purge('--all', '--soft')).out).toBe('stale: everything (2 stored responses in memory)');
    expect((await purge('--tag', 'none')).out).toBe('purged: tag none (0 stored responses in memory)');
  });

  it('reports a missing gateway or another program at its port', async () => {
    const { port } = new URL(await deadAddress());
    const none = await runPortico(['purge', '--all', '--admin-port', port]);
    expect(none.code).toBe(1);
    const remedy = 'start one, or name its port with --admin-port or PORTICO_ADMIN_PORT';
    expect(none.err).toBe(`portico: no gateway responds at the admin port ${port}; ${remedy}\n`);
    await using other = await startBackend((_req, res) => res.writeHead(404).end('what?'));
    const wrong = await runPortico(['purge', '--all', '--admin-port', new URL(other.url).port]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('says 404 and is no portico gateway of this version');
  });

  it('requires a target', async () => {
    const { code, err } = await runPortico(['purge']);
    expect(code).toBe(2);
    expect(err).toBe('portico: portico purge names nothing; say what with --tag, --url, --prefix or --all\n');
  });
});
