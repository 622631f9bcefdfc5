import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startShop } from '../../demo/shop.ts';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { type RunningCommand, runPortico } from '../support/command.ts';
import { route } from '../support/gateway.ts';
import { createProject, type TestProject } from '../support/project.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = ['routes', 'services.ts', 'portico.config.ts', 'schemas/shop', 'demo/web'];

/** A copy of the shop in the repository, whose files a test may edit. */
async function shopProject(): Promise<TestProject> {
  const project = await createProject({});
  for (const file of FILES) await cp(join(ROOT, file), join(project.dir, file), { recursive: true });
  return project;
}

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

    const call = (path: string, state: string) => page.locator(`[data-testid=call][data-path^="${path}"]${state}`);

    it('renders its twelve products with their pictures', async () => {
      expect(await page.getByTestId('product-card').count()).toBe(12);
      const picture = page.getByTestId('product-card').first().locator('img');
      await picture.scrollIntoViewIfNeeded();
      await expect.poll(() => picture.evaluate(image => Number(Reflect.get(image, 'naturalWidth')))).toBeGreaterThan(0);
    });

    it('is served from memory the second time', async () => {
      await page.reload();
      await call('/api/products', '[data-cache=hit][data-status="200"]').first().waitFor();
    });

    it('shows a product composed of three backends', async () => {
      await page.getByTestId('product-card').first().click();
      const product = page.getByTestId('product-page');
      for (const part of ['product', 'stock', 'seller']) await product.locator(`[data-part=${part}]`).waitFor();
    });

    it('serves a cart from memory until it is written to', async () => {
      await page.getByTestId('add-to-cart').first().click();
      await expect.poll(() => page.getByTestId('cart-count').textContent()).toContain('1');
      await call('/api/cart', '[data-cache=miss]').first().waitFor();
      await call('/api/cart', '[data-cache=hit]').first().waitFor();
    });

    it('shows live prices and a working chat', async () => {
      await expect
        .poll(async () => Number(await page.getByTestId('live-price').first().getAttribute('data-updates')), {
          timeout: 10_000,
        })
        .toBeGreaterThan(0);
      const other = await browser.newPage();
      await other.goto(`${portico.url}/`);
      await page.getByTestId('chat-input').fill('is anybody there?');
      await page.getByTestId('chat-send').click();
      for (const each of [page, other])
        await each.getByTestId('chat-message').filter({ hasText: 'is anybody there?' }).first().waitFor();
      await other.close();
    });

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
      await call('/api/recommendations', '[data-status="200"][data-fallback]').first().waitFor();
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

    it('shows rejected calls in the lamps during a burst', async () => {
      const chosen = page.waitForResponse(response => response.url().includes('/demo/chaos/recommendations'));
      await page.getByTestId('chaos-recommendations-slow').click();
      await chosen;
      await page.getByTestId('recommendations-burst').click();
      await expect.poll(() => page.getByTestId('lamp-limit').getAttribute('data-state')).toBe('open');
      await page.getByTestId('chaos-recommendations-ok').click();
    });

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
      expect(await call('/api/product-page', '[data-status="200"]').count()).toBeGreaterThan(0);
      await page.goto(`${portico.url}/`);
      await page.getByTestId('chaos-catalog-1-ok').click();
    });

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
