import { resolve } from 'node:path';
import { DEFAULTS } from '../config/defaults.ts';
import { limitsOf } from '../config/request-limits.ts';
import { backendFindings } from './backends.ts';
import { envFindings } from './env-files.ts';
import type { DoctorFinding } from './finding.ts';
import { nodeFinding, openFilesFinding } from './host.ts';
import { type PortUse, portFinding } from './ports.ts';
import { readingOf } from './project.ts';
import { redisFindings } from './redis.ts';

export interface DiagnoseOptions {
  readonly dir: string;
  readonly ports: readonly PortUse[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The variables that no `.env` file has set. */
  readonly outside: ReadonlySet<string>;
}

/** Looks at everything that a project needs to run here. It writes nothing, and calls backends by HEAD only. */
export async function diagnose({ dir, ports, env, outside }: DiagnoseOptions): Promise<readonly DoctorFinding[]> {
  const { findings, definitions, services } = await readingOf(resolve(dir));
  const { cache, limits } = definitions?.gateway ?? {};
  const written = typeof cache?.redis === 'string' ? { url: cache.redis } : cache?.redis;
  const redis = env.REDIS_URL || written?.url;
  const looks = await Promise.all([
    ...ports.map(async port => [await portFinding(port)]),
    ...services.map(backendFindings),
    ...(redis === undefined ? [] : [redisFindings(redis, written?.prefix ?? DEFAULTS.cache.redis.prefix)]),
  ]);
  const host = [nodeFinding(env.PORTICO_HOST_NODE), openFilesFinding(limitsOf(limits).connections)];
  return [...host, ...envFindings(dir, outside), ...findings, ...looks.flat()];
}
