import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { SignInBrowser } from '../support/sign-in-browser.ts';
import { type SignInProject, signInProject } from '../support/sign-in-project.ts';

describe('the routes of the sign-in, beside a folder of their host that passes everything to a backend', () => {
  let backend: TestBackend;
  let shop: SignInProject;
  beforeAll(async () => {
    backend = await startBackend((_req, res) => res.end('of the backend'));
    shop = await signInProject({
      files: {
        'routes/_defaults.ts': `import { defineDefaults } from 'portico';
          export default defineDefaults({ host: 'localhost', cors: { origins: ['https://app.example'] } });\n`,
        'routes/[...rest].get.ts': route(`{ proxy: '${backend.url}' }`),
        'routes/[...rest].post.ts': route(`{ proxy: '${backend.url}' }`),
      },
    });
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });

  it('reach the gateway, so that no backend gets a code', async () => {
    const browser = new SignInBrowser();
    const page = await browser.signIn(`${shop.url}/page`, 'ada');
    expect(JSON.parse(page.text)).toMatchObject({ subject: 'ada' });
    const forged = await browser.visit(`${shop.url}/auth/callback?code=x&state=y`, { follow: false });
    expect(forged.text).not.toContain('of the backend');
    const left = await browser.visit(`${shop.url}/auth/logout`, {
      method: 'POST',
      headers: { 'Sec-Fetch-Site': 'same-origin' },
      follow: false,
    });
    expect(left.status).toBe(303);
    expect(new URL(left.headers.get('location') ?? '').origin).toBe(new URL(shop.provider.issuer).origin);
    expect(backend.requests).toEqual([]);
  });

  it('refuse other methods, and give no other origin a preflight', async () => {
    const browser = new SignInBrowser();
    const post = await browser.visit(`${shop.url}/auth/callback`, { method: 'POST', body: 'code=x' });
    const get = await browser.visit(`${shop.url}/auth/logout`);
    expect([post, get].map(({ status, headers }) => [status, headers.get('allow')])).toEqual([
      [405, 'GET, HEAD, OPTIONS'],
      [405, 'POST, OPTIONS'],
    ]);
    const preflight = await browser.visit(`${shop.url}/auth/me`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, null]);
    expect(backend.requests).toEqual([]);
  });

  it('are what is explained', () => {
    const { outcome } = shop.gateway.gateway.explain({ method: 'GET', path: '/auth/callback?code=x' });
    expect(outcome).toMatchObject({ kind: 'route', route: { path: '/auth/callback', file: 'portico.config.ts' } });
  });

  it('do not make an unknown host a known one', async () => {
    const view = await new SignInBrowser().visit(`${shop.url}/page`, { headers: { Host: 'evil.example' } });
    expect(view.status).toBe(421);
  });

  it('leave all other addresses to the folder', async () => {
    const before = backend.requests.length;
    const browser = new SignInBrowser();
    for (const path of ['/auth', '/auth/other', '/auth/login/more'])
      expect((await browser.visit(`${shop.url}${path}`)).text).toBe('of the backend');
    expect(backend.requests.slice(before).map(({ url }) => url)).toEqual(['/auth', '/auth/other', '/auth/login/more']);
  });
});
