import { describe, expect, it, onTestFinished } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

/** A gateway with workers as a process of its own. */
async function running() {
  const backend = await startBackend((req, res) => {
    if (req.url === '/sick') res.writeHead(500).end();
    else res.end('ok');
  });
  const project = await createProject({
    'routes/sick.get.ts': route(`{\n  proxy: '${backend.url}',\n  fallback: () => 'nothing',\n}`),
    'routes/well.get.ts': route(`{ proxy: '${backend.url}', cache: { ttl: '1m' } }`),
    'routes/gone.get.ts': route(`{ proxy: 'http://127.0.0.1:9', retry: false }`),
  });
  const portico = startPortico('start', ['--dir', project.dir, '--port', '0', '--workers', '2']);
  const { url, adminUrl } = await portico.ready();
  onTestFinished(async () => {
    await portico[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });
  const env = { PORTICO_ADMIN_PORT: new URL(adminUrl).port };
  return { url, adminUrl, why: (...rest: string[]) => runPortico(['why', ...rest], { env }) };
}

describe('portico why', () => {
  it('says of a failed request what failed, in the words of its problem+json', async () => {
    const shop = await running();
    const { requestId } = (await (await fetch(`${shop.url}/gone`)).json()) as { requestId: string };
    const { code, out } = await shop.why(requestId);
    expect(code).toBe(0);
    const rows = Object.fromEntries(out.split('\n').map(line => [line.slice(1, 10).trim(), line.slice(11)]));
    expect(rows.request).toMatch(new RegExp(`^GET /gone → 502, .*, ${requestId}$`));
    expect(rows.route).toBe('/gone     routes/gone.get.ts');
    expect(rows.why).toMatch(
      /^upstream\.unreachable: .*; attempt 1 at http:\/\/127\.0\.0\.1:9: unreachable after [\d.]+ ms$/,
    );
    expect(rows.attempts).toContain('http://127.0.0.1:9');
    const { requests } = JSON.parse((await shop.why(requestId, '--json')).out);
    expect(requests).toMatchObject([{ requestId, status: 502 }]);
    expect(requests[0].findings[0]).toMatchObject({ kind: 'failure' });
  });

  it('lists the latest requests of all workers, and those that missed or failed', async () => {
    const shop = await running();
    for (const path of ['/well', '/well', '/sick', '/none']) {
      // On connections of their own, so that both workers get some.
      await (await fetch(shop.url + path, { headers: { Connection: 'close' } })).text();
    }
    const requestsIn = (text: string) =>
      text
        .split('\n')
        .slice(1)
        .filter(line => line !== '');
    expect(requestsIn((await shop.why()).out)).toHaveLength(4);
    const failed = requestsIn((await shop.why('--failed')).out);
    expect(failed.map(line => /GET \/\w+ +(.*)/.exec(line)?.[1])).toEqual([
      expect.stringContaining('There is nothing at this address'),
      'a fallback stands in for upstream.status',
    ]);
    const missed = JSON.parse((await shop.why('--miss', '--json')).out).requests;
    expect(missed.at(-1).findings).toContainEqual(expect.objectContaining({ kind: 'miss' }));
    expect(missed.every(({ path }: { path: string }) => path === '/well')).toBe(true);
    expect((await shop.why('--slow')).out).toContain('none of the latest requests took longer than usual');
  });

  it('says so for an id that nobody knows, and for words that fit nothing', async () => {
    const shop = await running();
    expect(await shop.why('unknown')).toMatchObject({
      code: 1,
      err: expect.stringContaining('No request unknown is among the latest'),
    });
    expect(await shop.why('a', 'b')).toMatchObject({ code: 2, err: expect.stringContaining('the id of one request') });
    const response = await fetch(`${shop.adminUrl}/requests?fast`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: '/fast' }] });
  });
});
