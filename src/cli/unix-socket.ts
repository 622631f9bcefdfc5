import { stat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** A killed process leaves its socket file, which blocks the address. A socket with a listener is kept. */
export async function removeStaleSocket(path: string): Promise<void> {
  if (!(await isSocket(path)) || (await isListening(path))) return;
  await unlink(path);
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch {
    // Listening there reports a problem of the path better.
    return false;
  }
}

function isListening(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once('connect', () => resolve(true));
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  return promise.finally(() => socket.destroy());
}
