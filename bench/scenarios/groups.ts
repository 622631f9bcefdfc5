import { aggregate } from './aggregate.ts';
import type { Bench } from './bench.ts';
import { connections } from './connections.ts';
import { handler } from './handler.ts';
import { hit } from './hit.ts';
import { memory } from './memory.ts';
import { miss } from './miss.ts';
import { policies } from './policies.ts';
import { proxy } from './proxy.ts';
import { routes } from './routes.ts';
import { start } from './start.ts';
import { streams } from './streams.ts';
import { workers } from './workers.ts';

/** The arguments of `npm run bench`, in the order of the table. */
export const GROUPS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  proxy,
  hit,
  miss,
  aggregate,
  handler,
  policies,
  routes,
  connections,
  streams,
  start,
  memory,
  workers,
};
