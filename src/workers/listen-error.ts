import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isCompilerTarget } from '../config/compiler-target.ts';
import type { ListenOptions } from '../gateway.ts';

/** A listener that cannot be opened. The message names cause and remedy. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** The options of the command line that select another address. */
type ListenFlags = '--port' | '--admin-port' | '--listen';

export function listenError(cause: unknown, listen: ListenOptions, flag: ListenFlags): ListenError {
  const { fd, path } = listen;
  const sentence =
    fd !== undefined
      ? passedSentence(cause, fd)
      : path !== undefined
        ? (socketSentence(path) ?? sentenceOn(cause, path, flag))
        : addressSentence(cause, listen, flag);
  return new ListenError(sentence, { cause });
}

function passedSentence(cause: unknown, fd: number): string {
  return `cannot listen on file descriptor ${fd} of LISTEN_FDS: ${reasonOf(cause)}; it has to be a socket of ListenStream=`;
}

/** The field of an address that holds it has 108 bytes on Linux and 104 elsewhere, and ends with a NUL. */
const MAX_PATH = process.platform === 'linux' ? 107 : 103;

/** What is wrong with the path of a Unix socket, for which the system has few codes: `EACCES` for a missing folder. */
function socketSentence(path: string): string | undefined {
  const length = Buffer.byteLength(path);
  if (length > MAX_PATH) {
    return `the path of a Unix socket has at most ${MAX_PATH} bytes; ${path} has ${length}; choose a shorter one with --listen`;
  }
  const folder = dirname(path);
  const kind = kindOf(folder);
  if (kind === 'nothing')
    return `there is no folder ${folder} for the socket ${path}; create it, or choose another with --listen`;
  if (kind !== 'folder') return `${folder} is no folder, so ${path} cannot be in it; choose another with --listen`;
  const there = kindOf(path);
  if (there !== 'file' && there !== 'folder') return undefined;
  return `${path} is a ${there} and no socket; remove it, or choose another with --listen`;
}

function kindOf(path: string): 'nothing' | 'folder' | 'file' | 'socket' {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return 'folder';
    return found.isSocket() ? 'socket' : 'file';
  } catch {
    return 'nothing';
  }
}

function addressSentence(cause: unknown, { port = 0, host }: ListenOptions, flag: ListenFlags): string {
  const place = host === undefined ? `port ${port}` : `${host}:${port}`;
  if (!isUnknownHost(cause)) return sentenceOn(cause, place, flag);
  const hostFlag = flag === '--admin-port' ? '--admin-host' : '--host';
  if (flag === '--port' && host !== undefined && isCompilerTarget(host)) {
    return `${host} is the target of a compiler, which conda sets as HOST, and no address; unset HOST, or choose one with --host`;
  }
  return `this host has no address for ${place}; choose another with ${hostFlag}`;
}

const UNKNOWN_HOST: ReadonlySet<unknown> = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN']);

function isUnknownHost(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && UNKNOWN_HOST.has(cause.code);
}

function sentenceOn(cause: unknown, place: string, flag: ListenFlags): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `${place} is in use by another process; stop that one, or choose another with ${flag}`;
    case 'EACCES':
      return `this user may not listen on ${place}; choose another with ${flag}`;
    default:
      return `cannot listen on ${place}: ${reasonOf(cause)}; choose another with ${flag}`;
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
