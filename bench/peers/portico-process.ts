import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

export interface StartOptions {
  /** The `bin/portico.js` that is started. */
  readonly bin: string;
  /** The project's folder. */
  readonly dir: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** Default 0: a single process. */
  readonly workers?: number;
}

/** One line of `portico start --json`. */
interface PorticoEvent {
  readonly event?: string;
  readonly url?: string;
  readonly adminUrl?: string;
}

export interface StartedGateway {
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number;
  /** Loads the routes anew, which needs workers. Resolves when all of them have. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** `portico start` as in production, on free ports. */
export async function startPorticoProcess(options: StartOptions): Promise<StartedGateway> {
  const { bin, dir, env = {}, nodeOptions = [], workers = 0 } = options;
  const args = [bin, 'start', '--dir', dir, '--port', '0', '--admin-port', '0', '--json'];
  const child = spawn(process.execPath, [...nodeOptions, ...args, '--workers', String(workers)], {
    env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'silent', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const { url = '', adminUrl = '' } = await nextEvent(lines, 'ready');
  return {
    url,
    adminUrl,
    pid: child.pid ?? 0,
    async reload() {
      const reloaded = nextEvent(lines, 'reloaded');
      child.kill('SIGHUP');
      await reloaded;
    },
    async stop() {
      const left = once(child, 'exit');
      child.kill('SIGTERM');
      await left;
    },
  };
}

function nextEvent(lines: Interface, name: string): Promise<PorticoEvent> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`portico ended before it was ${name}`));
    const hear = (line: string): void => {
      const event: PorticoEvent = JSON.parse(line);
      if (event.event !== name) return;
      lines.off('line', hear).off('close', ended);
      resolve(event);
    };
    lines.on('line', hear).on('close', ended);
  });
}
