import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Connections opened at a time, because an overflowing backlog costs seconds that distort the result. */
const OPENED_TOGETHER = 50;

export interface Burst {
  /** The waits for the last byte in milliseconds, sorted. */
  readonly waits: readonly number[];
  readonly bodies: readonly string[];
}

/** Clients that are connected beforehand and send the same request at the same moment. */
export class Clients {
  readonly #sockets: readonly Socket[];
  readonly #host: string;

  private constructor(sockets: readonly Socket[], host: string) {
    this.#sockets = sockets;
    this.#host = host;
  }

  static async open(port: number, count: number): Promise<Clients> {
    const sockets: Socket[] = [];
    while (sockets.length < count) {
      const more = Math.min(OPENED_TOGETHER, count - sockets.length);
      const opened = Array.from({ length: more }, () => connect(port, '127.0.0.1').setNoDelay(true));
      await Promise.all(opened.map(socket => once(socket, 'connect')));
      sockets.push(...opened);
    }
    return new Clients(sockets, `127.0.0.1:${port}`);
  }

  async ask(path: string): Promise<Burst> {
    const bytes = `GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nUser-Agent: bench\r\n\r\n`;
    const asked = performance.now();
    const answers = await Promise.all(this.#sockets.map(socket => response(socket, bytes)));
    const waits = answers.map(({ at }) => at - asked).sort((a, b) => a - b);
    return { waits, bodies: answers.map(({ body }) => body) };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function response(socket: Socket, bytes: string): Promise<{ readonly at: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const lost = (): void => reject(new Error('a connection was closed'));
    const hear = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const body = wholeBody(text);
      if (body === undefined) return;
      socket.off('data', hear).off('close', lost);
      resolve({ at: performance.now(), body });
    };
    socket.on('data', hear).on('close', lost);
    socket.write(bytes);
  });
}

/** @throws for anything but 200. */
function wholeBody(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  if (!text.startsWith('HTTP/1.1 200')) throw new Error(`a request failed: ${text.slice(0, text.indexOf('\r\n'))}`);
  const body = text.slice(end + 4);
  const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  if (length !== undefined) return body.length >= Number(length) ? body : undefined;
  return body.endsWith('0\r\n\r\n') ? body : undefined;
}
