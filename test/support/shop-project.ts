import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProject, type TestProject } from './project.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = ['routes', 'services.ts', 'portico.config.ts', 'schemas/shop', 'demo/web'];

/** A copy of the shop in the repository, whose files a test may edit. */
export async function shopProject(): Promise<TestProject> {
  const project = await createProject({});
  for (const file of FILES) await cp(join(ROOT, file), join(project.dir, file), { recursive: true });
  return project;
}
