import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('./processes/ledger-backend.ts', import.meta.url));

/** A request that a backend has executed. */
export interface Executed {
  /** `POST /path` */
  readonly what: string;
  /** The value of `X-Ledger`, or empty. */
  readonly number: string;
}

/** A backend process that can be killed and restarted on its port. */
export class BackendProcess implements AsyncDisposable {
  readonly #ledger: string;
  readonly #program: string;
  #child: ChildProcess | undefined;
  port = 0;

  private constructor(ledger: string, program: string) {
    this.#ledger = ledger;
    this.#program = program;
  }

  /**
   * @param ledger the file to which it writes each executed request before it responds.
   * @param program what it runs, with the ledger and the port as arguments.
   */
  static async start(ledger: string, program = FILE): Promise<BackendProcess> {
    const made = new BackendProcess(ledger, program);
    await made.start();
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Restarts on the same port. */
  async start(): Promise<void> {
    this.#child = fork(this.#program, [this.#ledger, String(this.port)]);
    const [port]: unknown[] = await once(this.#child, 'message');
    this.port = Number(port);
  }

  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
    this.#child = undefined;
  }

  async executed(): Promise<readonly Executed[]> {
    const text = await readFile(this.#ledger, 'utf8').catch(() => '');
    const lines = text.split('\n').filter(line => line !== '');
    return lines.map(line => {
      const [method, path, number = ''] = line.split(' ');
      return { what: `${method} ${path}`, number };
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
