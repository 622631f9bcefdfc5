import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUTES = 1_000;

const BARE = `
  import { readdirSync } from 'node:fs';
  import 'portico';
  const dir = process.argv[1];
  const before = process.cpuUsage();
  await Promise.all(readdirSync(dir + '/routes').map(file => import(dir + '/routes/' + file)));
  const { user, system } = process.cpuUsage(before);
  console.log(user + system);
`;

const LOADED = `
  import { createGateway } from 'portico';
  const before = process.cpuUsage();
  await createGateway({ dir: process.argv[1] });
  const { user, system } = process.cpuUsage(before);
  console.log(user + system);
`;

/**
 * The CPU time of loading 1,000 routes (found, imported, validated, compiled) relative to importing the same files
 * alone, once per round.
 */
export function routeLoadRatios(rounds: number): number[] {
  // Below the package, so that the routes can import it by name.
  const root = fileURLToPath(new URL('..', import.meta.url));
  const dir = mkdtempSync(join(root, 'bench', 'routes-'));
  try {
    mkdirSync(join(dir, 'routes'));
    for (let i = 0; i < ROUTES; i++) writeFileSync(join(dir, 'routes', `r${i}.get.ts`), route(i));
    const ratios: number[] = [];
    for (let i = 0; i < rounds; i++) ratios.push(microseconds(LOADED, dir, root) / microseconds(BARE, dir, root));
    return ratios;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function route(i: number): string {
  return `import { defineRoute } from 'portico';
export default defineRoute('/r${i}', {
  proxy: 'http://127.0.0.1:4001/r/${i}',
  cache: { ttl: '30s', swr: '5m', tags: ['r${i}'] },
  timeout: '800ms',
  breaker: { errorRate: '50%' },
});
`;
}

function microseconds(program: string, dir: string, cwd: string): number {
  const args = ['--conditions=portico-source', '--input-type=module', '-e', program, dir];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}
