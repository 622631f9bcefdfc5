import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { missing } from './installed.ts';
import { freePort } from './port.ts';

/** Why tests of Redis cannot run here; undefined if they can. In CI a missing Redis is a failure. */
export const noRedis: string | undefined = missing('redis-server');

/** A Redis for one test that can die, hang and return on the same port. */
export class TestRedis implements AsyncDisposable {
  readonly #port: number;
  readonly #dir: string;
  readonly #config: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, dir: string, config: readonly string[]) {
    this.#port = port;
    this.#dir = dir;
    this.#config = config;
  }

  /** @param config a file with settings, and further arguments. Default none. */
  static async start(...config: readonly string[]): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), await mkdtemp(join(tmpdir(), 'portico-redis-')), config);
    await redis.start();
    return redis;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /** Restarts on the same port, empty, since nothing is saved. */
  async start(): Promise<void> {
    const settings = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.#dir];
    this.#process = spawn('redis-server', [...this.#config, '--port', String(this.#port), ...settings], {
      stdio: 'ignore',
    });
    while (!(await this.#answers())) await wait(10);
  }

  async kill(): Promise<void> {
    const process = this.#process;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const left = once(process, 'exit');
    process.kill('SIGKILL');
    await left;
  }

  /** Keeps its connections and does not respond. */
  hang(): void {
    this.#process?.kill('SIGSTOP');
  }

  wake(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Sends a command in the inline form of redis-cli and returns the raw response. */
  command(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#port, '127.0.0.1', () => socket.write(`${line}\r\n`));
      socket.once('error', reject);
      socket.once('data', data => {
        socket.destroy();
        resolve(data.toString());
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true });
  }

  async #answers(): Promise<boolean> {
    if (this.#process?.exitCode !== null) throw new Error('redis-server does not start');
    return (await this.command('PING').catch(() => '')).startsWith('+PONG');
  }
}
