import { describe, expect, it } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

describe('a write in one of several workers', () => {
  it('makes what the others have stored stale, too', async () => {
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
  it('has made every worker fresh when it ends', async () => {
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
      expect([code, out]).toEqual([0, 'purged: tag cart']);
      expect(await readAll()).toEqual(new Set([`v${version}`]));
    }
  });

  it('tells every worker whether what it names is gone or only stale', async () => {
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
      const answer = await fetch(`${url}/heard`, { headers: { connection: 'close' } });
      return JSON.parse(await answer.text());
    };
    const answers = await Promise.all(Array.from({ length: 12 }, read));
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(3);
    for (const { heard } of answers) expect(heard).toEqual([{ kind: 'soft', targets: ['cart'] }]);
  });
});
