import { Socket } from 'node:net';

type Done = (error?: Error | null) => void;

// The error codes of a write after the other side has closed.
const HUNG_UP: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET']);

/**
 * Keeps a failed write from destroying the socket while it may still contain a response: a backend that rejects an
 * upload early (413, 401) responds and closes, and the next write would fail before the response was read. The failure
 * is raised when reading has ended too.
 */
export function withPatientWrites<T>(socket: T): T {
  if (!(socket instanceof Socket)) return socket;
  const { _write: write, _writev: writev } = socket;
  socket._write = (chunk: unknown, encoding: BufferEncoding, done: Done) =>
    write.call(socket, chunk, encoding, patient(socket, done));
  if (writev !== undefined && writev !== null) {
    socket._writev = (chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done) =>
      writev.call(socket, chunks, patient(socket, done));
  }
  return socket;
}

function patient(socket: Socket, done: Done): Done {
  return error => {
    if (!isHangUp(error) || socket.readableEnded || socket.destroyed) {
      done(error);
      return;
    }
    const tell = (): void => {
      socket.off('end', tell);
      socket.off('close', tell);
      done(error);
    };
    socket.on('end', tell);
    socket.on('close', tell);
  };
}

function isHangUp(error: Error | null | undefined): boolean {
  return error instanceof Error && 'code' in error && HUNG_UP.has(error.code);
}
