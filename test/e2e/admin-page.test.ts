import { request } from 'node:http';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { type OperatedGateway, startOperated } from '../support/operated-gateway.ts';

const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1440, height: 900 };
const TOO_LONG = 90_000;
const TOKEN = 'T0ken-of_the.gateway~+/';
const VIEWS = ['Overview', 'Services', 'Circuits', 'Cache', 'Requests', 'History'] as const;

describe.skipIf(noBrowser !== undefined)(
  `the page for operators${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  { timeout: TOO_LONG },
  () => {
    let operated: OperatedGateway;
    let guarded: OperatedGateway;
    let browser: Browser;
    let pages: Page[];
    let errors: string[];

    beforeAll(async () => {
      browser = await openBrowser();
      operated = await startOperated();
      guarded = await startOperated([], { PORTICO_ADMIN_TOKEN: TOKEN });
    }, TOO_LONG);

    afterAll(async () => {
      await browser?.close();
      await operated?.[Symbol.asyncDispose]();
      await guarded?.[Symbol.asyncDispose]();
    });

    beforeEach(() => {
      pages = [];
      errors = [];
    });

    afterEach(async () => {
      await Promise.all(pages.map(page => page.context().close()));
      expect(errors).toEqual([]);
    });

    async function open(
      hash = '',
      options: BrowserContextOptions = {},
      at = operated,
      prepare: (page: Page) => Promise<void> = async () => undefined,
    ): Promise<Page> {
      const context = await browser.newContext({ reducedMotion: 'reduce', viewport: DESKTOP, ...options });
      const page = await context.newPage();
      pages.push(page);
      page.setDefaultTimeout(20_000);
      page.on('pageerror', error => errors.push(error.message));
      // What the content security policy forbids is an error of the console; a refused response is one, too.
      page.on('console', message => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
          errors.push(message.text());
        }
      });
      await prepare(page);
      await page.goto(`${at.portico.adminUrl}/${hash}`);
      return page;
    }

    const row = (page: Page, name: string) =>
      page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
    const result = (page: Page) => page.locator('#result').textContent();
    const heading = (page: Page, name: string) => page.getByRole('heading', { level: 2, name, exact: true });

    async function confirm(page: Page, verb: string): Promise<void> {
      await page.getByRole('dialog').getByRole('button', { name: verb, exact: true }).click();
    }

    it('shows the routes with their rates, and a chart', async () => {
      const page = await open();
      await expect.poll(() => row(page, '/items/{id}').textContent()).toMatch(/≤ [\d.]+ m?s/);
      await operated.traffic();
      await page.getByRole('img', { name: /^Chart of the last minutes\. Now .* requests per second/ }).waitFor();
      await expect.poll(() => page.locator('#chart canvas').count()).toBe(1);
      // A rate above zero needs two responses with requests in between.
      await expect
        .poll(() => row(page, '/items/{id}').getByRole('cell').first().textContent(), { timeout: 15_000 })
        .toMatch(/^(?!0$)[\d.]+$/);
      expect(await row(page, '/items/{id}').textContent()).toMatch(/\d+ %/);
      expect(await row(page, '/sick').locator('.bad').textContent()).toMatch(/^\d+$/);
      expect(await row(page, 'no route').count()).toBe(1);
      expect(await page.locator('#state').textContent()).toMatch(/^ready, generation 1, 2 processes, as of /);
      await page.getByRole('searchbox', { name: 'Search routes' }).fill('PAGES');
      expect(await page.getByRole('rowheader').allTextContents()).toEqual(['/pages/{id}']);
    });

    it('shows services with their targets and limits', async () => {
      const page = await open('#services');
      await row(page, operated.backend.url).waitFor();
      expect(await row(page, operated.backend.url).textContent()).toMatch(/catalog\s*stable\s*healthy/);
      expect(await row(page, 'sick').textContent()).toMatch(/open/);
    });

    it('shows circuits, forces one open, and closes it', async () => {
      const page = await open('#circuits');
      const site = 'GET /pages/{id}#flaky';
      await row(page, site).waitFor();
      expect(await row(page, 'GET /sick').textContent()).toMatch(/open/);
      expect(await row(page, site).textContent()).toMatch(/closed/);

      await page.getByRole('button', { name: `Force open ${site}` }).click();
      await page.getByRole('button', { name: 'Cancel' }).click();
      expect(await page.getByRole('dialog').count()).toBe(0);
      await page.getByRole('button', { name: `Force open ${site}` }).click();
      await confirm(page, 'Force open');
      await expect.poll(() => result(page)).toBe(`${site} is forced open in 2 processes.`);
      await expect.poll(() => row(page, site).textContent()).toMatch(/forced open/);
      expect((await fetch(`${operated.portico.url}/pages/99`)).status).toBe(503);

      await page.getByRole('button', { name: `Close ${site}` }).click();
      await confirm(page, 'Close');
      await expect.poll(() => result(page)).toBe(`${site} is closed in 2 processes.`);
      await expect.poll(() => row(page, site).textContent()).toMatch(/closed/);
      expect((await fetch(`${operated.portico.url}/pages/99`)).status).toBe(200);
    });

    it('shows what is stored by tag, and purges it', async () => {
      await operated.traffic();
      const page = await open('#cache');
      await row(page, 'item:1').waitFor();
      await page.getByRole('button', { name: 'Purge the tag item:1', exact: true }).click();
      await confirm(page, 'Purge');
      await expect
        .poll(() => result(page))
        .toMatch(/^Purged the tag item:1: [12] stored responses? in the memory of 2 processes\.$/);
      await expect.poll(() => row(page, 'item:1').count()).toBe(0);
      expect(await row(page, 'items').count()).toBe(1);

      const form = page.getByRole('form', { name: 'Purge' });
      await form.getByRole('radio', { name: 'Path or URL' }).check();
      await form.getByRole('textbox').fill('ftp://shop.test/');
      await form.getByRole('button', { name: 'Purge' }).click();
      await confirm(page, 'Purge');
      await expect.poll(() => result(page)).toMatch(/^Not done: The command does not fit: urls\/0 must be a path/);

      await form.getByRole('radio', { name: 'Everything' }).check();
      await form.getByRole('button', { name: 'Purge' }).click();
      await confirm(page, 'Purge');
      await expect.poll(() => result(page)).toMatch(/^Purged everything: \d+ stored responses in the memory/);
      await expect.poll(() => page.getByText('No stored response has a tag.').count()).toBe(1);
      const stored = Object(await (await fetch(`${operated.portico.adminUrl}/cache`)).json());
      expect(stored.workers.map((worker: Record<string, unknown>) => worker.stored)).toEqual([
        expect.objectContaining({ tags: [], untagged: { responses: 0, bytes: 0 } }),
        expect.objectContaining({ tags: [], untagged: { responses: 0, bytes: 0 } }),
      ]);
    });

    it('lists requests by filter, and shows one with its parts and attempts', async () => {
      await operated.traffic();
      const page = await open('#requests');
      await page.getByRole('link', { name: 'Failed', exact: true }).click();
      await page.getByRole('rowheader', { name: 'GET /sick' }).first().waitFor();
      expect(await page.getByRole('rowheader', { name: /\/items\// }).count()).toBe(0);
      await page.getByRole('link', { name: 'Missed', exact: true }).click();
      await page
        .getByRole('link', { name: /^GET \/pages\// })
        .first()
        .click();
      await page.getByRole('heading', { name: 'Why', exact: true }).waitFor();
      const reasons = await page.locator('.findings li').allTextContents();
      expect(reasons.join()).toMatch(/part flaky: sent 2 times.*retry at routes\/pages\/\[id\]\.get\.ts:\d+/s);
      const names = await page.locator('.step').allTextContents();
      expect(names.filter(name => name.startsWith('part')).sort()).toEqual(['part flaky', 'part item', 'part slow']);
      expect(names.slice(names.indexOf('part flaky') + 1).slice(0, 2)).toEqual(['call of catalog', 'call of catalog']);
      const results = await page.locator('td.wide').allTextContents();
      expect(results.join()).toMatch(/status 503.*status 200.*retry of 503/s);
      // The part that takes longest has the longest bar of the parts.
      const widths = await page
        .locator('rect.part')
        .evaluateAll(bars => bars.map(bar => bar.getBoundingClientRect().width));
      expect(Math.max(...widths)).toBe(widths[names.filter(name => name.startsWith('part')).indexOf('part slow')]);
    });

    it('says so where a request is not among the latest', async () => {
      const page = await open('#requests/id/unknown');
      await page.getByText('No request unknown is among the latest').waitFor();
    });

    it('shows the loads of the routes, reloads them, and shows a refused load', async () => {
      const page = await open('#history');
      await page.getByRole('heading', { name: /^Generation 1 serving/ }).waitFor();
      const file = 'routes/later.get.ts';
      await operated.project.write(file, 'export default 7;\n');
      await page.getByRole('button', { name: 'Reload the routes' }).click();
      await confirm(page, 'Reload');
      await expect.poll(() => result(page), { timeout: 30_000 }).toBe('Not done: The new workers do not serve.');
      await page.getByRole('heading', { name: /^Refused load; generation 1 goes on/ }).waitFor();
      expect(await page.locator('.mistakes').textContent()).toContain(file);
      await operated.project.write(
        file,
        `import { defineRoute } from 'portico';\nexport default defineRoute('/later', { redirect: '/' });\n`,
      );
      await page.getByRole('button', { name: 'Reload the routes' }).click();
      await confirm(page, 'Reload');
      await expect.poll(() => result(page), { timeout: 30_000 }).toBe('Generation 2 serves 4 routes.');
      await page.getByRole('heading', { name: /^Generation 2 serving/ }).waitFor();
      expect(await page.getByRole('region', { name: 'Changes of generation 2' }).textContent()).toContain('GET /later');
    });

    it('offers no reload where one process cannot', async () => {
      const page = await open('#history', {}, guarded);
      await page.getByLabel('Token of the gateway').fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.getByText('One process goes on with the routes it has').waitFor();
      expect(await page.getByRole('button', { name: /Reload/ }).count()).toBe(0);
    });

    it('asks for the token, refuses another one, and sends the right one', async () => {
      const page = await open('#cache', {}, guarded);
      const field = page.getByLabel('Token of the gateway');
      await field.fill('W'.repeat(20));
      await page.getByRole('button', { name: 'Use the token' }).click();
      await expect.poll(() => page.getByRole('alert').textContent()).toContain('This is not the token of the gateway');
      expect(await page.getByRole('table').count()).toBe(0);
      await field.fill(TOKEN);
      await page.getByRole('button', { name: 'Use the token' }).click();
      await page.getByRole('button', { name: 'Purge the tag items', exact: true }).click();
      await confirm(page, 'Purge');
      await expect
        .poll(() => result(page))
        .toMatch(/^Purged the tag items: \d+ stored responses in the memory of 1 process\.$/);
      await page.reload();
      await heading(page, 'Cache').waitFor();
      await page.getByRole('button', { name: 'Forget the token' }).click();
      await field.waitFor();
    });

    it('responds to no other name, and to no page of another origin', async () => {
      const { port } = new URL(operated.portico.adminUrl);
      const statusOf = (path: string, headers: Readonly<Record<string, string>>) =>
        new Promise<number | undefined>((resolve, reject) => {
          const req = request({ host: '127.0.0.1', port, path, headers }, res => {
            res.resume();
            resolve(res.statusCode);
          });
          req.on('error', reject).end();
        });
      const html = { Accept: 'text/html' };
      for (const path of ['/', '/ui/page.js', '/stats', '/services', '/cache', '/admin/openapi.json']) {
        expect([path, await statusOf(path, { ...html, Host: 'evil.example' })]).toEqual([path, 421]);
        expect([path, await statusOf(path, { ...html, Origin: 'http://evil.example' })]).toEqual([path, 403]);
        expect([path, await statusOf(path, html)]).toEqual([path, 200]);
      }
    });

    it('is used with the keyboard alone', async () => {
      const page = await open();
      await heading(page, 'Overview').waitFor();
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('To the content');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('main');
      for (const [i, name] of VIEWS.entries()) {
        await page.evaluate('document.querySelector(".skip").focus()');
        for (let step = 0; step <= i; step++) await page.keyboard.press('Tab');
        expect(await focused(page)).toBe(name);
        expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
        await page.keyboard.press('Enter');
        await heading(page, name).waitFor();
        if (i > 0) await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('title');
        expect(await page.title()).toBe(`${name}: Portico`);
      }
      await page.goto(`${operated.portico.adminUrl}/#circuits`);
      const button = page.getByRole('button', { name: 'Force open GET /sick' });
      await button.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      expect(await focused(page)).toBe('Cancel');
      await page.keyboard.press('Escape');
      await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
      expect(await focused(page)).toBe('Force open');
    });

    const focused = async (page: Page): Promise<string> =>
      String(await page.evaluate('document.activeElement.textContent.trim()'));

    it.each([
      ['phone', 'light', PHONE],
      ['phone', 'dark', PHONE],
      ['desktop', 'light', DESKTOP],
      ['desktop', 'dark', DESKTOP],
    ] as const)('has no axe violations and no horizontal scroll: %s, %s', async (_device, colorScheme, viewport) => {
      await operated.traffic();
      const page = await open('', { viewport, colorScheme });
      const { requests } = Object(await (await fetch(`${operated.portico.adminUrl}/requests`)).json());
      const { requestId } = requests.find(({ route }: { route?: string }) => route === '/pages/{id}');
      await page.getByRole('img', { name: /^Chart/ }).waitFor();
      for (const hash of [...VIEWS.map(name => name.toLowerCase()), `requests/id/${requestId}`]) {
        await page.goto(`${operated.portico.adminUrl}/#${hash}`);
        await page.locator('main table').first().waitFor();
        expect([hash, await page.evaluate('document.documentElement.scrollWidth - innerWidth')]).toEqual([hash, 0]);
        expect([hash, await violationsOn(page)]).toEqual([hash, []]);
      }
      await page.goto(`${operated.portico.adminUrl}/#circuits`);
      await page.getByRole('button', { name: 'Force open GET /sick' }).click();
      expect(await violationsOn(page)).toEqual([]);
      const guard = await open('', { viewport, colorScheme }, guarded);
      await guard.getByLabel('Token of the gateway').waitFor();
      expect(await violationsOn(guard)).toEqual([]);
    });

    async function violationsOn(page: Page): Promise<readonly string[]> {
      await page.evaluate(axe.source);
      return await page.evaluate(async () => {
        const run: typeof axe.run = Reflect.get(globalThis, 'axe').run;
        const found = (await run()).violations;
        return found.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html} ${node.failureSummary}`));
      });
    }

    it('counts between two responses, and anew where a gateway has started anew', async () => {
      const page = await open();
      const seen = await page.evaluate(`import('/ui/rates.js').then(({ Snapshots, quantile }) => {
        const stats = (uptimeMs, requests, buckets) => ({ uptimeMs, at: new Date(uptimeMs).toISOString(), endsMs: [1, 5],
          cache: [], eventLoop: [], routes: [{ route: '/a', requests, errors: 0, buckets }] });
        const snapshots = new Snapshots();
        const rates = [];
        for (const each of [stats(1_000, 5, [5]), stats(3_000, 9, [5, 4]), stats(5_000, 9, [5, 4]), stats(500, 2, [2])]) {
          snapshots.add(each);
          const { span, points } = snapshots;
          rates.push([span?.routes[0].requests, span?.seconds, points.length, points.at(-1)?.p95Ms]);
        }
        return { rates, ends: [[1], [0, 0, 3], [19, 1], [18, 2], []].map(counts => String(quantile(counts, [1, 5], 0.95))) };
      })`);
      expect(seen).toEqual({
        rates: [
          [undefined, undefined, 0, undefined],
          [4, 2, 1, 5],
          [4, 4, 2, null],
          [undefined, undefined, 0, undefined],
        ],
        ends: ['1', 'Infinity', '1', '5', 'undefined'],
      });
    });

    it('shows an error of the gateway, and goes on reading', async () => {
      const page = await open();
      await row(page, '/sick').waitFor();
      await page.route('**/stats', asked => asked.abort());
      await expect.poll(() => page.getByRole('alert').textContent()).toContain('The gateway does not respond');
      await page.unroute('**/stats');
      const body = JSON.stringify({ title: 'The gateway has not started yet', status: 503, code: 'gateway.starting' });
      await page.route('**/services', asked =>
        asked.fulfill({ status: 503, contentType: 'application/problem+json', body }),
      );
      await page.getByRole('link', { name: 'Services' }).click();
      await expect.poll(() => page.getByRole('alert').textContent()).toContain('The gateway has not started yet');
      await page.unroute('**/services');
      await row(page, operated.backend.url).waitFor();
      expect(await page.getByRole('alert').textContent()).toBe('');
    });

    it('reads nothing while its tab is hidden', async () => {
      const page = await open('', {}, operated, each => each.clock.install());
      await row(page, '/sick').waitFor();
      let reads = 0;
      page.on('request', () => reads++);
      const show = (isHidden: boolean) =>
        page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));`);
      await page.clock.runFor(4_000);
      await expect.poll(() => reads).toBeGreaterThan(0);
      await show(true);
      // What had begun before ends, and begins nothing else.
      await page.evaluate('fetch("./livez")');
      const before = reads;
      await page.clock.runFor(60_000);
      const shown = page.waitForResponse('**/stats');
      await show(false);
      await shown;
      expect(reads - before).toBe(1);
    });
  },
);
