import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { type RunningExample, startExample } from './example.ts';

describe('the example spa-two-apis', () => {
  let example: RunningExample;

  beforeAll(async () => {
    example = await startExample('spa-two-apis');
  });

  afterAll(() => example?.[Symbol.asyncDispose]());

  const get = (path: string) => fetch(example.url + path);

  it('serves the page and its script', async () => {
    expect(await (await get('/')).text()).toContain('<title>Books</title>');
    const script = await get('/app.js');
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(await script.text()).toContain('/api/books');
    expect((await get('/api/typo')).status).toBe(404);
  });

  it('calls each backend once for two readers', async () => {
    for (const _reader of [1, 2]) {
      expect(await (await get('/api/books')).json()).toContainEqual({
        id: 'b2',
        title: 'Kindred',
        author: 'Octavia E. Butler',
      });
      expect(await (await get('/api/books/b1/reviews')).json()).toEqual(['A planet of winter, and of trust.']);
    }
    expect(example.calls()).toEqual(['books GET /v1/books', 'reviews GET /books/b1/reviews']);
  });

  it('fetches the reviews of one book again after a write, and rejects an empty one', async () => {
    await get('/api/books/b2/reviews');
    const before = example.calls().length;
    const write = (text: string) =>
      fetch(`${example.url}/api/books/b1/reviews`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
      });
    expect((await write('')).status).toBe(422);
    expect((await write('Snow.')).status).toBe(201);
    expect(await (await get('/api/books/b1/reviews')).json()).toEqual(['A planet of winter, and of trust.', 'Snow.']);
    await get('/api/books/b2/reviews');
    expect(example.calls().slice(before)).toEqual(['reviews POST /books/b1/reviews', 'reviews GET /books/b1/reviews']);
  });

  it.skipIf(noBrowser)('shows the books and a new review in a browser', async () => {
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(example.url);
      const kindred = page.locator('section', { hasText: 'Kindred' });
      await kindred.getByText('Not to be put down.').waitFor();
      await kindred.getByLabel('Your review').fill('Read it twice.');
      await kindred.getByRole('button').click();
      await kindred.getByText('Read it twice.').waitFor();
      expect(await page.locator('section').count()).toBe(3);
    } finally {
      await browser.close();
    }
  });

  it('ends with SIGTERM, including all its processes', async () => {
    await example.stop('SIGTERM');
    await expect(get('/')).rejects.toThrow('fetch failed');
  });
});
