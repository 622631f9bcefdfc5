import { describe, expect, it } from 'vitest';
import { deadLinks } from './links.ts';
import { type Page, ROOT, readPages } from './pages.ts';

describe('links of README and docs', () => {
  it('lead to existing files and headings', async () => {
    const pages = await readPages(ROOT);
    expect(pages.length).toBeGreaterThan(40);
    expect(await deadLinks(ROOT, pages)).toEqual([]);
  });

  it.each([
    ['a missing file', '[a](docs/none.md)'],
    ['a missing heading', '[a](docs/routes.md#none)'],
    ['a missing heading of its own page', '[a](#none)'],
    ['an address that is none', '[a](https://)'],
  ])('to %s are found', async (_what, text) => {
    const page: Page = { path: 'README.md', text };
    expect(await deadLinks(ROOT, [page, ...(await readPages(ROOT)).slice(1)])).toEqual([
      expect.stringContaining('README.md: '),
    ]);
  });
});
