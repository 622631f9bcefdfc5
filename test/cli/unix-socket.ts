import { request } from 'node:http';
import { text } from 'node:stream/consumers';

export function getOverUnixSocket(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, path }, res => resolve(text(res)));
    req.once('error', reject).end();
  });
}
