import { describe, expect, it } from 'vitest';
import { deadAddress, startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

/** A shop whose backend fails below `/sick`. */
async function shop() {
  const backend = await startBackend((req, res) => res.writeHead(req.url === '/sick' ? 500 : 200).end('ok'));
  const policy = `breaker: { minRequests: 5, resetTimeout: '60s' }`;
  const project = await createProject({
    'routes/carts/[id].get.ts': route(`{ proxy: '${backend.url}', ${policy} }`),
    'routes/sick.get.ts': route(`{ proxy: '${backend.url}', ${policy} }`),
  });
  return {
    project,
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

interface Worker {
  readonly pid: number;
}

/** A running gateway of the shop and its operator commands. */
async function running(dir: string, ...flags: string[]) {
  const portico = startPortico('start', ['--dir', dir, ...flags]);
  const { url, adminUrl } = await portico.ready();
  const env = { PORTICO_ADMIN_PORT: new URL(adminUrl).port };
  /** Each on a connection of its own, so that any worker may respond. */
  const statusOf = async (path: string) => {
    const response = await fetch(url + path, { headers: { connection: 'close' } });
    await response.body?.cancel();
    return response.status;
  };
  return {
    portico,
    adminUrl,
    statusOf,
    statusesOf: async (path: string, times: number) =>
      [...new Set(await Promise.all(Array.from({ length: times }, () => statusOf(path))))].toSorted(),
    breaker: (...args: string[]) => runPortico(['breaker', ...args], { env }),
    pids: async () => {
      const { workers } = (await (await fetch(`${adminUrl}/breakers`)).json()) as {
        readonly workers: readonly Worker[];
      };
      return workers.map(({ pid }) => pid);
    },
    [Symbol.asyncDispose]: () => portico[Symbol.asyncDispose](),
  };
}

const CART = ['GET', '/carts/{id}'] as const;
const lineOf = (out: string, site: string) => out.split('\n').find(line => line.startsWith(site));

describe('portico breaker', () => {
  it('lists, forces open and closes the circuits of one process', async () => {
    await using made = await shop();
    await using door = await running(made.project.dir);
    for (let i = 0; i < 5; i++) await door.statusOf('/sick');
    const { code, out } = await door.breaker('ls');
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^SITE +STATE +FAILED +SLOW +CALLS +RETRY +WORKERS +OF$/);
    expect(lineOf(out, 'GET /carts/{id}')).toMatch(/\} +closed +0 +– +0 +– +1 +the backend of \/carts\/\{id\}$/);
    expect(lineOf(out, 'GET /sick')).toMatch(/sick +open +5 +– +5 +in \d+ s +1 /);

    expect(await door.breaker('open', ...CART)).toMatchObject({ code: 0, out: 'held open: GET /carts/{id}' });
    expect(await door.statusOf('/carts/7')).toBe(503);
    expect(lineOf((await door.breaker('ls')).out, 'GET /carts/{id}')).toContain('held open by the operator');
    expect(await door.breaker('close', ...CART)).toMatchObject({ code: 0, out: 'closed: GET /carts/{id}' });
    expect(await door.statusOf('/carts/7')).toBe(200);

    const closed = await door.breaker('close', 'GET /sick', '--json');
    expect([closed.code, JSON.parse(closed.out)]).toEqual([0, { close: 'GET /sick', workers: 1 }]);
    const listed = JSON.parse((await door.breaker('ls', '--json')).out);
    expect(listed.workers[0].breakers).toContainEqual({
      site: 'GET /sick',
      usedBy: ['GET /sick'],
      services: ['the backend of /sick'],
      state: 'closed',
      held: false,
      failed: 0,
      total: 0,
    });
  });

  it('reaches every worker, and a forced-open circuit survives reloads and crashes', async () => {
    await using made = await shop();
    await using door = await running(made.project.dir, '--workers', '2');
    expect(lineOf((await door.breaker('ls')).out, 'GET /carts')).toMatch(/closed .* 2 +the backend/);
    await door.breaker('open', ...CART);
    expect(await door.statusesOf('/carts/7', 8)).toEqual([503]);
    expect(lineOf((await door.breaker('ls')).out, 'GET /carts')).toMatch(/held open by the operator .* 2 +the/);

    door.portico.child.kill('SIGHUP');
    await door.portico.event('reloaded');
    expect(await door.statusesOf('/carts/7', 8)).toEqual([503]);

    const [victim = 0] = await door.pids();
    process.kill(victim, 'SIGKILL');
    await door.portico.event('worker-replaced');
    expect(await door.statusesOf('/carts/7', 8)).toEqual([503]);

    await door.breaker('close', ...CART);
    expect(await door.statusesOf('/carts/7', 8)).toEqual([200]);
    door.portico.child.kill('SIGHUP');
    await door.portico.event('reloaded');
    expect(await door.statusesOf('/carts/7', 8)).toEqual([200]);
  });

  it('lists and closes a forced-open circuit whose site was removed', async () => {
    await using made = await shop();
    await using door = await running(made.project.dir, '--workers', '1');
    await door.breaker('open', ...CART);
    const { rm } = await import('node:fs/promises');
    await rm(`${made.project.dir}/routes/carts`, { recursive: true });
    door.portico.child.kill('SIGHUP');
    await door.portico.event('reloaded');
    expect(lineOf((await door.breaker('ls')).out, 'GET /carts')).toContain('no site of that name now');
    expect((await door.breaker('close', ...CART)).code).toBe(0);
    expect(lineOf((await door.breaker('ls')).out, 'GET /carts')).toBeUndefined();
  });

  it('suggests known sites, the most similar first, for an unknown name', async () => {
    await using made = await shop();
    await using door = await running(made.project.dir);
    const { code, err } = await door.breaker('open', 'GET', '/cart/{id}');
    expect(code).toBe(1);
    expect(err).toMatch(/^portico: nothing was changed; .* 404 There is no circuit "GET \/cart\/\{id\}"; /);
    expect(err).toMatch(/; known: GET \/carts\/\{id\}, GET \/sick\n$/);
  });

  it('reports a missing gateway', async () => {
    const { port } = new URL(await deadAddress());
    const { code, err } = await runPortico(['breaker', 'ls', '--admin-port', port]);
    expect(code).toBe(1);
    expect(err).toContain(`no gateway responds at the admin port ${port}`);
  });

  it.each([[], ['lst'], ['ls', 'GET'], ['open'], ['close']])('requires its arguments: %s', async (...args) => {
    const { code, err } = await runPortico(['breaker', ...args]);
    expect(code).toBe(2);
    expect(err).toContain('portico breaker takes ls, or open or close and a site of the list');
  });
});
