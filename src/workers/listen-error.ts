import type { ListenOptions } from '../gateway.ts';

/** A listener that cannot be opened. The message names cause and remedy. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** @param flag the option that selects another address. */
export function listenError(cause: unknown, { port = 0, host, path, fd }: ListenOptions, flag: string): ListenError {
  if (fd !== undefined) return new ListenError(passedSentence(cause, fd), { cause });
  const place = path ?? (host === undefined ? `port ${port}` : `${host}:${port}`);
  return new ListenError(sentence(cause, place, flag), { cause });
}

function passedSentence(cause: unknown, fd: number): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `cannot listen on file descriptor ${fd} of LISTEN_FDS: ${reason}; it has to be a socket of ListenStream=`;
}

function sentence(cause: unknown, place: string, flag: string): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `${place} is in use by another process; stop that one, or choose another with ${flag}`;
    case 'EACCES':
      return `this user may not listen on ${place}; choose another with ${flag}`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `this host has no address for ${place}; choose another with --host`;
    default: {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return `cannot listen on ${place}: ${reason}; choose another with ${flag}`;
    }
  }
}
