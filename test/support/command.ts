import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/portico.js', import.meta.url));

interface Ready {
  readonly url: string;
  readonly adminUrl: string;
}

export interface RunningCommand extends AsyncDisposable, Ready {
  readonly process: ChildProcess;
}

/** Runs `portico start` or `portico dev` on free ports and waits until it says that it is ready. */
export async function runPortico(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningCommand> {
  const child = spawn(process.execPath, [BIN, ...args, '--port', '0', '--admin-port', '0', '--json'], {
    env: { ...process.env, LOG_LEVEL: 'silent', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { url, adminUrl } = await ready(child);
  return {
    url: url.replace(/\/$/, ''),
    adminUrl: adminUrl.replace(/\/$/, ''),
    process: child,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function ready(child: ChildProcess): Promise<Ready> {
  if (child.stdout === null) throw new Error('portico has no output to read');
  for await (const line of createInterface({ input: child.stdout })) {
    const event: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
    if (isReady(event)) {
      child.stdout.resume();
      return event;
    }
  }
  throw new Error('portico ended before it was ready');
}

function isReady(event: unknown): event is Ready {
  return typeof event === 'object' && event !== null && 'event' in event && event.event === 'ready';
}
