import { createServer, type Server } from 'node:https';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { cert, key } from '../support/certificate.ts';
import { route } from '../support/gateway.ts';
import { startProvider, type TestProvider } from '../support/identity-provider.ts';
import { freePort } from '../support/port.ts';
import { createProject, type TestProject } from '../support/project.ts';
import { signInFiles } from '../support/sign-in-project.ts';

describe.skipIf(noBrowser !== undefined)(
  `sign-in over https${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let browser: Browser;
    let project: TestProject;
    let provider: TestProvider;
    let gateway: Gateway;
    let server: Server;
    let elsewhere: TestBackend;
    let writes: TestBackend;
    let origin: string;

    beforeAll(async () => {
      browser = await openBrowser();
      const port = await freePort();
      origin = `https://localhost:${port}`;
      provider = await startProvider({ redirectUri: `${origin}/auth/callback` });
      writes = await startBackend((_req, res) => res.end('written'));
      // Another site: a page with a link to a page of the shop, and one with a form that writes.
      elsewhere = await startBackend((_req, res) => {
        res.setHeader('Content-Type', 'text/html');
        res.end(`<!doctype html><a href="${origin}/page?from=elsewhere">shop</a>
          <form method="post" action="${origin}/write"><button>win</button></form>`);
      });
      project = await createProject({
        ...signInFiles({ origin, issuer: provider.issuer, gateway: `securityHeaders: { hsts: '1d' },` }),
        'routes/page.get.ts': route(`{ auth: 'required', handler: c => new Response('<h1>' + c.user?.subject + '</h1>' +
          '<form method="post" action="/auth/logout"><button>sign out</button></form>',
          { headers: { 'Content-Type': 'text/html' } }) }`),
        'routes/write.post.ts': route(`{ auth: 'required', proxy: '${writes.url}' }`),
      });
      gateway = await createGateway({ dir: project.dir, logLevel: 'silent' });
      server = createServer({ key, cert }, gateway.handler);
      gateway.attach(server);
      await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
    }, 60_000);

    afterAll(async () => {
      await browser?.close();
      await gateway?.close({ graceMs: 0 });
      server?.closeAllConnections();
      server?.close();
      for (const each of [provider, elsewhere, writes, project]) await each?.[Symbol.asyncDispose]();
    });

    const newVisitor = (): Promise<BrowserContext> => browser.newContext({ ignoreHTTPSErrors: true });

    async function signIn(page: Page, name: string): Promise<void> {
      await page.goto(`${origin}/page?x=1`);
      await fillIn(page, name);
    }

    /** The pages of the provider. */
    async function fillIn(page: Page, name: string): Promise<void> {
      await page.fill('input[name=login]', name);
      await page.fill('input[name=password]', 'any');
      // It does not want the consent of the same user twice.
      while (new URL(page.url()).origin !== origin) {
        const before = page.url();
        await Promise.all([page.waitForURL(url => url.href !== before), page.click('button[type=submit]')]);
      }
      await page.waitForURL(`${origin}/page?x=1`);
    }

    it('comes back to the page with a cookie that is Strict, HttpOnly and of this host', async () => {
      const visitor = await newVisitor();
      const page = await visitor.newPage();
      await signIn(page, 'ada');
      expect(await page.textContent('h1')).toBe('ada');
      const cookies = await visitor.cookies(origin);
      expect(cookies).toMatchObject([
        { name: '__Host-portico', httpOnly: true, secure: true, sameSite: 'Strict', path: '/', domain: 'localhost' },
      ]);
      await visitor.close();
    });

    it('knows who follows a link from another site, whose request carries no cookie', async () => {
      const visitor = await newVisitor();
      const page = await visitor.newPage();
      await signIn(page, 'ada');
      await page.goto(elsewhere.url);
      const sent: (string | undefined)[] = [];
      page.on('request', async request => {
        if (request.url().startsWith(`${origin}/page`)) sent.push((await request.allHeaders()).cookie);
      });
      await page.click('a');
      await page.waitForURL(`${origin}/page?from=elsewhere`);
      await expect.poll(() => page.textContent('h1')).toBe('ada');
      await expect.poll(() => sent.length).toBe(2);
      expect(sent.map(cookie => cookie?.includes('__Host-portico=') === true)).toEqual([false, true]);
      await visitor.close();
    });

    it('lets no form of another site write', async () => {
      const visitor = await newVisitor();
      const page = await visitor.newPage();
      await signIn(page, 'ada');
      await page.goto(elsewhere.url);
      const [response] = await Promise.all([page.waitForResponse(`${origin}/write`), page.click('button')]);
      expect(response.status()).toBe(403);
      expect(writes.requests).toEqual([]);
      await visitor.close();
    });

    it('signs out, and the next page leads to the provider again', async () => {
      const visitor = await newVisitor();
      const page = await visitor.newPage();
      await signIn(page, 'ada');
      await page.click('button');
      await page.waitForURL(url => url.origin === provider.issuer);
      expect((await visitor.cookies(origin)).map(({ name }) => name)).toEqual([]);
      // Without the ID token, which no cookie keeps, this provider wants to hear it from the user.
      await page.click('button[value=yes]');
      await page.waitForURL(`${origin}/`);
      await page.goto(`${origin}/page`);
      expect(new URL(page.url()).origin).toBe(provider.issuer);
      await visitor.close();
    });

    it('lets two tabs sign in at once', async () => {
      const visitor = await newVisitor();
      const [first, second] = [await visitor.newPage(), await visitor.newPage()];
      await first.goto(`${origin}/page?x=1`);
      await second.goto(`${origin}/page?x=1`);
      for (const tab of [first, second]) {
        await fillIn(tab, 'grace');
        expect(await tab.textContent('h1')).toBe('grace');
      }
      await visitor.close();
    });

    it('makes browsers careful', async () => {
      const visitor = await newVisitor();
      const page = await visitor.newPage();
      const response = await page.goto(`${origin}/open`);
      expect(response?.headers()).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'strict-origin-when-cross-origin',
        'strict-transport-security': 'max-age=86400',
      });
      await visitor.close();
    });
  },
);
