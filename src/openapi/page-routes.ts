import { API_DOCS_FILES, type ApiDocs } from '../config/api-docs.ts';
import { DEFAULTS } from '../config/defaults.ts';
import type { LoadedRoute } from '../config/loaded-route.ts';
import { ownRoute } from '../config/own-route.ts';
import { apiDocsFileOf, PAGE_HEADERS, type PageFile, pageOf } from './page-files.ts';

/** Where the routes of the page come from. */
export interface PageRoutesSource {
  readonly apiDocs: ApiDocs;
  /** The file that configures them. */
  readonly file: string;
  /** Writes the OpenAPI document. */
  readonly document: () => Promise<string>;
}

/** The page of the API as routes, so that they go through the same chain as all others. */
export function pageRoutes({ apiDocs, file, document }: PageRoutesSource): readonly LoadedRoute[] {
  const { path = DEFAULTS.apiDocs.path, guard } = apiDocs;
  const written = keptText(document);
  const at = (address: string, read: () => Promise<PageFile>): LoadedRoute => ({
    ...ownRoute(file, 'GET', address),
    definition: { guard, handler: async () => responseOf(await read()) },
  });
  return [
    at(path, () => pageOf('api-docs', path)),
    ...API_DOCS_FILES.map(name => at(`${path}/${name}`, () => apiDocsFileOf(name, written))),
  ];
}

function responseOf({ type, body }: PageFile): Response {
  return new Response(body, { headers: { ...PAGE_HEADERS, 'Content-Type': type } });
}

/** Clients may ask for it as often as they like, so it is written once. */
function keptText(write: () => Promise<string>): () => Promise<string> {
  let text: Promise<string> | undefined;
  return () => {
    text ??= write();
    return text;
  };
}
