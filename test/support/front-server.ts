import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { installed, missing } from './installed.ts';
import { freePort } from './port.ts';

type Variables = Readonly<Record<string, string>>;

/** A proxy in front of gateways, by a file of `deploy/`. */
export interface FrontProgram {
  readonly name: string;
  /** Why it cannot run here. */
  readonly missing: string | undefined;
  /** The name of its file in the folder of a topology. */
  readonly file: string;
  /** The arguments with which it serves, or with which it only checks. The files that it needs are in `dir`. */
  prepare(dir: string, file: string, variables: Variables): Promise<Prepared>;
}

interface Prepared {
  readonly serve: readonly string[];
  readonly check: readonly string[];
}

export const HAPROXY: FrontProgram = {
  name: 'haproxy',
  missing: missing('haproxy'),
  file: 'haproxy.cfg',
  // It reads variables by itself.
  prepare: async (_dir, file) => ({ serve: ['-db', '-f', file], check: ['-c', '-f', file] }),
};

export const NGINX: FrontProgram = {
  name: 'nginx',
  missing: missing('nginx', 'nginx-light'),
  file: 'nginx.conf.template',
  prepare: async (dir, file, variables) => {
    await writeFile(join(dir, 'portico.conf'), filled(await readFile(file, 'utf8'), variables));
    await writeFile(join(dir, 'nginx.conf'), nginxConfig(dir));
    const common = ['-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')];
    return { serve: common, check: ['-t', ...common] };
  },
};

/** What `envsubst` does: only the named variables are replaced, since nginx has its own. */
function filled(text: string, variables: Variables): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole);
}

/** Around the file, as in Debian's nginx.conf. */
function nginxConfig(dir: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${join(dir, name)};`,
  );
  // The workers of a root's nginx would be another user, who may not use the sockets of a test.
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 2;
pid ${join(dir, 'nginx.pid')};
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.join('\n  ')}
  include ${join(dir, 'portico.conf')};
}
`;
}

/** The running program on a free port of loopback. */
export class FrontServer implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #dir: string;

  private constructor(port: number, child: ChildProcess, dir: string) {
    this.port = port;
    this.#child = child;
    this.#dir = dir;
  }

  /** @param variables those of the file, without its own address. */
  static async start(program: FrontProgram, folder: string, variables: Variables): Promise<FrontServer> {
    const port = await freePort();
    const dir = await mkdtemp(join(tmpdir(), `portico-${program.name}-`));
    const all = { ...variables, FRONT_BIND: `127.0.0.1:${port}`, FRONT_LISTEN: `127.0.0.1:${port}` };
    const { serve } = await program.prepare(dir, join(folder, program.file), all);
    const child = spawn(installed(program.name), serve, { env: { ...process.env, ...all }, stdio: 'ignore' });
    const server = new FrontServer(port, child, dir);
    await server.#listening();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #listening(): Promise<void> {
    while (!(await this.#accepts())) {
      if (this.#child.exitCode !== null) throw new Error(`${this.#child.spawnfile} does not start`);
      await wait(10);
    }
  }

  #accepts(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = connect(this.port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    return promise.finally(() => socket.destroy());
  }
}
