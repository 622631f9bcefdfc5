import { fileURLToPath } from 'node:url';
import { type StartedGateway, startPorticoProcess } from '../peers/portico-process.ts';

const BIN = fileURLToPath(new URL('../../bin/portico.js', import.meta.url));
const DIR = fileURLToPath(new URL('./project', import.meta.url));

/** The gateway of the overload benches, from source. */
export function startGateway(env: Readonly<Record<string, string>>): Promise<StartedGateway> {
  return startPorticoProcess({ bin: BIN, dir: DIR, env, nodeOptions: ['--conditions=portico-source'] });
}
