import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { environment } from './portico-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ADDRESS = /https?:\/\/(?:localhost|127\.0\.0\.1):\d+/;

interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command from a page (`npm run example x`), on free ports. */
export class NpmRun implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #readers = new Set<() => void>();
  #printed = '';

  constructor(command: string, { cwd = ROOT, env = environment() }: Place = {}) {
    const [program = '', ...args] = command.split(' ');
    this.#child = spawn(program, args, {
      cwd,
      env: { ...env, PORT: '0', PORTICO_ADMIN_PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#printed += text;
        for (const read of this.#readers) read();
      });
    }
    this.#closed = once(this.#child, 'close');
  }

  get printed(): string {
    return this.#printed;
  }

  /** Its address once it listens. */
  async url(): Promise<string> {
    const ended = this.#closed.then((): never => {
      throw new Error(`it ended without an address:\n${this.#printed}`);
    });
    return Promise.race([this.#says(ADDRESS), ended]);
  }

  /**
   * Signals npm alone. Resolves when npm and all its processes have ended, since a remaining one would keep the output
   * open.
   */
  async stop(signal: NodeJS.Signals): Promise<number | string | null> {
    this.#child.kill(signal);
    await this.#closed;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGTERM');
  }

  #says(pattern: RegExp): Promise<string> {
    return new Promise(resolve => {
      const read = (): void => {
        const [found] = pattern.exec(this.#printed) ?? [];
        if (found !== undefined) resolve(found);
      };
      this.#readers.add(read);
      read();
    });
  }
}
