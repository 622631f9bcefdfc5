import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startShop } from '../../demo/shop.ts';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { type RunningCommand, runPortico } from '../support/command.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1440, height: 900 };
const WIDTHS = [320, 360, 375, 480, 720, 768, 1024, 1080, 1100, 1440, 1920];
const POLL = { timeout: 15_000, interval: 200 };
const TOO_LONG = 60_000;

/** Elements that are wider than the window or the open dialog. */
const TOO_WIDE = `(() => {
  const dialog = document.querySelector('dialog[open]');
  if (dialog !== null && dialog.scrollWidth > dialog.clientWidth) return ['dialog'];
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const all = [...document.querySelectorAll('body *')];
  return all.filter(each => each.getBoundingClientRect().right > innerWidth).map(each => each.outerHTML.slice(0, 80));
})()`;

describe.skipIf(noBrowser !== undefined)(
  `the page of the shop${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let shop: Shop;
    let portico: RunningCommand;
    let browser: Browser;
    let pages: Page[];
    let errors: string[];

    beforeAll(async () => {
      browser = await openBrowser();
    });

    afterAll(() => browser?.close());

    // A gateway for each test, so that no cache or circuit state is shared.
    beforeEach(async () => {
      pages = [];
      errors = [];
      shop = await startShop();
      portico = await runPortico(['start', '--dir', ROOT], shop.env);
    });

    afterEach(async () => {
      await Promise.all(pages.map(page => page.context().close()));
      await portico[Symbol.asyncDispose]();
      await shop.close();
      expect(errors).toEqual([]);
    });

    async function open(options: BrowserContextOptions = { viewport: DESKTOP }, path = '/'): Promise<Page> {
      const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
      const page = await context.newPage();
      pages.push(page);
      page.setDefaultTimeout(15_000);
      page.on('pageerror', error => errors.push(error.message));
      await page.goto(portico.url + path);
      await page.getByTestId('product-card').first().waitFor();
      await page.getByTestId('recommendation').first().waitFor();
      await page.getByTestId('chaos-chat-ok').waitFor();
      return page;
    }

    const become = (name: string, mode: 'ok' | 'slow' | 'failing' | 'dead') => shop.backends.get(name)?.become(mode);

    const call = (page: Page, path: string, state = '') =>
      page.locator(`[data-testid=call][data-path^="${path}"]${state}`);

    const word = (page: Page, lamp: string) => page.getByTestId(`lamp-${lamp}`).locator('.lamp-word').textContent();

    /**
     * The focused element as a CSS selector. Scripts in the page are strings, since the types here are those of Node.
     */
    const focused = (page: Page) =>
      page.evaluate<string>(`{
        const at = document.activeElement;
        [at.localName, ...at.classList].join('.') + ' ' + (at.getAttribute('href') ?? at.getAttribute('aria-label'));
      }`);

    async function openProduct(page: Page, id: string): Promise<void> {
      await page.evaluate(`location.assign('#product/${id}')`);
      await page.locator(`#product-page[data-id="${id}"] [data-part=seller]`).waitFor();
    }

    const closed = (page: Page) =>
      expect
        .poll(() => page.evaluate(`location.hash + document.querySelectorAll('dialog[open]').length`), POLL)
        .toBe('0');

    async function closeProduct(page: Page): Promise<void> {
      await page.getByTestId('product-page-close').click();
      await closed(page);
    }

    /** The visually different states of the page, in turn. */
    async function* states(page: Page): AsyncGenerator<string> {
      yield 'as loaded';
      await page.getByTestId('add-to-cart').first().click();
      await page.getByTestId('cart-line').waitFor();
      await page.getByTestId('chat-input').fill('a message that is longer than the narrowest of all phones is wide');
      await page.getByTestId('chat-send').click();
      await page.getByTestId('chat-message').last().waitFor();
      yield 'with a cart and a message';
      await openProduct(page, 'ember-teapot');
      yield 'with a product open';
      await closeProduct(page);
      for (const name of ['recommendations', 'cart', 'stock', 'sellers']) await become(name, 'failing');
      await page.getByTestId('add-to-cart').nth(1).click();
      await page.locator('#cart-body').getByTestId('problem').waitFor();
      await page.getByTestId('recommendations-burst').click();
      await page.getByTestId('recommendations-empty').waitFor();
      yield 'while backends fail';
      await openProduct(page, 'dusk-lamp');
      yield 'with a product open while backends fail';
    }

    it('has no horizontal scroll from 320 to 1920 pixels', { timeout: TOO_LONG }, async () => {
      const page = await open();
      for await (const state of states(page)) {
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 });
          const tooWide = await page.evaluate(TOO_WIDE);
          expect(tooWide, `${state} at ${width}`).toEqual([]);
        }
        await page.setViewportSize(DESKTOP);
      }
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
      await call(page, '/api/recommendations', '[data-fallback]').first().waitFor();
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
      await call(page, '/api/cart', '[data-status="503"]').first().waitFor();
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

    it('moves the focus into the product dialog and back', async () => {
      const page = await open();
      const link = page.locator('.card-name a').nth(2);
      const href = await link.getAttribute('href');
      await link.focus();
      await page.keyboard.press('Enter');
      await page.locator('#product-page [data-part=seller]').waitFor();
      expect(await focused(page)).toBe('button.page-close Close');
      await page.keyboard.press('Escape');
      await closed(page);
      expect(await focused(page)).toBe(`a ${href}`);
      await page.keyboard.press('Enter');
      await closeProduct(page);
      expect(await focused(page)).toBe(`a ${href}`);
    });

    it('restores the focus after its element was rendered again or was absent', async () => {
      const page = await open(undefined, '/#product/bud-vase');
      await page.locator('#product-page [data-part=seller]').waitFor();
      expect(await focused(page)).toBe('button.page-close Close');
      await page.keyboard.press('Escape');
      await closed(page);
      expect(await focused(page)).toBe('a #product/bud-vase');
      await page.getByTestId('add-to-cart').first().click();
      const line = page.locator('.line-name');
      await line.focus();
      await page.keyboard.press('Enter');
      await page.locator('#product-page [data-part=seller]').waitFor();
      const old = await line.elementHandle();
      await page.getByTestId('page-add').click();
      await expect.poll(() => old?.evaluate(element => element.isConnected), POLL).toBe(false);
      await closeProduct(page);
      expect(await focused(page)).toBe('a.line-name #product/ember-teapot');
    });

    it('keeps the focus on a button of the cart while the cart changes', async () => {
      const page = await open();
      await page.getByTestId('add-to-cart').first().click();
      const more = page.getByLabel('One more Ember teapot');
      await more.focus();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Enter');
      await expect.poll(() => page.locator('.line-qty').textContent(), POLL).toBe('× 3');
      expect(await focused(page)).toBe('button.step One more Ember teapot');
    });

    it('hedges the calls to a slow catalog instance, so that every page arrives', async () => {
      const page = await open();
      await become('catalog-1', 'slow');
      const ids = ['ember-teapot', 'dusk-lamp', 'milking-stool', 'bud-vase'];
      for (const id of ids) {
        await openProduct(page, id);
        await call(page, `/api/product-page/${id}`, '[data-status="200"]').waitFor();
        await closeProduct(page);
      }
      const seenBy = (name: string) => {
        const urls = shop.backends.get(name)?.requests.map(({ url }) => url) ?? [];
        return ids.filter(id => urls.includes(`/v2/items/${id}`));
      };
      // With round robin every other call goes to the slow instance first; its hedge goes to the other one, which wins.
      expect(seenBy('catalog-1').length).toBeGreaterThanOrEqual(ids.length / 2);
      expect(seenBy('catalog-2')).toEqual(ids);
      const hedged = await call(page, '/api/product-page', '[data-hedge]').locator('.path').allTextContents();
      expect(hedged.map(path => path.split('/').at(-1)).reverse()).toEqual(seenBy('catalog-1'));
    });
  },
);
