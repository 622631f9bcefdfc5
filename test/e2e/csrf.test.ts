import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { route, startGateway, type TestGateway } from '../support/gateway.ts';

describe.skipIf(noBrowser !== undefined)(
  `requests of other pages${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let backend: TestBackend;
    let gateway: TestGateway;
    let stranger: TestGateway;
    let browser: Browser;
    let context: BrowserContext;

    beforeAll(async () => {
      browser = await openBrowser();
      backend = await startBackend((req, res) => {
        // A cookie without SameSite is Lax, and Chromium sends it with a form of any page while it is new.
        if (req.url === '/login')
          res.setHeader('Set-Cookie', [
            'lax=1; Path=/',
            'none=1; Path=/; SameSite=None; Secure',
            'strict=1; Path=/; SameSite=Strict',
          ]);
        res.setHeader('Content-Type', 'text/html');
        res.end(`<!doctype html><p>${req.headers.cookie ?? 'no cookie'}`);
      });
      stranger = await startGateway({
        'routes/index.get.ts': route(`{ handler: () => new Response('<!doctype html>',
        { headers: { 'content-type': 'text/html' } }) }`),
        'routes/sandboxed.get.ts': route(`{ handler: () => new Response('<!doctype html>', { headers: {
          'content-type': 'text/html', 'content-security-policy': 'sandbox allow-forms allow-scripts' } }) }`),
      });
      gateway = await startGateway({
        'portico.config.ts': `import { defineGateway } from 'portico';
          export default defineGateway({ csrf: { origins: ['http://admin.shop.localhost:${stranger.port}'] } });`,
        'routes/[...path].ts': route(`{ proxy: '${backend.url}' }`),
      });
    }, 60_000);

    afterAll(async () => {
      await browser?.close();
      for (const each of [gateway, stranger, backend]) await each?.[Symbol.asyncDispose]();
    });

    // Each test has a visitor who has just signed in.
    beforeEach(async () => {
      context = await browser.newContext();
      await (await context.newPage()).goto(`${shop()}/login`);
    });

    afterEach(() => context.close());

    const shop = () => `http://shop.localhost:${gateway.port}`;

    async function pageAt(origin: string): Promise<Page> {
      const page = await context.newPage();
      await page.goto(origin);
      return page;
    }

    const writes = () => backend.requests.filter(({ method }) => method !== 'GET');

    interface Submitted {
      readonly status: number;
      readonly reached: boolean;
      /** What the browser said. */
      readonly headers: Readonly<Record<string, string>>;
    }

    /** The response to a form of a page, and whether the backend got the request. @param head of the page. */
    async function submitIn(page: Page, head = ''): Promise<Submitted> {
      const before = writes().length;
      const target = `${shop()}/order`;
      await page.setContent(`${head}<form method="post" action="${target}"><button></button></form>`);
      const [response] = await Promise.all([page.waitForResponse(target), page.click('button')]);
      const headers = await response.request().allHeaders();
      return { status: response.status(), reached: writes().length > before, headers };
    }

    const fetchIn = async (page: Page, init: object = {}) => {
      const before = writes().length;
      const text = await page.evaluate(
        async ([url, options]) => {
          const response = await fetch(url, { method: 'POST', credentials: 'include', ...options });
          return response.type === 'opaque' ? 'opaque' : `${response.status} ${await response.text()}`;
        },
        [`${shop()}/order`, init] as const,
      );
      return { text, reached: writes().length > before };
    };

    it('are refused for a form of another site, and reach no backend', async () => {
      const page = await pageAt(`http://127.0.0.1:${stranger.port}`);
      const { headers, ...submitted } = await submitIn(page);
      expect(submitted).toEqual({ status: 403, reached: false });
      expect([headers.cookie, headers['sec-fetch-site']]).toEqual([expect.stringContaining('lax=1'), 'cross-site']);
      expect(headers.cookie).toContain('none=1');
      expect(await page.textContent('body')).toContain('request.cross_site');
    });

    it('reach the backend from a script of another site only where the browser sends no cookies', async () => {
      const page = await pageAt(`http://127.0.0.1:${stranger.port}`);
      const before = writes().length;
      expect((await fetchIn(page, { mode: 'no-cors' })).text).toBe('opaque');
      expect(await fetchIn(page, { mode: 'no-cors', credentials: 'omit' })).toEqual({ text: 'opaque', reached: true });
      for (const { headers } of writes().slice(before)) expect(headers).not.toHaveProperty('cookie');
    });

    it('are refused for a page without an origin', async () => {
      const { headers, ...submitted } = await submitIn(await pageAt(`http://127.0.0.1:${stranger.port}/sandboxed`));
      expect([headers.origin, headers.cookie]).toEqual(['null', expect.stringContaining('lax=1')]);
      expect(submitted).toEqual({ status: 403, reached: false });
    });

    it('are refused for a page of the same site and another origin, to which even Strict cookies are sent', async () => {
      for (const sibling of ['blog.shop.localhost', 'shop.localhost']) {
        const { headers, ...submitted } = await submitIn(await pageAt(`http://${sibling}:${stranger.port}`));
        expect(submitted).toEqual({ status: 403, reached: false });
        expect(headers.cookie).toContain('strict=1');
        expect(headers['sec-fetch-site']).toBe('same-site');
      }
    });

    it('pass for a page of the own origin, with its cookies', async () => {
      const page = await pageAt(shop());
      const { text, reached } = await fetchIn(page);
      expect([text.startsWith('200'), reached]).toEqual([true, true]);
      expect(text).toContain('lax=1; none=1; strict=1');
      expect(await submitIn(page)).toMatchObject({ status: 200, reached: true });
    });

    it('pass for a page of the own origin that sends no referrer, whose Origin is null', async () => {
      const page = await pageAt(shop());
      const { headers, ...submitted } = await submitIn(page, '<meta name="referrer" content="no-referrer">');
      expect(headers.origin).toBe('null');
      expect(submitted).toEqual({ status: 200, reached: true });
    });

    it('pass for a page of a listed origin, and for a link from anywhere', async () => {
      const admin = await pageAt(`http://admin.shop.localhost:${stranger.port}`);
      expect(await submitIn(admin)).toMatchObject({ status: 200, reached: true });
      const page = await pageAt(`http://127.0.0.1:${stranger.port}`);
      const response = await page.goto(`${shop()}/order`, { referer: `http://127.0.0.1:${stranger.port}/` });
      expect(response?.status()).toBe(200);
    });
  },
);
