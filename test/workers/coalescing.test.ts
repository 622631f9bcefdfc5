import type { ServerResponse } from 'node:http';
import { Agent } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { ask } from './loop.ts';

const WORKERS = 4;
/** A backend whose calls of `/page` wait for the test, and a gateway of four workers whose guard reports each request. */
async function pages() {
  const waiting: { readonly res: ServerResponse; readonly pid: string }[] = [];
  /** The worker of each request. */
  const seen: string[] = [];
  const backend = await startBackend((req, res) => {
    if (req.url?.startsWith('/seen')) {
      seen.push(req.url.slice('/seen/'.length));
      res.end();
    } else waiting.push({ res, pid: String(req.headers['x-worker'] ?? '') });
  });
  const guard = `guard: async () => { await fetch('${backend.url}/seen/' + process.pid); }`;
  const project = await createProject({
    'services.ts': `import { defineService } from 'portico';
export const backend = defineService('backend', { targets: ['${backend.url}'], headers: { 'x-worker': String(process.pid) } });\n`,
    'routes/page.get.ts': `import { backend } from '#services';\n${route(`'/page', { proxy: backend, cache: { ttl: '10m' }, ${guard} }`)}`,
    'routes/short.get.ts': `import { backend } from '#services';\n${route(`'/short', { proxy: backend, cache: { ttl: '10m' }, timeout: '4s', ${guard} }`)}`,
    'routes/pid.get.ts': route("'/pid', { handler: () => String(process.pid) }"),
  });
  const portico = startPortico('start', ['--workers', `${WORKERS}`, '--dir', project.dir]);
  const { url, adminUrl } = await portico.ready();
  return {
    portico,
    url,
    adminUrl,
    waiting,
    seen,
    /** The number of workers that have got requests: a busy computer may leave one without. */
    workers: () => new Set(seen).size,
    /** Each on a connection of its own, so that all workers get some. */
    read: (count: number, path = '/page') =>
      Array.from({ length: count }, async () => {
        const response = await fetch(`${url}${path}`, { headers: { connection: 'close' } });
        return `${response.status} ${await response.text()}`;
      }),
    /** Resolves when so many requests have reached the caches of the workers. */
    async reached(count: number): Promise<void> {
      await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(count);
      // Each worker has handled what it had heard before.
      for (let i = 0; i < 3; i++) await (await fetch(`${adminUrl}/metrics`)).text();
    },
    calls: (count: number) => expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(count),
    purge: () => runPortico(['purge', '--all', '--admin-port', new URL(adminUrl).port]),
    async [Symbol.asyncDispose]() {
      for (const resource of [portico, project, backend]) await resource[Symbol.asyncDispose]();
    },
  };
}

// A worker does not wait for a primary that needs longer than 500 ms for a claim, as on a busy computer it may. Then it
// fetches for itself, as it should, and each of these tests is done once more with another gateway.
describe('equal requests at several workers', { retry: 3 }, () => {
  it('are one call, and every worker has its response', async () => {
    await using gateway = await pages();
    const { read, reached, waiting, purge, workers } = gateway;
    const responses = read(100);
    await reached(100);
    expect(waiting).toHaveLength(1);
    waiting[0]?.res.end('page');
    expect(new Set(await Promise.all(responses))).toEqual(new Set(['200 page']));
    expect(waiting).toHaveLength(1);
    expect((await purge()).out).toContain(`(${workers()} stored responses in memory of ${WORKERS} processes)`);
  });

  it('are one call if the response depends on a request header', async () => {
    await using gateway = await pages();
    const { read, reached, waiting } = gateway;
    const responses = read(24);
    await reached(24);
    waiting[0]?.res.setHeader('Vary', 'Accept-Language').end('page');
    expect(new Set(await Promise.all(responses))).toEqual(new Set(['200 page']));
    expect(new Set(await Promise.all(read(12)))).toEqual(new Set(['200 page']));
    expect(waiting).toHaveLength(1);
  });

  it('are called for by another worker when the one that fetches is killed', async () => {
    await using gateway = await pages();
    const { read, reached, waiting, calls, seen, workers } = gateway;
    const responses = read(40).map(response => response.catch(() => 'broken'));
    await reached(40);
    const victim = waiting[0]?.pid ?? '';
    process.kill(Number(victim), 'SIGKILL');
    // The others do not wait for each other.
    await calls(workers());
    for (const { res } of waiting.slice(1)) res.end('page');
    const outcomes = Map.groupBy(await Promise.all(responses), outcome => outcome);
    expect([...outcomes.keys()].toSorted()).toEqual(['200 page', 'broken']);
    // Only the requests of the killed worker.
    expect(outcomes.get('broken')?.length).toBe(seen.filter(pid => pid === victim).length);
  });

  it('are called for within the time limit of their route if the first call hangs', async () => {
    await using gateway = await pages();
    const { read, reached, waiting, calls, workers } = gateway;
    const ended: string[] = [];
    const responses = read(16, '/short').map(response => response.then(text => ended.push(text.slice(0, 3))));
    await reached(16);
    expect(waiting).toHaveLength(1);
    // Half of the time is for their own calls, so these come before the first one has failed.
    await calls(workers());
    expect(ended).toEqual([]);
    for (const { res } of waiting.slice(1)) res.end('page');
    await Promise.all(responses);
    expect(new Set(ended)).toEqual(new Set(['200', '504']));
    expect(ended.filter(status => status === '200').length).toBeGreaterThan(0);
  });

  it('are each a call of its own, all at once, if the response is for one client', async () => {
    await using gateway = await pages();
    const { read, reached, waiting, calls } = gateway;
    const responses = read(40);
    await reached(40);
    expect(waiting).toHaveLength(1);
    waiting[0]?.res.setHeader('Cache-Control', 'private').end('own');
    await calls(40);
    for (const { res } of waiting.slice(1)) res.setHeader('Cache-Control', 'private').end('own');
    expect(new Set(await Promise.all(responses))).toEqual(new Set(['200 own']));
  });

  it('are one call of each worker if the body is too large to be handed over', async () => {
    await using gateway = await pages();
    const { read, reached, waiting, calls, workers } = gateway;
    const responses = read(40);
    await reached(40);
    const large = 'x'.repeat(2 * 1024 ** 2);
    // The others begin at its headers.
    waiting[0]?.res.writeHead(200, { 'Content-Length': large.length }).write('x');
    await calls(workers());
    waiting[0]?.res.end(large.slice(1));
    for (const { res } of waiting.slice(1)) res.end(large);
    expect(new Set(await Promise.all(responses))).toEqual(new Set([`200 ${large}`]));
  });

  it('get nothing from before a purge if they come after it', async () => {
    await using gateway = await pages();
    const { read, reached, waiting, calls, purge } = gateway;
    const before = read(8);
    await reached(8);
    await purge();
    const after = read(8);
    await reached(16);
    await calls(2);
    waiting[0]?.res.end('old');
    waiting[1]?.res.end('new');
    expect(new Set(await Promise.all(after))).toEqual(new Set(['200 new']));
    // Those that came before the purge may have either.
    for (const response of await Promise.all(before)) expect(response).toMatch(/^200 (?:old|new)$/);
    expect(new Set(await Promise.all(read(12)))).toEqual(new Set(['200 new']));
  });

  it('do not wait for a primary that hangs', async () => {
    await using gateway = await pages();
    const { url, portico, waiting, calls } = gateway;
    const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    const pids = new Set(await Promise.all(agents.map(async agent => (await ask(`${url}/pid`, agent)).body)));
    expect(pids.size).toBe(WORKERS);
    portico.child.kill('SIGSTOP');
    try {
      const responses = agents.map(agent => ask(`${url}/page`, agent));
      await calls(WORKERS);
      for (const { res } of waiting) res.end('page');
      expect((await Promise.all(responses)).map(({ status }) => status)).toEqual(agents.map(() => 200));
    } finally {
      portico.child.kill('SIGCONT');
      for (const agent of agents) agent.destroy();
    }
  });
});
