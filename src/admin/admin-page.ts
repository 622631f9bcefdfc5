import Negotiator from 'negotiator';
import type { AdminResponse } from './admin-response.ts';

/** What the page loads; each name is a segment below `/ui/`. */
const FILES = [
  'page.js',
  'gateway.js',
  'rates.js',
  'words.js',
  'table.js',
  'chart.js',
  'overview.js',
  'services.js',
  'circuits.js',
  'cache.js',
  'requests.js',
  'request.js',
  'history.js',
  'page.css',
  'base.css',
  'lit-html.js',
  'uplot.js',
  'uplot.css',
] as const;

const UI = '/ui';

/** Whether a request at `/` is that of a browser, which prefers a page. */
export function prefersPage(accept: string | undefined): boolean {
  if (accept === undefined || !accept.includes('text/html')) return false;
  return new Negotiator({ headers: { accept } }).mediaType(['application/json', 'text/html']) === 'text/html';
}

/**
 * Whether the response is the same at each gateway: the page and its files. They need no token, because a browser
 * cannot send one for them; the page sends it for what it shows.
 */
export function isOfPage(path: string, accept: string | undefined): boolean {
  return path === '/' ? prefersPage(accept) : adminFileAt(path) !== undefined;
}

/** The page of the admin port. */
export async function adminPage(): Promise<AdminResponse> {
  const { PAGE_HEADERS, pageOf } = await import('../openapi/page-files.ts');
  return { status: 200, headers: { ...PAGE_HEADERS, Vary: 'Accept' }, ...(await pageOf('admin', UI)) };
}

/** A file of the page; undefined for other paths. */
export function adminFileAt(path: string): (() => Promise<AdminResponse>) | undefined {
  const name = FILES.find(each => path === `${UI}/${each}`);
  return name && (() => adminFile(name));
}

async function adminFile(name: (typeof FILES)[number]): Promise<AdminResponse> {
  const { PAGE_HEADERS, pageFile } = await import('../openapi/page-files.ts');
  return { status: 200, headers: PAGE_HEADERS, ...(await pageFile('admin', name)) };
}
