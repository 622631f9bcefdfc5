import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Clients that request one path over persistent connections, one request at a time on each, and read every response in
 * full.
 */
export class Load {
  readonly #sockets: readonly Socket[];
  readonly #bytes: string;

  private constructor(sockets: readonly Socket[], bytes: string) {
    this.#sockets = sockets;
    this.#bytes = bytes;
  }

  static async open(port: number, path: string, connections: number): Promise<Load> {
    const fields = 'Accept: application/json\r\nAccept-Language: en\r\nUser-Agent: bench';
    const sockets = Array.from({ length: connections }, () => connect(port, '127.0.0.1').setNoDelay(true));
    await Promise.all(sockets.map(socket => once(socket, 'connect')));
    return new Load(sockets, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${fields}\r\n\r\n`);
  }

  async run(requests: number): Promise<void> {
    let left = requests;
    const take = (): boolean => left-- > 0;
    await Promise.all(this.#sockets.map(socket => ask(socket, this.#bytes, take)));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function ask(socket: Socket, bytes: string, take: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const next = (): void => {
      if (take()) {
        socket.write(bytes);
        return;
      }
      socket.off('data', hear).off('close', reject);
      resolve();
    };
    const hear = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (!isWhole(received)) return;
      received = Buffer.alloc(0);
      next();
    };
    socket.on('data', hear).on('close', reject);
    next();
  });
}

function isWhole(received: Buffer): boolean {
  const end = received.indexOf(HEAD_END);
  if (end < 0) return false;
  const head = received.toString('latin1', 0, end);
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(`a request failed: ${head.slice(0, head.indexOf('\r\n'))}`);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) return received.length >= end + 4 + Number(length);
  return received.subarray(-5).toString('latin1') === '0\r\n\r\n';
}
