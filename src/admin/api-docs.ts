import { API_DOCS_FILES, type ApiDocsFile } from '../config/api-docs.ts';
import { type AdminResponse, problem } from './admin-response.ts';
import type { ManagedGateway } from './managed-gateway.ts';

const API_DOCS = '/api-docs';

/** The page of the API, its files, and the document; undefined for other paths. */
export function apiDocsAt(path: string): ((gateway: ManagedGateway) => Promise<AdminResponse>) | undefined {
  if (path === API_DOCS) return page;
  if (path === '/openapi.json') return gateway => file(gateway, 'openapi.json');
  const name = API_DOCS_FILES.find(each => path === `${API_DOCS}/${each}`);
  return name && (gateway => file(gateway, name));
}

async function page(): Promise<AdminResponse> {
  const { PAGE_HEADERS, pageOf } = await import('../openapi/page-files.ts');
  return { status: 200, headers: PAGE_HEADERS, ...(await pageOf(API_DOCS)) };
}

async function file(gateway: ManagedGateway, name: ApiDocsFile): Promise<AdminResponse> {
  const { PAGE_HEADERS, pageFile } = await import('../openapi/page-files.ts');
  const document = name === 'openapi.json' ? await gateway.openApi() : '';
  if (document !== undefined)
    return { status: 200, headers: PAGE_HEADERS, ...(await pageFile(name, async () => document)) };
  if (gateway.phase === 'starting') return problem(503, 'gateway.starting', 'The gateway has not started yet');
  return problem(503, 'gateway.busy', 'No worker responded in time');
}
