import { describe, expect, it } from 'vitest';
import { deadAddress } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, get, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

const hooked = (url: string, hooks: string) =>
  gateway({
    'routes/[[...path]].ts': route(
      `{ proxy: defineService('hooked', { targets: ['${url}'],
        transport: { name: 'http-proxy-middleware', ${hooks} } }) }`,
    ),
  });

describe('a team’s hooks for http-proxy-middleware', () => {
  it('extend the backend request, but cannot restore removed fields', async () => {
    const { url, requests } = await backend((_req, res) => res.end('ok'));
    const { port } = await hooked(
      url,
      `on: { proxyReq: (out, req) => { out.setHeader('x-added', 'yes');
        out.setHeader('x-saw', String(req.headers['x-user-id'])); } }`,
    );
    await exchangeRaw(port, get('/', 'X-User-Id: admin'));
    expect(requests[0]?.headers).toMatchObject({ 'x-added': 'yes', 'x-saw': 'undefined' });
  });

  it('leave no counter behind when a plugin throws', async () => {
    const { url } = await backend((_req, res) => res.end('ok'));
    const { port } = await gateway({
      'routes/[[...path]].ts': route(
        `{ proxy: defineService('hooked', { targets: [{ url: '${url}', max: 1 }],
          transport: { name: 'http-proxy-middleware', plugins: [() => { throw new Error('broken plugin'); }] } }) }`,
      ),
    });
    for (let i = 0; i < 3; i++) expect(parsed(await exchangeRaw(port, get('/'))).head).toMatch(/^HTTP\/1.1 500/);
  });

  it('change the response headers with `proxyRes.headers` and `res`, but cannot restore private fields', async () => {
    const { url } = await backend((_req, res) => {
      res.writeHead(200, {
        'X-Removed': '1',
        'X-Changed': 'before',
        'X-Kept': 'yes',
        'Set-Cookie': ['a=1', 'b=2'],
        Server: 'x',
      });
      res.end('body');
    });
    const { port } = await hooked(
      url,
      `on: { proxyRes: (answer, _req, res) => {
        delete answer.headers['x-removed'];
        answer.headers['x-changed'] = 'after';
        res.setHeader('x-set', 'here');
      } }`,
    );
    const { head, body } = parsed(await exchangeRaw(port, get('/')));
    const lines = head.toLowerCase().split('\r\n');
    expect(lines).toEqual(
      expect.arrayContaining(['x-changed: after', 'x-kept: yes', 'x-set: here', 'set-cookie: a=1', 'set-cookie: b=2']),
    );
    expect(head).not.toMatch(/x-removed|before|server:/i);
    expect(body).toContain('body');
  });

  it('may respond in place of a dead or a live backend', async () => {
    const dead = await hooked(
      await deadAddress(),
      `on: { error: (_error, _req, res) => {
        res.writeHead(503, { 'Content-Type': 'text/plain', 'Retry-After': '7' });
        res.end('later'); } }`,
    );
    const sorry = parsed(await exchangeRaw(dead.port, get('/')));
    expect([sorry.status, sorry.body]).toEqual([503, 'later']);
    expect(sorry.head).toMatch(/^retry-after: 7$/im);
    const { url } = await backend((_req, res) => res.end('theirs'));
    const own = await hooked(
      url,
      `on: { proxyRes: (_answer, _req, res) => { res.statusCode = 202; res.end('ours'); } }`,
    );
    expect(parsed(await exchangeRaw(own.port, get('/')))).toMatchObject({ status: 202, body: 'ours' });
  });

  it('that only observe an error leave the response to the gateway', async () => {
    const { port } = await hooked(await deadAddress(), `on: { error: () => {} }`);
    expect(parsed(await exchangeRaw(port, get('/'))).status).toBe(502);
  });

  it('that throw are 500 with a request id, and the next request is served', async () => {
    const { url } = await backend((_req, res) => res.end('ok'));
    for (const event of ['proxyReq', 'proxyRes']) {
      const { port } = await hooked(
        url,
        `on: { ${event}: (_a, req) => {
          if (req.url === '/bad' || _a.req?.path === '/bad') throw new Error('a bug'); } }`,
      );
      const { status, body } = parsed(await exchangeRaw(port, get('/bad')));
      expect([status, JSON.parse(body).code]).toEqual([500, 'gateway.error']);
      expect(body).not.toContain('a bug');
      expect(parsed(await exchangeRaw(port, get('/good'))).status).toBe(200);
    }
  });

  it('run after the plugins', async () => {
    const { url, requests } = await backend((_req, res) => res.end('ok'));
    const { port } = await hooked(
      url,
      `plugins: [proxy => { proxy.on('proxyReq', out => out.setHeader('x-order', 'plugin')); }],
       on: { proxyReq: out => out.setHeader('x-order', String(out.getHeader('x-order')) + ' hook') }`,
    );
    await exchangeRaw(port, get('/'));
    expect(requests[0]?.headers['x-order']).toBe('plugin hook');
  });
});
