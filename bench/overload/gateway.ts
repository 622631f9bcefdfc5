import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface StartedGateway {
  readonly url: string;
  readonly adminUrl: string;
  stop(): Promise<void>;
}

const BIN = fileURLToPath(new URL('../../bin/portico.js', import.meta.url));
const DIR = fileURLToPath(new URL('./project', import.meta.url));

/** `portico start` as in production, on free ports. */
export async function startGateway(env: Readonly<Record<string, string>>): Promise<StartedGateway> {
  const args = [BIN, 'start', '--dir', DIR, '--port', '0', '--admin-port', '0', '--json'];
  const child = spawn(process.execPath, ['--conditions=portico-source', ...args], {
    env: { ...process.env, LOG_LEVEL: 'silent', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const said: { event?: string; url?: string; adminUrl?: string } = JSON.parse(line);
    if (said.event !== 'ready') continue;
    return {
      url: said.url ?? '',
      adminUrl: said.adminUrl ?? '',
      async stop() {
        const left = once(child, 'exit');
        child.kill('SIGTERM');
        await left;
      },
    };
  }
  throw new Error('portico ended before it was ready');
}
