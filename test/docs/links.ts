import { access } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { type Page, proseOf } from './pages.ts';

const LINK = /\]\(([^)\s]+)\)/g;

/** The anchors of a page as GitHub makes them: from its headings, and explicit ones. */
function anchorsOf(page: Page): ReadonlySet<string> {
  const headings = [...page.text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm)];
  const slugs = headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  const stated = [...page.text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  return new Set([...slugs, ...stated]);
}

/** The dead relative links of pages, as `page: link`. */
export async function deadLinks(root: string, pages: readonly Page[]): Promise<readonly string[]> {
  const known = new Map(pages.map(page => [page.path, page]));
  const dead: string[] = [];
  for (const page of pages) {
    for (const [, link = ''] of proseOf(page).matchAll(LINK)) {
      if (!(await leadsSomewhere(root, page, link, known))) dead.push(`${page.path}: ${link}`);
    }
  }
  return dead;
}

async function leadsSomewhere(
  root: string,
  page: Page,
  link: string,
  known: ReadonlyMap<string, Page>,
): Promise<boolean> {
  if (/^https?:/.test(link)) return URL.canParse(link);
  const [path = '', anchor] = link.split('#', 2);
  const target = path === '' ? page.path : normalize(join(dirname(page.path), path));
  const exists = await access(join(root, target)).then(
    () => true,
    () => false,
  );
  if (!exists || anchor === undefined) return exists;
  const linked = known.get(target);
  return linked !== undefined && anchorsOf(linked).has(anchor);
}
