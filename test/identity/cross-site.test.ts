import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { SignInBrowser } from '../support/sign-in-browser.ts';
import { type SignInProject, signInProject } from '../support/sign-in-project.ts';

describe('with a session', () => {
  let shop: SignInProject;
  let backend: TestBackend;
  let browser: SignInBrowser;
  beforeAll(async () => {
    backend = await startBackend((_req, res) => {
      res.setHeader('Set-Cookie', ['portico=forged; Path=/', 'theme=dark']);
      res.end('done');
    });
    shop = await signInProject({
      auth: `jwt: { audience: 'api', issuer: ISSUER },`,
      files: {
        'routes/write.post.ts': route(`{ auth: 'required', proxy: '${backend.url}' }`),
        'routes/api/_defaults.ts': `import { defineDefaults } from 'portico';
          export default defineDefaults({
            auth: 'required',
            cors: { origins: ['https://app.example'], credentials: true },
            rateLimit: { user: '1/1h' },
          });\n`,
        'routes/api/data.get.ts': route(`{ handler: () => 'data' }`),
        'routes/api/data.post.ts': route(`{ rateLimit: false, handler: () => 'saved' }`),
        'routes/page-of-backend.get.ts': route(`{ proxy: '${backend.url}' }`),
      },
    });
    browser = new SignInBrowser();
    await browser.signIn(`${shop.url}/page`, 'ada');
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });

  const write = async (headers: Record<string, string>, path = '/write') =>
    (await browser.visit(`${shop.url}${path}`, { method: 'POST', headers })).status;

  it.each<[string, Record<string, string>, number]>([
    ['its own page', { 'Sec-Fetch-Site': 'same-origin' }, 200],
    ['an address that the user typed', { 'Sec-Fetch-Site': 'none' }, 200],
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a sibling', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['a page that hides its origin', { Origin: 'null' }, 403],
    ['another origin', { Origin: 'https://evil.example' }, 403],
    ['nobody knows', {}, 403],
  ])('a write of %s', async (_, headers, status) => {
    const before = backend.requests.length;
    expect(await write(headers)).toBe(status);
    expect(backend.requests.length - before).toBe(status === 200 ? 1 : 0);
  });

  it('a write with a token, which no page sends by itself, also beside the cookie', async () => {
    const token = await shop.provider.signed({ sub: 'ada', aud: 'api' });
    const headers = { Authorization: `Bearer ${token}`, 'Sec-Fetch-Site': 'cross-site' };
    expect(await write(headers)).toBe(200);
    expect(await write({ ...headers, Authorization: 'Basic eDp5' })).toBe(403);
    expect(await write({ ...headers, Authorization: `Bearer ${token}x` })).toBe(401);
  });

  it('a write of a page that CORS allows with credentials', async () => {
    expect(await write({ Origin: 'https://app.example', 'Sec-Fetch-Site': 'cross-site' }, '/api/data')).toBe(200);
    expect(await write({ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }, '/api/data')).toBe(403);
  });

  it('nobody signs a user out from another site', async () => {
    const left = await browser.visit(`${shop.url}/auth/logout`, {
      method: 'POST',
      headers: { 'Sec-Fetch-Site': 'cross-site' },
      follow: false,
    });
    expect(left.status).toBe(403);
    expect((await browser.visit(`${shop.url}/page`)).status).toBe(200);
  });

  it('nobody removes the cookie from another site, whose request carries none', async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
    const left = await new SignInBrowser().visit(`${shop.url}/auth/logout`, { method: 'POST', headers, follow: false });
    expect([left.status, left.headers.getSetCookie()]).toEqual([403, []]);
  });

  it('a page of another origin can read its 401 and its 429', async () => {
    const headers = { Origin: 'https://app.example' };
    const nobody = await new SignInBrowser().visit(`${shop.url}/api/data`, { headers });
    const first = await browser.visit(`${shop.url}/api/data`, { headers });
    const second = await browser.visit(`${shop.url}/api/data`, { headers });
    expect([nobody, first, second].map(({ status }) => status)).toEqual([401, 200, 429]);
    for (const view of [nobody, first, second])
      expect(view.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it('no backend replaces the session', async () => {
    const page = await browser.visit(`${shop.url}/page-of-backend`);
    expect(page.headers.getSetCookie()).toEqual(['theme=dark']);
    const written = await browser.visit(`${shop.url}/write`, { method: 'POST', headers: { 'Sec-Fetch-Site': 'none' } });
    expect(written.headers.getSetCookie()).toEqual(['theme=dark']);
    expect((await browser.visit(`${shop.url}/page`)).status).toBe(200);
  });

  it('no backend sees the cookie', async () => {
    for (const { headers } of backend.requests) expect(headers.cookie ?? '').not.toContain('portico');
  });
});
