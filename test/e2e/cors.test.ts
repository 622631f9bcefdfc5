import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { route, startGateway, type TestGateway } from '../support/gateway.ts';

describe.skipIf(noBrowser !== undefined)(
  `pages of other origins${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let gateway: TestGateway;
    let app: TestGateway;
    let stranger: TestGateway;
    let browser: Browser;

    beforeAll(async () => {
      browser = await openBrowser();
      const page = {
        'routes/index.get.ts': route(`{ handler: () => new Response('<!doctype html>',
        { headers: { 'content-type': 'text/html' } }) }`),
      };
      [app, stranger] = await Promise.all([startGateway(page), startGateway(page)]);
      gateway = await startGateway({
        'routes/api/_defaults.ts': `import { defineDefaults } from 'portico';
          export default defineDefaults({
            cors: { origins: ['http://localhost:${app.port}'], credentials: true, exposedHeaders: ['x-total'] } });`,
        'routes/api/visit.get.ts': route(`{ handler: c => new Response(c.cookies.visits ?? 'none', { headers: {
          'set-cookie': 'visits=' + (Number(c.cookies.visits ?? 0) + 1), 'x-total': '7' } }) }`),
        'routes/api/item.put.ts': route(`{ body: type(), handler: c => c.body }`),
        'routes/api/closed.get.ts': route(`{ guard: () => refuse(401, 'sign in'), handler: () => 1 }`),
      });
    }, 60_000);

    afterAll(async () => {
      await browser?.close();
      for (const each of [gateway, app, stranger]) await each?.[Symbol.asyncDispose]();
    });

    /** The same site with another port: cookies go along, and the origin is another one. */
    async function pageOf({ port }: TestGateway): Promise<Page> {
      const page = await browser.newPage();
      await page.goto(`http://localhost:${port}/`);
      return page;
    }

    const fetchIn = (page: Page, path: string, init: object = {}) =>
      page.evaluate(
        async ([url, options]) => {
          try {
            const response = await fetch(url, { credentials: 'include', ...options });
            return { status: response.status, total: response.headers.get('x-total'), text: await response.text() };
          } catch (error) {
            return String(error);
          }
        },
        [`http://localhost:${gateway.port}${path}`, init] as const,
      );

    it('of the listed origin read responses, headers and failures, and send cookies', async () => {
      const page = await pageOf(app);
      expect(await fetchIn(page, '/api/visit')).toEqual({ status: 200, total: '7', text: 'none' });
      expect(await fetchIn(page, '/api/visit')).toEqual({ status: 200, total: '7', text: '1' });
      expect(await fetchIn(page, '/api/closed')).toMatchObject({ status: 401 });
    });

    it('of the listed origin send JSON with a method and headers of their own, after a preflight', async () => {
      const headers = { 'content-type': 'application/json', 'x-mine': '1' };
      const put = { method: 'PUT', headers, body: JSON.stringify({ a: 1 }) };
      expect(await fetchIn(await pageOf(app), '/api/item', put)).toMatchObject({ status: 200, text: '{"a":1}' });
    });

    it('of another origin read nothing, and their preflights fail', async () => {
      const page = await pageOf(stranger);
      expect(await fetchIn(page, '/api/visit')).toBe('TypeError: Failed to fetch');
      expect(await fetchIn(page, '/api/item', { method: 'PUT', body: '{}' })).toBe('TypeError: Failed to fetch');
    });
  },
);
