import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startShop } from '../../demo/shop.ts';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { type RunningCommand, runPortico } from '../support/command.ts';
import {
  callIn,
  calmStates,
  closeProduct,
  DESKTOP,
  focused,
  hasNoHorizontalScroll,
  openProduct,
  POLL,
  ShopVisit,
} from './shop-scenarios.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PHONE = { width: 360, height: 740 };
const TOO_LONG = 60_000;

// Scenarios in which every backend works are in shop-scenarios.ts, and run live and from recordings. Those here run live
// only: they make backends slow, failing or dead, which is nothing that a backend responds.
describe.skipIf(noBrowser !== undefined)(
  `the page of the shop${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let shop: Shop;
    let portico: RunningCommand;
    let browser: Browser;
    let visit: ShopVisit;

    beforeAll(async () => {
      browser = await openBrowser();
    });

    afterAll(() => browser?.close());

    // A gateway for each test, so that no cache or circuit state is shared.
    beforeEach(async () => {
      shop = await startShop();
      portico = await runPortico(['start', '--dir', ROOT], shop.env);
      visit = new ShopVisit(browser, portico.url);
    });

    afterEach(async () => {
      await visit.close();
      await portico[Symbol.asyncDispose]();
      await shop.close();
      expect(visit.errors).toEqual([]);
    });

    const open = (options?: BrowserContextOptions) => visit.open(options);

    const become = (name: string, mode: 'ok' | 'slow' | 'failing' | 'dead') => shop.backends.get(name)?.become(mode);

    const word = (page: Page, lamp: string) => page.getByTestId(`lamp-${lamp}`).locator('.lamp-word').textContent();

    /** The visually different states of the page, in turn. */
    async function* states(page: Page): AsyncGenerator<string> {
      yield* calmStates(page);
      for (const name of ['recommendations', 'cart', 'stock', 'sellers']) await become(name, 'failing');
      await page.getByTestId('add-to-cart').nth(1).click();
      await page.locator('#cart-body').getByTestId('problem').waitFor();
      await page.getByTestId('recommendations-burst').click();
      await page.getByTestId('recommendations-empty').waitFor();
      yield 'while backends fail';
      await openProduct(page, 'dusk-lamp');
      yield 'with a product open while backends fail';
    }

    it('has no horizontal scroll from 320 to 1920 pixels while backends fail', { timeout: TOO_LONG }, async () => {
      const page = await open();
      await hasNoHorizontalScroll(page, states(page));
    });

    it.each([
      ['phone', 'light', PHONE],
      ['phone', 'dark', PHONE],
      ['desktop', 'light', DESKTOP],
      ['desktop', 'dark', DESKTOP],
    ] as const)('has no axe violations: %s, %s', { timeout: TOO_LONG }, async (_device, colorScheme, viewport) => {
      const page = await open({ viewport, colorScheme });
      await page.evaluate(axe.source);
      for await (const state of states(page)) {
        const violations = await page.evaluate(async () => {
          const run: typeof axe.run = Reflect.get(globalThis, 'axe').run;
          const found = (await run()).violations;
          return found.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html} ${node.failureSummary}`));
        });
        expect(violations, state).toEqual([]);
      }
    });

    it('shows status and fallback of the last call on a phone', async () => {
      const page = await open({ viewport: PHONE });
      const bar = page.getByTestId('last-call');
      /** Path, badge and status, without the method, the client's name and the time. */
      const lastCall = async () => {
        const [, path = '', ...rest] = await bar.locator('span').allTextContents();
        return [path.split('/', 3).join('/'), ...rest.slice(0, -1)];
      };
      await page.getByTestId('recommendations-again').click();
      await expect.poll(lastCall, POLL).toEqual(['/api/recommendations', '200']);
      await become('recommendations', 'dead');
      await page.getByTestId('recommendations-again').click();
      await expect.poll(lastCall, POLL).toEqual(['/api/recommendations', 'fallback', '200']);
      await become('cart', 'failing');
      await page.getByTestId('add-to-cart').first().click();
      await expect.poll(lastCall, POLL).toEqual(['/api/cart', '503']);
      for (const part of await bar.locator('.status, .ms').all()) {
        const box = await part.boundingBox();
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(PHONE.width);
      }
    });

    it('shows "closed" and "available" in the lamps only while no call fails, and has a legend', async () => {
      const page = await open();
      await expect.poll(() => word(page, 'recommendations'), POLL).toBe('closed');
      await expect.poll(() => word(page, 'limit'), POLL).toBe('available');
      const legend = await page.getByTestId('legend').textContent();
      for (const known of ['closed', 'half-open', 'open', 'available', 'fallback', 'failed']) {
        expect(legend).toContain(known);
      }
      await become('recommendations', 'dead');
      await page.getByTestId('recommendations-again').click();
      await callIn(page, '/api/recommendations', '[data-fallback]').first().waitFor();
      expect(await word(page, 'recommendations')).toBe('fallback');
      expect(await word(page, 'limit')).toBe('fallback');
      // A successful call of one kind does not hide the failure of another.
      await page.getByTestId('products-again').click();
      await openProduct(page, 'bud-vase');
      expect(await word(page, 'limit')).toBe('fallback');
      expect(await word(page, 'instances')).toBe('2 of 2 available');
      await closeProduct(page);
      await become('cart', 'failing');
      await page.getByTestId('add-to-cart').first().click();
      await callIn(page, '/api/cart', '[data-status="503"]').first().waitFor();
      expect(await word(page, 'limit')).toBe('failed');
      await become('cart', 'ok');
      await become('recommendations', 'ok');
      await page.getByTestId('add-to-cart').first().click();
      await page.getByTestId('recommendations-again').click();
      await expect.poll(() => word(page, 'recommendations'), POLL).toBe('closed');
      await expect.poll(() => word(page, 'limit'), POLL).toBe('available');
    });

    it('resets every backend and the panel with "Reset all"', async () => {
      const page = await open();
      const pressed = (mode: string) => page.locator(`.modes [data-mode=${mode}][aria-pressed=true]`).count();
      for (const setting of ['catalog-1-slow', 'stock-failing', 'chat-failing', 'images-dead']) {
        await page.getByTestId(`chaos-${setting}`).click();
      }
      await expect.poll(() => pressed('ok'), POLL).toBe(5);
      await page.getByTestId('chaos-reset').click();
      await expect.poll(() => pressed('ok'), POLL).toBe(9);
      const modes = [...shop.backends.values()].map(({ chaos }) => chaos);
      expect(new Set(modes)).toEqual(new Set(['ok']));
      expect(await focused(page)).toBe('button.quiet null');
    });

    it('hedges the calls to a slow catalog instance, so that every page arrives', async () => {
      const page = await open();
      await become('catalog-1', 'slow');
      const ids = ['ember-teapot', 'dusk-lamp', 'milking-stool', 'bud-vase'];
      for (const id of ids) {
        await openProduct(page, id);
        await callIn(page, `/api/product-page/${id}`, '[data-status="200"]').waitFor();
        await closeProduct(page);
      }
      const seenBy = (name: string) => {
        const urls = shop.backends.get(name)?.requests.map(({ url }) => url) ?? [];
        return ids.filter(id => urls.includes(`/v2/items/${id}`));
      };
      // With round robin every other call goes to the slow instance first; its hedge goes to the other one, which wins.
      expect(seenBy('catalog-1').length).toBeGreaterThanOrEqual(ids.length / 2);
      expect(seenBy('catalog-2')).toEqual(ids);
      const hedged = await callIn(page, '/api/product-page', '[data-hedge]').locator('.path').allTextContents();
      expect(hedged.map(path => path.split('/').at(-1)).reverse()).toEqual(seenBy('catalog-1'));
    });
  },
);
