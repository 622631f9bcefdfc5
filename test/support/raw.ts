import { connect, type Socket } from 'node:net';

/** Sends raw bytes and reads until the server closes or the response satisfies `until`. */
export function exchangeRaw(
  port: number,
  bytes: string | Buffer,
  until: (text: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', chunk => {
      text += chunk.toString('latin1');
      if (until(text)) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

export function openRaw(port: number, options: { readonly allowHalfOpen?: boolean } = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...options, port, host: '127.0.0.1' }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Everything until the connection ends or the text is enough; a reset is an end too. */
export function textOf(socket: Socket, enough: (text: string) => boolean = () => false): Promise<string> {
  return new Promise(resolve => {
    let text = '';
    socket.on('data', data => {
      text += String(data);
      if (enough(text)) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

/** A GET on a connection that is closed after the response. */
export function get(path: string, ...fields: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, 'Host: shop.test', 'Connection: close', ...fields, '', ''].join('\r\n');
}

/** Status, fields and body of a raw response. */
export function parsed(text: string): { status: number; head: string; body: string } {
  const end = text.indexOf('\r\n\r\n');
  return { status: Number(text.slice(9, 12)), head: text.slice(0, end), body: text.slice(end + 4) };
}
