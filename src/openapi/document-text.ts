import type { LoadedRoute } from '../config/loaded-route.ts';
import { openApiDocument } from './document.ts';
import { projectInfo } from './project-info.ts';
import type { SecuritySource } from './security.ts';

/** The routes of a project as OpenAPI 3.1.2, in JSON. */
export async function documentText(
  dir: string,
  routes: readonly LoadedRoute[],
  security: SecuritySource,
): Promise<string> {
  return JSON.stringify(openApiDocument(routes, await projectInfo(dir), '3.1.2', security));
}
