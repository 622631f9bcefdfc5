import { loadDefinitions } from '../config-loader/load.ts';
import { type OpenApiDocument, openApiDocument, type SpecVersion } from '../openapi/document.ts';
import { projectInfo } from '../openapi/project-info.ts';

/** The OpenAPI document of a project, and the number of its routes. @throws DefinitionError for its mistakes. */
export async function projectDocument(
  dir: string,
  spec: SpecVersion,
): Promise<{ readonly document: OpenApiDocument; readonly routes: number }> {
  const { routes, gateway } = await loadDefinitions(dir);
  return { document: openApiDocument(routes, await projectInfo(dir), spec, gateway), routes: routes.length };
}
