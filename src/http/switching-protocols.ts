import type { Duplex } from 'node:stream';
import type { HeaderList } from '../core/headers/header-list.ts';

/**
 * Writes the headers of a 101 to a bare socket (RFC 9110 §15.2.2); `headers` contains no hop-by-hop fields of the
 * backend.
 */
export function writeSwitchingProtocols(socket: Duplex, { flat }: HeaderList): void {
  let head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  for (let i = 0; i < flat.length; i += 2) head += `${flat[i]}: ${flat[i + 1]}\r\n`;
  // RFC 9110 §5.5: field values are bytes, and latin1 keeps each of them.
  socket.write(`${head}\r\n`, 'latin1');
}
