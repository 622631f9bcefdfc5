import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/** Sends that many GETs over keep-alive connections, one at a time on each, and reads every answer whole. */
export async function load(port: number, path: string, requests: number, connections: number): Promise<void> {
  let left = requests;
  const take = (): boolean => left-- > 0;
  await Promise.all(Array.from({ length: connections }, () => client(port, path, take)));
}

function client(port: number, path: string, take: () => boolean): Promise<void> {
  const bytes = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: application/json\r\nAccept-Language: en\r\nUser-Agent: bench\r\n\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => next(socket, bytes, take));
    let received: Buffer = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (!isWhole(received)) return;
      received = Buffer.alloc(0);
      next(socket, bytes, take);
    });
    socket.on('close', () => resolve());
    socket.on('error', reject);
  });
}

function next(socket: Socket, bytes: string, take: () => boolean): void {
  if (take()) socket.write(bytes);
  else socket.end();
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
