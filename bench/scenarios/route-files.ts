import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PER_FOLDER = 100;

/** Writes a project with this many routes below the folder in which `portico` is installed. Returns its name. */
export function writeProject(dir: string, routes: number): string {
  const name = `routes-${routes}`;
  const home = join(dir, name);
  for (let i = 0; i < routes; i += PER_FOLDER) mkdirSync(join(home, 'routes', folderOf(i)), { recursive: true });
  for (const file of ['services.ts', 'portico.config.ts']) cpSync(join(dir, 'gateway', file), join(home, file));
  for (let i = 0; i < routes; i++) writeFileSync(join(home, 'routes', folderOf(i), `r${i}.get.ts`), routeFile(i));
  return name;
}

export function routePath(i: number): string {
  return `/${folderOf(i)}/r${i}`;
}

function folderOf(i: number): string {
  return `g${Math.floor(i / PER_FOLDER)}`;
}

function routeFile(i: number): string {
  return `import { defineRoute } from 'portico';
import { backend } from '../../services.ts';

export default defineRoute('${routePath(i)}', {
  proxy: backend('/plain/90'),
  timeout: '5s',
  retry: { attempts: 2 },
  breaker: { errorRate: '50%' },
});
`;
}
