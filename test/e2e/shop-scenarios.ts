import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1440, height: 900 };
const WIDTHS = [320, 360, 375, 480, 720, 768, 1024, 1080, 1100, 1440, 1920];
export const POLL = { timeout: 15_000, interval: 200 };

/** Elements that are wider than the window or the open dialog. */
const TOO_WIDE = `(() => {
  const dialog = document.querySelector('dialog[open]');
  if (dialog !== null && dialog.scrollWidth > dialog.clientWidth) return ['dialog'];
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const all = [...document.querySelectorAll('body *')];
  return all.filter(each => each.getBoundingClientRect().right > innerWidth).map(each => each.outerHTML.slice(0, 80));
})()`;

/** The browsers of one scenario, which closes them at its end. */
export class ShopVisit {
  readonly errors: string[] = [];
  readonly #pages: Page[] = [];
  readonly #browser: Browser;
  readonly #url: string;
  readonly #visitor: string | undefined;

  /** @param visitor the same for each run of a scenario, so that a recorded cart is that of its visitor. */
  constructor(browser: Browser, url: string, visitor?: string) {
    this.#browser = browser;
    this.#url = url;
    this.#visitor = visitor;
  }

  async open(options: BrowserContextOptions = { viewport: DESKTOP }, path = '/'): Promise<Page> {
    const context = await this.#browser.newContext({ reducedMotion: 'reduce', ...options });
    if (this.#visitor !== undefined)
      await context.addInitScript(`localStorage.setItem('lintel.visitor', ${JSON.stringify(this.#visitor)})`);
    const page = await context.newPage();
    this.#pages.push(page);
    page.setDefaultTimeout(15_000);
    page.on('pageerror', error => this.errors.push(error.message));
    await page.goto(this.#url + path);
    await page.getByTestId('product-card').first().waitFor();
    await page.getByTestId('recommendation').first().waitFor();
    await page.getByTestId('chaos-chat-ok').waitFor();
    return page;
  }

  async close(): Promise<void> {
    await Promise.all(this.#pages.map(page => page.context().close()));
  }
}

export const callIn = (page: Page, path: string, state = '') =>
  page.locator(`[data-testid=call][data-path^="${path}"]${state}`);

/** The focused element as a CSS selector. Scripts in the page are strings, since the types here are those of Node. */
export const focused = (page: Page) =>
  page.evaluate<string>(`{
    const at = document.activeElement;
    [at.localName, ...at.classList].join('.') + ' ' + (at.getAttribute('href') ?? at.getAttribute('aria-label'));
  }`);

export async function openProduct(page: Page, id: string): Promise<void> {
  await page.evaluate(`location.assign('#product/${id}')`);
  await page.locator(`#product-page[data-id="${id}"] [data-part=seller]`).waitFor();
}

const closed = (page: Page) =>
  expect.poll(() => page.evaluate(`location.hash + document.querySelectorAll('dialog[open]').length`), POLL).toBe('0');

export async function closeProduct(page: Page): Promise<void> {
  await page.getByTestId('product-page-close').click();
  await closed(page);
}

/** The visually different states of the page while every backend works, in turn. */
export async function* calmStates(page: Page): AsyncGenerator<string> {
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
}

export async function hasNoHorizontalScroll(page: Page, states: AsyncIterable<string>): Promise<void> {
  for await (const state of states) {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate(TOO_WIDE), `${state} at ${width}`).toEqual([]);
    }
    await page.setViewportSize(DESKTOP);
  }
}

/**
 * What a visitor of the shop does while every backend works. Each has a visitor of its own, and they run in this order
 * with live backends and with their recordings.
 */
export const SCENARIOS: Readonly<Record<string, (visit: ShopVisit) => Promise<void>>> = {
  'renders its twelve products with their pictures': async visit => {
    const page = await visit.open();
    expect(await page.getByTestId('product-card').count()).toBe(12);
    for (const picture of await page.getByTestId('product-card').locator('img').all()) {
      await picture.scrollIntoViewIfNeeded();
      await expect.poll(() => picture.evaluate(image => Number(Reflect.get(image, 'naturalWidth')))).toBeGreaterThan(0);
    }
  },

  'is served from memory the second time': async visit => {
    const page = await visit.open();
    await page.reload();
    await callIn(page, '/api/products', '[data-cache=hit][data-status="200"]').first().waitFor();
  },

  'shows a product composed of three backends': async visit => {
    const page = await visit.open({ viewport: PHONE });
    await page.getByTestId('product-card').first().click();
    const product = page.getByTestId('product-page');
    for (const part of ['product', 'stock', 'seller']) await product.locator(`[data-part=${part}]`).waitFor();
  },

  'serves a cart from memory until it is written to': async visit => {
    const page = await visit.open();
    expect(await page.getByTestId('cart-count').textContent()).toContain('0');
    await page.getByTestId('add-to-cart').first().click();
    await expect.poll(() => page.getByTestId('cart-count').textContent()).toContain('1');
    await callIn(page, '/api/cart', '[data-cache=miss]').first().waitFor();
    await callIn(page, '/api/cart', '[data-cache=hit]').first().waitFor();
    await page.getByLabel('Take Ember teapot out').click();
    await expect.poll(() => page.getByTestId('cart-count').textContent()).toContain('0');
  },

  'shows live prices': async visit => {
    const page = await visit.open();
    const price = page.getByTestId('live-price').first();
    await expect.poll(async () => Number(await price.getAttribute('data-updates')), POLL).toBeGreaterThan(0);
  },

  'has a working chat': async visit => {
    const [page, other] = [await visit.open(), await visit.open()];
    await page.getByTestId('chat-input').fill('is anybody there?');
    await page.getByTestId('chat-send').click();
    for (const each of [page, other])
      await each.getByTestId('chat-message').filter({ hasText: 'is anybody there?' }).first().waitFor();
  },

  'has no horizontal scroll from 320 to 1920 pixels': async visit => {
    const page = await visit.open();
    await hasNoHorizontalScroll(page, calmStates(page));
  },

  'moves the focus into the product dialog and back': async visit => {
    const page = await visit.open();
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
  },

  'restores the focus after its element was rendered again or was absent': async visit => {
    const page = await visit.open(undefined, '/#product/bud-vase');
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
  },

  'keeps the focus on a button of the cart while the cart changes': async visit => {
    const page = await visit.open();
    await page.getByTestId('add-to-cart').first().click();
    const more = page.getByLabel('One more Ember teapot');
    await more.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.line-qty').textContent(), POLL).toBe('× 3');
    expect(await focused(page)).toBe('button.step One more Ember teapot');
  },
};
