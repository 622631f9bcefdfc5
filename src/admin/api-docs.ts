import { API_DOCS_FILES, type ApiDocsFile } from '../config/api-docs.ts';
import { type AdminResponse, nobodyResponds } from './admin-response.ts';
import type { ManagedGateway } from './managed-gateway.ts';

const API_DOCS = '/api-docs';

/** A file of the page of the API; undefined for other paths. */
export function apiDocsFileAt(path: string): ((gateway: ManagedGateway) => Promise<AdminResponse>) | undefined {
  const name = API_DOCS_FILES.find(each => path === `${API_DOCS}/${each}`);
  return name && (gateway => apiDocsFile(gateway, name));
}

/** The page of the API. */
export async function apiDocsPage(): Promise<AdminResponse> {
  const { PAGE_HEADERS, pageOf } = await import('../openapi/page-files.ts');
  return { status: 200, headers: PAGE_HEADERS, ...(await pageOf('api-docs', API_DOCS)) };
}

export async function apiDocsFile(gateway: ManagedGateway, name: ApiDocsFile): Promise<AdminResponse> {
  const { PAGE_HEADERS, apiDocsFileOf } = await import('../openapi/page-files.ts');
  const document = name === 'openapi.json' ? await gateway.openApi() : '';
  if (document === undefined) return nobodyResponds(gateway);
  return { status: 200, headers: PAGE_HEADERS, ...(await apiDocsFileOf(name, async () => document)) };
}
