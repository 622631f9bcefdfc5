import type { Guard } from './policies.ts';

/** The page of the API on the gateway's own port. */
export interface ApiDocs {
  /** Path of the page, for every host; its files and the OpenAPI document are below it. Default `/api-docs`. */
  readonly path?: `/${string}`;
  /**
   * Access check of the page and of the document, one function or several; guards of folders do not apply. `false`
   * shows them to everybody. Required.
   */
  readonly guard: Guard | readonly Guard[] | false;
}

/** What the page loads; each name is a segment below the page's own path. */
export const API_DOCS_FILES = [
  'page.js',
  'operation.js',
  'schema.js',
  'page.css',
  'base.css',
  'lit-html.js',
  'openapi.json',
] as const;

export type ApiDocsFile = (typeof API_DOCS_FILES)[number];
