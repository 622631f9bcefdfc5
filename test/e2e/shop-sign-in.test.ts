import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startShop } from '../../demo/shop.ts';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { freePort } from '../support/port.ts';
import { PorticoProcess } from '../support/portico-process.ts';
import { callIn, DESKTOP, focused, hasNoHorizontalScroll, POLL } from './shop-scenarios.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PHONE = { width: 360, height: 740 };
const TOO_LONG = 60_000;

describe.skipIf(noBrowser !== undefined)(
  `the sign-in of the shop${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  { timeout: TOO_LONG },
  () => {
    let browser: Browser;
    let shop: Shop;
    let portico: PorticoProcess;
    let origin: string;
    let contexts: BrowserContext[];
    let errors: string[];

    beforeAll(async () => {
      const port = await freePort();
      // Another site than 127.0.0.1, at which the identity provider is.
      origin = `http://localhost:${port}`;
      [browser, shop] = await Promise.all([openBrowser(), startShop({ origin })]);
      const args = ['start', '--dir', ROOT, '--port', String(port), '--admin-port', '0', '--json'];
      portico = new PorticoProcess(args, { env: shop.env });
      await portico.ready();
    });

    afterAll(async () => {
      await browser?.close();
      await portico?.[Symbol.asyncDispose]();
      await shop?.close();
    });

    beforeEach(() => {
      contexts = [];
      errors = [];
    });

    afterEach(async () => {
      await Promise.all(contexts.map(context => context.close()));
      expect(errors).toEqual([]);
    });

    /** A browser of its own, with nobody signed in. */
    async function open(options: BrowserContextOptions = { viewport: DESKTOP }, path = '/'): Promise<Page> {
      const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
      contexts.push(context);
      return tabOf(context, path);
    }

    async function tabOf(context: BrowserContext, path = '/'): Promise<Page> {
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on('pageerror', error => errors.push(error.message));
      await page.goto(new URL(path, origin).href);
      return page;
    }

    /** A name that no other test has: its cart is empty, and all of its rate limit is left. */
    let named = 0;
    const newName = () => `Visitor ${String.fromCodePoint(97 + named++)}`;

    /** Fills in the page of the provider. */
    async function enter(page: Page, name: string): Promise<void> {
      await page.getByLabel('Or another name').fill(name);
      await page.keyboard.press('Enter');
    }

    async function signIn(page: Page, name = newName()): Promise<string> {
      await page.getByTestId('sign-in').click();
      await enter(page, name);
      await page.getByTestId('user-name').filter({ hasText: name }).waitFor();
      return name;
    }

    /** The part of the panel about the user. */
    const openPanel = (page: Page) => page.locator('#who > summary').click();

    const count = (page: Page) => page.getByTestId('cart-count').textContent();

    /** What happens when a visitor comes back to a tab. */
    const comeBackTo = (page: Page) => page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);

    const seenByCart = () => shop.backends.get('cart')?.requests.map(({ method, url }) => `${method} ${url}`) ?? [];

    describe.each([
      ['on a desktop', DESKTOP],
      ['on a phone', PHONE],
    ] as const)('%s', (_device, viewport) => {
      it('leads to the provider and back, with a Strict cookie, and the cart becomes the user’s', async () => {
        const page = await open({ viewport });
        await page.getByTestId('add-to-cart').first().click();
        await page.getByTestId('cart-line').waitFor();
        await page.getByTestId('sign-in').click();
        expect(new URL(page.url()).hostname).toBe('127.0.0.1');
        expect(await page.textContent('main')).toContain('This is a demonstration');
        await enter(page, newName());
        await page.getByTestId('user-name').waitFor();
        expect(page.url()).toBe(`${origin}/`);
        const [cookie, ...more] = (await page.context().cookies(origin)).filter(({ name }) => name.includes('portico'));
        expect(cookie).toMatchObject({ name: 'portico', httpOnly: true, sameSite: 'Strict' });
        expect(more).toEqual([]);
        await expect.poll(() => count(page), POLL).toBe('1');
        expect(seenByCart()).toContain('POST /my/cart/moves');
        await page.reload();
        await page.getByTestId('user-name').waitFor();
        await expect.poll(() => count(page), POLL).toBe('1');
      });

      it('ends with the sign-out, here and at the provider', async () => {
        const page = await open({ viewport });
        await signIn(page);
        await page.getByTestId('add-to-cart').first().click();
        await expect.poll(() => count(page), POLL).toBe('1');
        await page.getByTestId('sign-out').click();
        await page.getByTestId('sign-in').waitFor();
        expect(page.url()).toBe(`${origin}/`);
        await expect.poll(() => count(page), POLL).toBe('0');
        const cookies = (await page.context().cookies(origin)).map(({ name }) => name);
        expect(cookies).not.toContain('portico');
        // With a session at the provider it would lead straight back.
        await page.getByTestId('sign-in').click();
        await page.getByLabel('Or another name').waitFor();
      });

      it.each(['light', 'dark'] as const)('has neither axe violations nor horizontal scroll: %s', async colorScheme => {
        const page = await open({ viewport, colorScheme });
        await openPanel(page);
        await hasNoViolations(page, 'with nobody signed in');
        await page.getByTestId('sign-in').click();
        await enter(page, '…');
        await page.getByText('Please enter a name').waitFor();
        await hasNoViolations(page, 'at the provider');
        await enter(page, newName());
        await page.getByTestId('user-name').waitFor();
        await page.getByTestId('add-to-cart').first().click();
        await page.getByTestId('cart-line').waitFor();
        await openPanel(page);
        await page.getByTestId('cross-site').click();
        await page.getByTestId('cross-site-result').filter({ hasText: '403' }).waitFor();
        await page.getByTestId('rate-burst').click();
        await page.getByTestId('rate-result').filter({ hasText: '429' }).waitFor();
        await hasNoViolations(page, 'with a user');
        if (viewport === DESKTOP && colorScheme === 'light') await hasNoHorizontalScroll(page, only('with a user'));
        await page.getByTestId('order').click();
        await page.getByTestId('order-placed').getByText('Your orders').click();
        await page.getByTestId('order-line').waitFor();
        await hasNoViolations(page, 'with orders');
      });
    });

    async function* only(state: string): AsyncGenerator<string> {
      yield state;
    }

    async function hasNoViolations(page: Page, state: string): Promise<void> {
      // As a tool of the browser would, whatever the policy of the page allows.
      const session = await page.context().newCDPSession(page);
      await session.send('Runtime.evaluate', { expression: axe.source });
      const violations = await page.evaluate(async () => {
        const run: typeof axe.run = Reflect.get(globalThis, 'axe').run;
        const found = (await run()).violations;
        return found.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html} ${node.failureSummary}`));
      });
      expect(violations, state).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), state).toBeLessThanOrEqual(0);
    }

    it('is one for two tabs that began it at once, and a third one that was open learns of it', async () => {
      const first = await open();
      const [second, third] = [await tabOf(first.context()), await tabOf(first.context())];
      const name = newName();
      for (const page of [first, second]) {
        await page.getByTestId('sign-in').click();
        await page.getByLabel('Or another name').waitFor();
      }
      for (const page of [second, first]) {
        await enter(page, name);
        await page.getByTestId('user-name').filter({ hasText: name }).waitFor();
      }
      await third.getByTestId('sign-in').waitFor();
      await comeBackTo(third);
      await third.getByTestId('user-name').filter({ hasText: name }).waitFor();
      await first.getByTestId('sign-out').click();
      await first.getByTestId('sign-in').waitFor();
      for (const page of [second, third]) {
        await comeBackTo(page);
        await page.getByTestId('sign-in').waitFor();
      }
    });

    it('returns to the product that was open', async () => {
      const page = await open(undefined, '/#product/bud-vase');
      await page.locator('#product-page [data-part=seller]').waitFor();
      await page.keyboard.press('Escape');
      await page.evaluate(`location.assign('#product/dusk-lamp')`);
      await page.locator('#product-page[data-id=dusk-lamp] [data-part=seller]').waitFor();
      const link = await page.getByTestId('sign-in').getAttribute('href');
      await page.goto(new URL(link ?? '', origin).href);
      await enter(page, newName());
      await page.locator('#product-page[data-id=dusk-lamp] [data-part=seller]').waitFor();
      expect(page.url()).toBe(`${origin}/#product/dusk-lamp`);
    });

    it('is kept for a link of another site to a page for users, with which no Strict cookie is sent', async () => {
      const page = await open();
      const name = await signIn(page);
      const elsewhere = await tabOf(page.context(), origin.replace('localhost', '127.0.0.1'));
      const cookies: (string | undefined)[] = [];
      elsewhere.on('request', async request => {
        if (request.url() === `${origin}/orders`) cookies.push((await request.allHeaders()).cookie);
      });
      await elsewhere.evaluate(`{
        const link = document.createElement('a');
        link.href = '${origin}/orders';
        document.body.append(link);
        link.click();
      }`);
      await elsewhere.getByTestId('user-name').filter({ hasText: name }).waitFor();
      await elsewhere.getByTestId('no-orders').waitFor();
      expect(elsewhere.url()).toBe(`${origin}/orders`);
      await expect.poll(() => cookies, POLL).toEqual([undefined, expect.stringContaining('portico=')]);
    });

    it('comes before a page for users, which then has what the user ordered', async () => {
      const page = await open(undefined, '/orders');
      await enter(page, newName());
      await page.getByTestId('no-orders').waitFor();
      await page.getByText('Back to the shop').click();
      await page.getByTestId('add-to-cart').first().click();
      await page.getByTestId('order').click();
      await page.getByTestId('order-placed').waitFor();
      await expect.poll(() => count(page), POLL).toBe('0');
      await page.getByTestId('user-name').click();
      await page.getByTestId('order-line').filter({ hasText: '1 product' }).waitFor();
    });

    it('leads a visitor of 127.0.0.1, where the shop works without it, to the origin of the sessions', async () => {
      const page = await open(undefined, origin.replace('localhost', '127.0.0.1'));
      await page.getByTestId('add-to-cart').first().click();
      await expect.poll(() => count(page), POLL).toBe('1');
      await page.getByTestId('chat-input').fill('by number');
      await page.getByTestId('chat-send').click();
      await page.getByTestId('chat-message').filter({ hasText: 'by number' }).first().waitFor();
      await signIn(page);
      expect(page.url()).toBe(`${origin}/`);
    });

    it('gives each user a cart of their own, also in one browser', async () => {
      const page = await open();
      const first = await signIn(page);
      await page.getByTestId('add-to-cart').nth(2).click();
      await page.getByTestId('add-to-cart').nth(3).click();
      await expect.poll(() => count(page), POLL).toBe('2');
      await page.getByTestId('sign-out').click();
      await page.getByTestId('sign-in').waitFor();
      await signIn(page);
      await callIn(page, '/api/my/cart', '[data-status="200"]').first().waitFor();
      expect(await count(page)).toBe('0');
      const other = await open();
      await signIn(other);
      await callIn(other, '/api/my/cart', '[data-status="200"]').first().waitFor();
      expect(await count(other)).toBe('0');
      await other.getByTestId('sign-out').click();
      await other.getByTestId('sign-in').waitFor();
      await signIn(other, first);
      await expect.poll(() => count(other), POLL).toBe('2');
    });

    it('ends everywhere when the user says so at the provider, and the cart is the visitor’s again', async () => {
      const page = await open();
      await signIn(page);
      const elsewhere = await open();
      await signIn(elsewhere);
      const account = await page.context().newPage();
      await account.goto((await page.getByTestId('provider').getAttribute('href')) ?? '');
      await account.getByText('Sign out everywhere').click();
      await account.getByRole('button', { name: 'Sign out' }).click();
      await account.getByText('You are signed out').waitFor();
      // The page learns of it with its next request.
      await page.getByTestId('add-to-cart').first().click();
      await page.getByTestId('sign-in').waitFor();
      expect(await page.locator('#cart-body').getByTestId('problem').textContent()).toContain('401');
      await elsewhere.reload();
      await elsewhere.getByTestId('user-name').waitFor();
    });

    it('shows the session in the panel, by keyboard', async () => {
      const page = await open();
      const facts = page.getByTestId('session-facts');
      await page.locator('#who > summary').focus();
      await page.keyboard.press('Enter');
      expect(await facts.textContent()).toContain('none');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      const name = newName();
      await enter(page, name);
      await page.locator('#who > summary').filter({ hasText: name }).focus();
      await page.keyboard.press('Enter');
      await facts.getByText(name).waitFor();
      const [since = '', until = ''] = await facts
        .locator('time')
        .evaluateAll(times => times.map(each => each.dateTime));
      // A week, as the options say.
      expect((Date.parse(until) - Date.parse(since)) / 86_400_000).toBeCloseTo(7, 2);
    });

    it('protects the user from a form of another site, which the panel shows by keyboard', async () => {
      const page = await open();
      await signIn(page);
      await page.getByTestId('add-to-cart').first().click();
      await expect.poll(() => count(page), POLL).toBe('1');
      await openPanel(page);
      const orders = () => seenByCart().filter(each => each === 'POST /my/orders').length;
      const before = orders();
      const refused = page.waitForResponse(response => response.url() === `${origin}/api/my/orders`);
      await page.getByTestId('cross-site').focus();
      await page.keyboard.press('Enter');
      const result = page.getByTestId('cross-site-result');
      await result.filter({ hasText: /^403 .*A page of another origin/ }).waitFor();
      await callIn(page, '/api/my/orders', '[data-status="403"]').waitFor();
      const request = (await refused).request();
      const { cookie, 'sec-fetch-site': site, origin: sender } = await request.allHeaders();
      expect([cookie, site, sender]).toEqual([undefined, 'cross-site', origin.replace('localhost', '127.0.0.1')]);
      expect(await focused(page)).toBe('button.quiet null');
      expect(await count(page)).toBe('1');
      expect(orders()).toBe(before);
      // The page's own order of the same user passes.
      await page.getByTestId('order').click();
      await page.getByTestId('order-placed').waitFor();
    });

    it('has a rate limit for each user, which the panel shows until 429', async () => {
      const page = await open();
      await openPanel(page);
      expect(await page.getByTestId('rate-burst').isDisabled()).toBe(true);
      await signIn(page);
      await openPanel(page);
      await page.getByTestId('rate-burst').click();
      const result = page.getByTestId('rate-result');
      await result.filter({ hasText: /^\d+ accepted, then 429 .* Again in \d+ s\.$/ }).waitFor();
      const [, accepted = '0'] = /^(\d+)/.exec((await result.textContent()) ?? '') ?? [];
      expect(Number(accepted)).toBeGreaterThanOrEqual(10);
      await expect.poll(() => count(page), POLL).toBe(accepted);
      const facts = (await page.getByTestId('rate-facts').textContent()) ?? '';
      expect(facts).toMatch(/RateLimit"user";r=0;t=\d+RateLimit-Policy"user";q=30;w=60Retry-After\d+/);
      const other = await open();
      await signIn(other);
      await other.getByTestId('add-to-cart').first().click();
      await openPanel(other);
      await other.getByTestId('rate-facts').getByText('"user";r=9').waitFor();
    });
  },
);
