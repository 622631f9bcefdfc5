import type { LoadedRoute } from '../config/loaded-route.ts';
import { openApiDocument } from './document.ts';
import { projectInfo } from './project-info.ts';

/** The routes of a project as OpenAPI 3.1.2, in JSON. */
export async function documentText(dir: string, routes: readonly LoadedRoute[]): Promise<string> {
  return JSON.stringify(openApiDocument(routes, await projectInfo(dir), '3.1.2'));
}
