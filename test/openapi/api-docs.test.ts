import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { API_DOCS_FILES } from '../../src/config/api-docs.ts';
import { codesOf } from '../config-loader/fixture.ts';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';

const { gateway } = testResources();

const configured = (apiDocs: string): string => `import { defineGateway, refuse } from 'portico';
  export default defineGateway({ apiDocs: ${apiDocs} });\n`;

const HELLO = route(`{ handler: () => 'hello' }`);

const STAFF = `{ guard: c => {
  const role = c.headers['x-role'];
  if (role === undefined) return refuse(401, 'sign in');
  return role === 'staff' ? { subject: 'staff' } : refuse(403, 'staff only');
} }`;

describe('the page of the API on the gateway’s own port', () => {
  it('is served with its files and the document below its path, for every host', async () => {
    const { url, gateway: made } = await gateway({
      'portico.config.ts': configured(`{ path: '/intern/api', guard: false }`),
      'routes/_defaults.ts': `import { defineDefaults, refuse } from 'portico';
        export default defineDefaults({ host: 'shop.test', guard: () => refuse(401, 'sign in') });\n`,
      'routes/hello.get.ts': HELLO,
    });
    const page = await fetch(`${url}/intern/api`);
    const html = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect([...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address)).toEqual([
      'data:,',
      './api/base.css',
      './api/page.css',
      './api/page.js',
    ]);
    for (const name of API_DOCS_FILES) {
      const file = await fetch(`${url}/intern/api/${name}`);
      expect([name, file.status, file.headers.get('cache-control')]).toEqual([name, 200, 'no-store']);
      expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    }
    const { paths } = Object(await (await fetch(`${url}/intern/api/openapi.json`)).json());
    expect(Object.keys(paths)).toEqual(['/hello']);
    expect(made.routes.map(({ route: { label } }) => label)).toEqual(['/hello']);
    expect(JSON.stringify(await made.metrics())).toContain('/intern/api/openapi.json');
  });

  it('runs no script but its own, and lets no text become markup', async () => {
    const { url } = await gateway({
      'portico.config.ts': configured('{ guard: false }'),
      'routes/hello.get.ts': HELLO,
    });
    const page = await fetch(`${url}/api-docs`);
    const policy = page.headers.get('content-security-policy')?.split('; ') ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy.join()).not.toContain('unsafe');
    expect(await page.text()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/);
  });

  it('is behind its guard, as the document and each file are', async () => {
    const { url } = await gateway({ 'portico.config.ts': configured(STAFF), 'routes/hello.get.ts': HELLO });
    for (const path of ['', ...API_DOCS_FILES.map(name => `/${name}`)]) {
      const refused = await fetch(`${url}/api-docs${path}`);
      expect([path, refused.status, refused.headers.get('content-type')]).toEqual([
        path,
        401,
        'application/problem+json',
      ]);
      expect((await fetch(`${url}/api-docs${path}`, { headers: { 'X-Role': 'guest' } })).status).toBe(403);
      expect((await fetch(`${url}/api-docs${path}`, { headers: { 'X-Role': 'staff' } })).status).toBe(200);
    }
  });

  it('is read only, has no other files, and explains itself', async () => {
    const { url, gateway: made } = await gateway({
      'portico.config.ts': configured('{ guard: false }'),
      'routes/hello.get.ts': HELLO,
    });
    expect((await fetch(`${url}/api-docs`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${url}/api-docs`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${url}/api-docs/`)).status).toBe(404);
    expect((await fetch(`${url}/api-docs/index.html`)).status).toBe(404);
    expect(made.explain({ method: 'GET', path: '/api-docs' }).outcome).toMatchObject({
      kind: 'route',
      route: { file: 'portico.config.ts' },
    });
  });

  it('leaves the other addresses below its own to routes', async () => {
    const { url } = await gateway({
      'portico.config.ts': configured('{ guard: false }'),
      'routes/api-docs/[name].get.ts': HELLO,
    });
    expect(await (await fetch(`${url}/api-docs/others`)).text()).toBe('hello');
    expect(await (await fetch(`${url}/api-docs/page.js`)).text()).toContain("from './lit-html.js'");
  });

  it('is nowhere unless it is configured', async () => {
    const { url } = await gateway({ 'routes/hello.get.ts': HELLO });
    expect((await fetch(`${url}/api-docs`)).status).toBe(404);
  });

  it('is one file of each name that is listed', async () => {
    const files = await readdir(new URL('../../pages/api-docs', import.meta.url));
    const others: readonly string[] = ['base.css', 'lit-html.js', 'openapi.json'];
    expect(files.sort()).toEqual(['index.html', ...API_DOCS_FILES.filter(name => !others.includes(name))].sort());
  });
});

describe('apiDocs', () => {
  const codes = (apiDocs: string, files: Readonly<Record<string, string>> = {}) =>
    codesOf({ 'portico.config.ts': configured(apiDocs), 'routes/hello.get.ts': HELLO, ...files });

  it.each(['{}', `{ path: '/docs' }`, '{ guard: [] }', '{ guard: true }', 'true', `{ guard: false, path: 'docs' }`])(
    'needs a path and a decision on its guard: %s',
    async apiDocs => {
      expect(await codes(apiDocs)).toEqual(['P122']);
    },
  );

  it.each(['/', '/docs/', '/docs?x', '/[lang]/docs', '/a"b', '//docs'])('is at no such path: %s', async path => {
    expect(await codes(`{ guard: false, path: '${path}' }`)).toEqual(['P122']);
  });

  it('has its addresses alone', async () => {
    expect(await codes('{ guard: false }', { 'routes/api-docs/index.get.ts': HELLO })).toEqual(['P102']);
    expect(await codes('{ guard: false }', { 'routes/api-docs/page.js.get.ts': HELLO })).toEqual(['P102']);
    expect(await codes(`{ guard: false }, health: '/api-docs'`)).toEqual(['P102']);
  });
});
