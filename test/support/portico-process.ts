import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/portico.js', import.meta.url));

export interface PorticoEvent {
  readonly event: string;
  readonly url?: string;
  readonly adminUrl?: string;
  readonly generation?: number;
  readonly pid?: number;
  readonly [fact: string]: unknown;
}

export interface SpawnOptions {
  /** The program and arguments that run `bin/portico.js`. Default this Node. */
  readonly node?: readonly string[];
  readonly bin?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** File descriptors that it has from 3 on. */
  readonly fds?: readonly number[];
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** The real command and its output: one event per line. */
export class PorticoProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  err = '';
  readonly #lines: string[] = [];
  readonly #unread: PorticoEvent[] = [];
  readonly #readers = new Set<() => void>();
  readonly #waiting: { readonly name: string; readonly resolve: (event: PorticoEvent) => void }[] = [];

  constructor(
    args: readonly string[],
    { node = [process.execPath], bin = BIN, cwd, env = {}, fds = [] }: SpawnOptions = {},
  ) {
    const [command = process.execPath, ...nodeArgs] = node;
    this.child = spawn(command, [...nodeArgs, bin, ...args], {
      env: { ...environment(), LOG_LEVEL: 'silent', ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...fds],
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.ended = this.#listen();
  }

  /** The next event of this name, or an earlier one not yet taken. Rejects when the process ends without it. */
  event(name: string): Promise<PorticoEvent> {
    const known = this.#unread.findIndex(({ event }) => event === name);
    const [event] = known < 0 ? [] : this.#unread.splice(known, 1);
    if (event !== undefined) return Promise.resolve(event);
    const next = new Promise<PorticoEvent>(resolve => this.#waiting.push({ name, resolve }));
    const never = this.ended.then(({ code, err }): never => {
      throw new Error(`portico ended (${code}) before "${name}"\n${err}`);
    });
    return Promise.race([next, never]);
  }

  /** The output, once it contains a line with this text. */
  printed(text: string): Promise<string> {
    return new Promise(resolve => {
      const read = (): void => {
        if (this.#lines.some(line => line.includes(text))) resolve(this.#lines.join('\n'));
      };
      this.#readers.add(read);
      // The event may have been printed before.
      read();
    });
  }

  /** Its addresses once it listens. */
  async ready(): Promise<{ readonly url: string; readonly adminUrl: string; readonly generation: number }> {
    const { url = '', adminUrl = '', generation = 0 } = await this.event('ready');
    return { url, adminUrl, generation };
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  /** Kills it and the Node that it may have started, which SIGKILL would not reach. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    this.child.kill('SIGINT');
    await this.ended;
  }

  async #listen(): Promise<Ended> {
    const { child } = this;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', line => this.#hear(line));
    const [code, signal]: [number | null, string | null] = await once(child, 'close').then(() => [
      child.exitCode,
      child.signalCode,
    ]);
    return { code, signal, out: this.#lines.join('\n'), err: this.err };
  }

  #hear(line: string): void {
    this.#lines.push(line);
    for (const read of this.#readers) read();
    if (!line.startsWith('{"event"')) return;
    const event: PorticoEvent = JSON.parse(line);
    const asked = this.#waiting.findIndex(({ name }) => name === event.event);
    if (asked < 0) this.#unread.push(event);
    else this.#waiting.splice(asked, 1)[0]?.resolve(event);
  }
}

/** A gateway on free ports that prints its events. */
export function startPortico(
  command: 'start' | 'dev',
  args: readonly string[],
  options: SpawnOptions = {},
): PorticoProcess {
  return new PorticoProcess([command, '--port', '0', '--admin-port', '0', '--json', ...args], options);
}

/** A command that ends by itself. */
export function runPortico(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  return new PorticoProcess(args, options).ended;
}

/** Without the variables of the test runner. */
export function environment(): Record<string, string> {
  const mine = /^(?:npm_|NODE_|VITEST|PORT$|HOST$|PORTICO_|FORCE_COLOR$)/;
  const kept = Object.entries(process.env).filter(([name, value]) => value !== undefined && !mine.test(name));
  return Object.fromEntries(kept.map(([name, value = '']) => [name, value]));
}
