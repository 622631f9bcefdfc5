import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './port.ts';
import { type Ended, PorticoProcess } from './portico-process.ts';

/** The folder of the files for deployments. */
export const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));

interface Place {
  readonly env: Readonly<Record<string, string>>;
  /** A Unix socket to listen on. Default a free port of loopback. */
  readonly socket?: string;
}

/** A gateway with the project of `deploy/`, which can die and be started again at its address. */
export class ProjectGateway implements AsyncDisposable {
  readonly port: number;
  readonly adminPort: number;
  readonly #place: Place;
  #process: PorticoProcess;

  private constructor(place: Place, port: number, adminPort: number) {
    this.#place = place;
    this.port = port;
    this.adminPort = adminPort;
    this.#process = this.#spawn();
  }

  /** Serves when this resolves. */
  static async start(place: Place): Promise<ProjectGateway> {
    const gateway = new ProjectGateway(place, await freePort(), await freePort());
    await gateway.#process.ready();
    return gateway;
  }

  /** As files of load balancers have it: host and port. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async restart(): Promise<void> {
    this.#process = this.#spawn();
    await this.#process.ready();
  }

  /** SIGTERM; resolves when it has drained. */
  drain(): Promise<Ended> {
    return this.#process.stop('SIGTERM');
  }

  kill(): Promise<Ended> {
    return this.#process.stop('SIGKILL');
  }

  async readiness(): Promise<number> {
    return (await fetch(`http://127.0.0.1:${this.adminPort}/readyz`)).status;
  }

  /** How many requests it has sent to the app since its start; health checks of load balancers are none. */
  async served(): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.adminPort}/metrics`)).text();
    const counts = [
      ...text.matchAll(/^http_server_request_duration_seconds_count\{.*http_route="\/\{\.\.\.path\?\}".*\} (\d+)$/gm),
    ];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  #spawn(): PorticoProcess {
    const { env, socket } = this.#place;
    const listen = socket === undefined ? ['--port', String(this.port)] : ['--listen', `unix:${socket}`];
    const admin = ['--admin-port', String(this.adminPort)];
    const args = ['start', '--dir', join(DEPLOY, 'project'), ...listen, ...admin, '--json'];
    return new PorticoProcess(args, { env });
  }
}
