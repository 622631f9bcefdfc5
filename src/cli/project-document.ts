import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createGateway } from '../gateway.ts';
import { type OpenApiDocument, openApiDocument, type ProjectInfo, type SpecVersion } from '../openapi/document.ts';

/** The OpenAPI document of a project, and the number of its routes. @throws DefinitionError for its mistakes. */
export async function projectDocument(
  dir: string,
  spec: SpecVersion,
): Promise<{ readonly document: OpenApiDocument; readonly routes: number }> {
  const gateway = await createGateway({ dir, stores: false });
  const routes = gateway.routes.map(({ route }) => route);
  await gateway.close({ graceMs: 0 });
  return { document: openApiDocument(routes, await infoOf(dir), spec), routes: routes.length };
}

/** Name and version of the project's package; its folder's name, and 0.0.0, where it has none. */
async function infoOf(dir: string): Promise<ProjectInfo> {
  const text = await readFile(join(dir, 'package.json'), 'utf8').catch(() => '{}');
  const { name, version }: { readonly name?: unknown; readonly version?: unknown } = JSON.parse(text);
  return {
    title: typeof name === 'string' ? name : basename(resolve(dir)),
    version: typeof version === 'string' ? version : '0.0.0',
  };
}
