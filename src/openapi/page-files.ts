import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { ApiDocsFile } from '../config/api-docs.ts';

/** A file of a page. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

/**
 * The headers of the page and its files. Names and texts in a document come from the project and its libraries, so no
 * script but the page's own runs, and no text becomes markup: Trusted Types leave that to the templates of lit-html.
 */
export const PAGE_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html',
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

// Two folders below the package root, for src/openapi and dist/openapi alike.
const PAGES = new URL('../../pages/', import.meta.url);

/** The folders of the pages. */
type PageFolder = 'api-docs' | 'admin';

/** Files that pages share. What lit-html is for Node is meant for servers, so its entry for browsers is named. */
const SHARED: Readonly<Record<string, () => URL>> = {
  'base.css': () => new URL('shared/base.css', PAGES),
  'lit-html.js': () => besideManifest(findPackageJSON('lit-html', import.meta.url), 'lit-html.js'),
  'uplot.js': () => besideManifest(findPackageJSON('uplot', import.meta.url), 'dist/uPlot.esm.js'),
  'uplot.css': () => besideManifest(findPackageJSON('uplot', import.meta.url), 'dist/uPlot.min.css'),
};

/** @param path of the page: its files are below it, also where a proxy in front of the gateway serves it elsewhere. */
export async function pageOf(folder: PageFolder, path: string): Promise<PageFile> {
  const html = await readFile(new URL(`${folder}/index.html`, PAGES), 'utf8');
  const below = path.slice(path.lastIndexOf('/') + 1);
  return { type: 'text/html; charset=utf-8', body: html.replaceAll('"./', `"./${below}/`) };
}

/** A file that a page loads. */
export async function pageFile(folder: PageFolder, name: string): Promise<PageFile> {
  const type = name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
  return { type, body: await readFile(SHARED[name]?.() ?? new URL(`${folder}/${name}`, PAGES), 'utf8') };
}

/** @param document writes the OpenAPI document. */
export async function apiDocsFileOf(name: ApiDocsFile, document: () => Promise<string>): Promise<PageFile> {
  if (name === 'openapi.json') return { type: 'application/json; charset=utf-8', body: await document() };
  return await pageFile('api-docs', name);
}

function besideManifest(manifest: string | undefined, file: string): URL {
  if (manifest === undefined) throw new Error(`the package of ${file} is not installed`);
  return new URL(file, pathToFileURL(manifest));
}
