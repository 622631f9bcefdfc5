import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { route, startGateway, type TestGateway } from '../support/gateway.ts';

const HUGE = 200_000_000;
const CHUNK = Buffer.alloc(64 * 1024, '[');
/** What the limits allow (8 MB of a part, 1 MB of a request), and what the sockets on the way hold. */
const LITTLE = 24_000_000;

describe('200 MB', () => {
  let sentBytes = 0;
  let backend: TestBackend;
  let gateway: TestGateway;

  beforeAll(async () => {
    backend = await startBackend(async (req, res) => {
      if (req.url === '/announced') res.setHeader('Content-Length', HUGE);
      res.setHeader('Content-Type', 'application/json');
      for (sentBytes = 0; sentBytes < HUGE && !res.destroyed; sentBytes += CHUNK.length) {
        if (!res.write(CHUNK)) await Promise.race([once(res, 'drain'), once(res, 'close')]);
      }
      res.end();
    });
    const part = (path: string) =>
      route(`{
      aggregate: { huge: { from: defineService('huge', { targets: ['${backend.url}'] })\`${path}\`, response: {} } },
      reply: ({ huge }) => huge }`);
    gateway = await startGateway({
      'routes/announced.get.ts': part('/announced'),
      'routes/chunked.get.ts': part('/chunked').replace("'huge'", "'other'"),
      'routes/upload.post.ts': route(`{ body: {}, handler: () => 'read' }`),
      'routes/alive.get.ts': route(`{ handler: () => 'alive' }`),
    });
  });

  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await backend?.[Symbol.asyncDispose]();
  });

  it.each(['/announced', '/chunked'])('of a part are not read: %s', async path => {
    const response = await fetch(gateway.url + path);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'upstream.too_large' });
    expect(sentBytes).toBeLessThan(LITTLE);
    expect(await (await fetch(`${gateway.url}/alive`)).text()).toBe('alive');
  });

  it.each([{ 'Content-Length': HUGE }, {}])('of a request are not read: %j', async length => {
    const headers = { 'Content-Type': 'application/json', ...length };
    const upload = request(`${gateway.url}/upload`, { method: 'POST', headers });
    let sent = 0;
    const answered = once(upload, 'response');
    let isOver = false;
    const over = answered.then(() => {
      isOver = true;
    });
    upload.on('error', () => undefined);
    while (sent < HUGE && !isOver) {
      if (!upload.write(CHUNK)) await Promise.race([once(upload, 'drain'), over]);
      else await new Promise(setImmediate);
      sent += CHUNK.length;
    }
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    expect(sent).toBeLessThan(LITTLE);
    upload.destroy();
    expect(await (await fetch(`${gateway.url}/alive`)).text()).toBe('alive');
  });
});

describe('100,000 arrays within each other, from a backend', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

  it.each([
    ['pass if the schema allows them', '{}', 200, deep],
    ['are a failed part otherwise', `{ type: 'object' }`, 502, expect.stringContaining('"code":"upstream.invalid"')],
  ])('%s', async (_what, schema, status, text) => {
    await using backend = await startBackend((_req, res) =>
      res.setHeader('Content-Type', 'application/json').end(deep),
    );
    await using gateway = await startGateway({
      'routes/deep.get.ts': route(`{
        aggregate: { deep: { from: defineService('deep', { targets: ['${backend.url}'] })\`/\`, response: ${schema} } },
        reply: ({ deep }) => deep }`),
    });
    const response = await fetch(`${gateway.url}/deep`);
    expect([response.status, await response.text()]).toEqual([status, text]);
  });
});
