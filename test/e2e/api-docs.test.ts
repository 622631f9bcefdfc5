import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { type RunningCommand, runPortico } from '../support/command.ts';
import { route } from '../support/gateway.ts';
import { createProject, type TestProject } from '../support/project.ts';

const PHONE = { width: 320, height: 640 };
const DESKTOP = { width: 1440, height: 900 };
const TOO_LONG = 60_000;

const FILES = {
  'portico.config.ts': `import { defineGateway } from 'portico';
    export default defineGateway({ apiDocs: { guard: false } });`,
  'routes/items/[id]/reviews/of-a-path-that-is-much-longer-than-a-phone-is-wide.get.ts': route(`{
    params: { type: 'object', properties: { id: { type: 'integer', minimum: 1 } } },
    query: { type: 'object', required: ['q'], properties: { q: { type: 'string', description: 'What to look for.' },
      order: { enum: ['newest', 'best'], default: 'best' } } },
    handler: () => 1 }`),
  'routes/tree.post.ts': route(`{
    guard: () => undefined,
    body: { type: 'object', required: ['name'], properties: { name: { type: 'string' },
      children: { type: 'array', items: { $ref: '#' } }, parent: { anyOf: [{ $ref: '#' }, { type: 'null' }] } } },
    response: { $ref: '#' },
    handler: () => 1 }`),
  'routes/markup.get.ts': route(`{
    query: { type: 'object', properties: { '<b>bold</b>': { type: 'string',
      description: '<img src=x onerror="document.title=1"><script>document.title=2</script>', default: '<i>x</i>' } } },
    handler: () => 1 }`),
  'routes/items/[id].delete.ts': route(`{ handler: () => undefined }`),
};

describe.skipIf(noBrowser !== undefined)(
  `the page of the API${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let project: TestProject;
    let portico: RunningCommand;
    let browser: Browser;
    let pages: Page[];
    let errors: string[];

    beforeAll(async () => {
      browser = await openBrowser();
      project = await createProject(FILES);
      portico = await runPortico(['start', '--dir', project.dir]);
    }, TOO_LONG);

    afterAll(async () => {
      await browser?.close();
      await portico?.[Symbol.asyncDispose]();
      await project?.[Symbol.asyncDispose]();
    });

    beforeEach(() => {
      pages = [];
      errors = [];
    });

    afterEach(async () => {
      await Promise.all(pages.map(page => page.context().close()));
      expect(errors).toEqual([]);
    });

    async function open(path = '/api-docs', options: BrowserContextOptions = { viewport: DESKTOP }): Promise<Page> {
      const page = await (await browser.newContext({ reducedMotion: 'reduce', ...options })).newPage();
      pages.push(page);
      page.setDefaultTimeout(15_000);
      page.on('pageerror', error => errors.push(error.message));
      // What the content security policy forbids is an error of the console.
      page.on('console', message => message.type() === 'error' && errors.push(message.text()));
      await page.goto(new URL(path, portico.url).href);
      await page.getByRole('status').waitFor();
      return page;
    }

    const operation = (page: Page, id: string) => page.locator(`article[id="${id}"]`);

    async function openOperation(page: Page, id: string): Promise<void> {
      await operation(page, id).locator('summary').first().click();
      await operation(page, id).getByText('Responses').waitFor();
    }

    it('lists the operations by path, with parameters, body and responses', async () => {
      const page = await open();
      expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual([
        '/items/{id}',
        '/items/{id}/reviews/of-a-path-that-is-much-longer-than-a-phone-is-wide',
        '/markup',
        '/tree',
      ]);
      const id = 'getItemsByIdReviewsOfAPathThatIsMuchLongerThanAPhoneIsWide';
      await openOperation(page, id);
      const text = ((await operation(page, id).textContent()) ?? '').replaceAll(/\s+/g, ' ');
      expect(text).toContain('id path required integer minimum: 1');
      expect(text).toContain('q query required string What to look for.');
      expect(text).toContain('order query "newest" | "best" default: "best"');
      expect(text).toMatch(/200 The response.*400 A failure.*else A failure/);
      expect(page.url()).toMatch(/\/api-docs$/);
    });

    it('is the same on the admin port', async () => {
      const page = await open(`${portico.adminUrl}/api-docs`);
      expect(await page.getByRole('status').textContent()).toBe('4 operations');
    });

    it('opens a schema that contains itself as deep as the reader wants', async () => {
      const page = await open();
      await openOperation(page, 'postTree');
      const children = operation(page, 'postTree').locator('summary.row', { hasText: 'children' });
      for (let depth = 0; depth < 5; depth++) {
        expect(await children.count()).toBe(depth + 1);
        await children.nth(depth).click();
        await operation(page, 'postTree').locator('summary.row', { hasText: 'each item' }).nth(depth).click();
        await children.nth(depth + 1).waitFor();
      }
      await operation(page, 'postTree').locator('summary', { hasText: '200' }).click();
      await operation(page, 'postTree').getByText('postTree.response').waitFor();
    });

    it('shows the texts of the document as texts', async () => {
      const page = await open();
      await openOperation(page, 'getMarkup');
      const text = await operation(page, 'getMarkup').textContent();
      expect(text).toContain('<b>bold</b>');
      expect(text).toContain('<script>document.title=2</script>');
      expect(text).toContain('default: "<i>x</i>"');
      expect(await operation(page, 'getMarkup').locator('b, i, img, script').count()).toBe(0);
      expect(await page.title()).toMatch(/: API$/);
    });

    it('finds operations by words of their method and path', async () => {
      const page = await open();
      const search = page.getByRole('searchbox', { name: 'Search paths and methods' });
      await search.pressSequentially('items del');
      expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['/items/{id}']);
      expect(await page.getByRole('status').textContent()).toBe('1 operation');
      await search.fill('nothing of this name');
      expect(await page.getByRole('status').textContent()).toBe('0 operations');
    });

    it('opens the operation that the address names', async () => {
      const page = await open('/api-docs#postTree');
      await operation(page, 'postTree').getByRole('heading', { name: 'Body' }).waitFor();
      expect(await page.locator('details[open]').count()).toBe(1);
    });

    it('is used with the keyboard alone', async () => {
      const page = await open();
      await page.getByRole('searchbox').focus();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await operation(page, 'deleteItemsById').getByText('Responses').waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await operation(page, 'deleteItemsById').getByText('any media type').waitFor();
    });

    it.each([
      ['phone', 'light', PHONE],
      ['phone', 'dark', PHONE],
      ['desktop', 'light', DESKTOP],
      ['desktop', 'dark', DESKTOP],
    ] as const)(
      'has no axe violations and no horizontal scroll: %s, %s',
      { timeout: TOO_LONG },
      async (_device, colorScheme, viewport) => {
        const page = await open('/api-docs', { viewport, colorScheme });
        for (const article of await page.locator('article').all()) await article.locator('summary').first().click();
        for (const response of await page.locator('.responses summary').all()) await response.click();
        await page.locator('summary.row', { hasText: 'children' }).first().click();
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
        await page.evaluate(axe.source);
        const violations = await page.evaluate(async () => {
          const run: typeof axe.run = Reflect.get(globalThis, 'axe').run;
          const found = (await run()).violations;
          return found.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html} ${node.failureSummary}`));
        });
        expect(violations).toEqual([]);
      },
    );

    it('says so where there is no document', async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      pages.push(page);
      await page.route('**/openapi.json', asked => asked.fulfill({ status: 503, body: '{}' }));
      await page.goto(`${portico.url}/api-docs`);
      expect(await page.getByRole('alert').textContent()).toContain('503');
    });
  },
);
