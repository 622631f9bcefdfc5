import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startShop } from '../../demo/shop.ts';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { type RunningCommand, runPortico } from '../support/command.ts';
import { route } from '../support/gateway.ts';
import type { TestProject } from '../support/project.ts';
import { shopProject } from '../support/shop-project.ts';
import { callIn } from './shop-scenarios.ts';

// Scenarios in which every backend works are in shop-scenarios.ts, and run live and from recordings. Those here run live
// only, each for the reason above it.
describe.skipIf(noBrowser !== undefined)(
  `the shop in a browser${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let shop: Shop;
    let project: TestProject;
    let portico: RunningCommand;
    let browser: Browser;
    let page: Page;
    let errors: string[];

    beforeAll(async () => {
      shop = await startShop();
      project = await shopProject();
      portico = await runPortico(['dev', '--dir', project.dir], shop.env);
      browser = await openBrowser();
    });

    afterAll(async () => {
      await browser?.close();
      await portico?.[Symbol.asyncDispose]();
      await project?.[Symbol.asyncDispose]();
      await shop?.close();
    });

    beforeEach(async () => {
      errors = [];
      page = await browser.newPage();
      page.setDefaultTimeout(15_000);
      page.on('pageerror', error => errors.push(error.message));
      await page.goto(`${portico.url}/`);
      await page.getByTestId('product-card').first().waitFor();
    });

    afterEach(async () => {
      await page.close();
      expect(errors).toEqual([]);
    });

    // A dead backend: a recording has what a backend responds, and this one responds nothing.
    it('stays complete without recommendations and shows it in the lamp', async () => {
      const lamp = page.getByTestId('lamp-recommendations');
      await page.getByTestId('chaos-recommendations-dead').click();
      await expect
        .poll(
          async () => {
            await page.getByTestId('recommendations-burst').click();
            return lamp.getAttribute('data-state');
          },
          { timeout: 15_000, interval: 300 },
        )
        .toBe('open');
      expect(await page.getByTestId('product-card').count()).toBe(12);
      await callIn(page, '/api/recommendations', '[data-status="200"][data-fallback]').first().waitFor();
      await page.getByTestId('chaos-recommendations-ok').click();
      await expect
        .poll(
          async () => {
            await page.getByTestId('recommendations-again').click();
            return lamp.getAttribute('data-state');
          },
          { timeout: 20_000, interval: 500 },
        )
        .toBe('closed');
    });

    // A slow backend: a replay responds at once.
    it('shows rejected calls in the lamps during a burst', async () => {
      const chosen = page.waitForResponse(response => response.url().includes('/demo/chaos/recommendations'));
      await page.getByTestId('chaos-recommendations-slow').click();
      await chosen;
      await page.getByTestId('recommendations-burst').click();
      await expect.poll(() => page.getByTestId('lamp-limit').getAttribute('data-state')).toBe('open');
      await page.getByTestId('chaos-recommendations-ok').click();
    });

    // A dead target: a replay has no targets.
    it('shows an ejected instance in the lamps while every page arrives', async () => {
      const lamp = page.getByTestId('lamp-instances');
      await page.getByTestId('chaos-catalog-1-dead').click();
      const ids = await page.getByTestId('product-card').evaluateAll(cards => cards.map(card => card.dataset.id ?? ''));
      let opened = 0;
      // A stored page calls no instance.
      await expect
        .poll(
          async () => {
            await page.goto(`${portico.url}/?${opened}#product/${ids[opened++ % ids.length]}`);
            await page.getByTestId('product-page').filter({ hasNotText: 'Calling three backends' }).waitFor();
            return lamp.getAttribute('data-state');
          },
          { timeout: 20_000, interval: 300 },
        )
        .toBe('half-open');
      expect(await callIn(page, '/api/product-page', '[data-status="200"]').count()).toBeGreaterThan(0);
      await page.goto(`${portico.url}/`);
      await page.getByTestId('chaos-catalog-1-ok').click();
    });

    // A reload begins a replay anew, while the requests of this loop go on.
    it('shows an edited route after the reload, while a client in a loop gets only 200', async () => {
      const generation = async (): Promise<number> =>
        ((await (await fetch(`${portico.adminUrl}/readyz`)).json()) as { generation: number }).generation;
      const statuses = new Set<number>();
      const looping = { on: true };
      const loop = (async () => {
        while (looping.on) statuses.add((await fetch(`${portico.url}/api/products`)).status);
      })();
      for (const text of ['a new route', 'an edited route']) {
        const before = await generation();
        await project.write('routes/hello.get.ts', route(`{ handler: () => '${text}' }`));
        await expect.poll(generation, { timeout: 15_000 }).toBeGreaterThan(before);
        expect(await (await fetch(`${portico.url}/hello`)).text()).toBe(text);
      }
      looping.on = false;
      await loop;
      expect([...statuses]).toEqual([200]);
    });
  },
);
