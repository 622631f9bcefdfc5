import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { lookup } from 'mrmime';
import { NO_BODY } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import { type ByteRange, ifRangeMatches, requestedRange } from '../core/headers/byte-range.ts';
import { isNotModified, notModifiedHeaders } from '../core/headers/conditional.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import { PushBody } from '../core/push-body.ts';
import type { Reply } from '../core/reply.ts';

export interface Files {
  /** An absolute path. */
  readonly dir: string;
  /** Served if no file matches, relative to `dir`. */
  readonly spa: string | undefined;
  /** The route's rest param with the path of the file; without one the folder's index.html is served. */
  readonly rest: string | undefined;
}

/** Serves files below a folder and nothing outside it: no dot files, no links that lead out. */
export function staticHandler(files: Files): Handler {
  return async x => {
    const found = (await openFile(files, pathOf(files, x))) ?? (await openSpa(files));
    if (found === undefined) throw new GatewayError('request.not_found', 'There is no such file');
    return reply(x, found);
  };
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** The requested file, relative to the folder; undefined for names that are never served. */
function pathOf({ rest }: Files, x: Exchange): string | undefined {
  const value = rest === undefined ? undefined : x.params[rest];
  const segments = typeof value === 'string' ? [value] : (value ?? []);
  const hidden = segments.some(segment => segment.startsWith('.') && segment !== '.well-known');
  return hidden || segments.some(segment => /[/\\\0]/.test(segment)) ? undefined : segments.join('/');
}

function openSpa(files: Files): Promise<OpenFile | undefined> {
  return files.spa === undefined ? Promise.resolve(undefined) : openFile(files, files.spa);
}

async function openFile({ dir }: Files, relative: string | undefined): Promise<OpenFile | undefined> {
  if (relative === undefined) return undefined;
  try {
    const root = await realpath(dir);
    const path = await realpath(resolve(root, relative));
    if (path !== root && !path.startsWith(root + sep)) return undefined;
    const folder = relative === '' || relative.endsWith('/');
    return (folder ? undefined : await opened(path)) ?? (await opened(join(path, 'index.html')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && UNAVAILABLE.has(error.code)) return undefined;
    throw error;
  }
}

const UNAVAILABLE: ReadonlySet<unknown> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EACCES',
  'ELOOP',
  'ENAMETOOLONG',
  'ENXIO',
  'EPERM',
]);

async function opened(path: string): Promise<OpenFile | undefined> {
  // Without O_NONBLOCK, opening a named pipe would wait for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = await handle.stat();
  if (stat.isFile()) return { handle, path, size: stat.size, modifiedMs: stat.mtimeMs };
  await handle.close();
  return undefined;
}

async function reply(x: Exchange, file: OpenFile): Promise<Reply> {
  const headers = headersOf(file);
  if (isNotModified(x.headers, headers)) {
    return without(file, { status: 304, headers: notModifiedHeaders(headers), body: NO_BODY });
  }
  const range = rangeOf(x, headers, file.size);
  if (range === 'unsatisfiable') return without(file, unsatisfiable(headers, file.size));
  const { from, to } = range ?? { from: 0, to: file.size - 1 };
  const length = to - from + 1;
  const sized = headers.set('Content-Length', String(length));
  const head =
    range === undefined
      ? { status: 200, headers: sized }
      : { status: 206, headers: sized.add('Content-Range', `bytes ${from}-${to}/${file.size}`) };
  if (x.method === 'HEAD' || length === 0) return without(file, { ...head, body: NO_BODY });
  return { ...head, body: fileBody(file, from, to) };
}

function headersOf(file: OpenFile): HeaderList {
  return HeaderList.of({
    'Content-Type': contentType(file.path),
    'Last-Modified': new Date(file.modifiedMs).toUTCString(),
    ETag: `"${file.size.toString(36)}-${Math.floor(file.modifiedMs).toString(36)}"`,
    'Cache-Control': 'public, max-age=0, must-revalidate',
    'Accept-Ranges': 'bytes',
  });
}

/** RFC 9110 §14.2: a range is defined for GET only. */
function rangeOf(x: Exchange, headers: HeaderList, size: number): ByteRange | 'unsatisfiable' | undefined {
  if (x.method !== 'GET' || !ifRangeMatches(x.headers, headers)) return undefined;
  return requestedRange(x.headers.joined('range'), size);
}

function unsatisfiable(headers: HeaderList, size: number): Reply {
  const own = headers.without(ABOUT_THE_FILE).concat(['Content-Range', `bytes */${size}`, 'Content-Length', '0']);
  return { status: 416, headers: own, body: NO_BODY };
}

const ABOUT_THE_FILE: ReadonlySet<string> = new Set(['content-type', 'last-modified', 'etag', 'cache-control']);

async function without(file: OpenFile, reply: Reply): Promise<Reply> {
  await file.handle.close();
  return reply;
}

function fileBody(file: OpenFile, from: number, to: number): PushBody {
  // The announced length is that at the opening of the file, even if the file grows.
  const length = to - from + 1;
  const source = file.handle.createReadStream({ start: from, end: to });
  const body = new PushBody(
    { pause: () => source.pause(), resume: () => source.resume(), abort: () => source.destroy() },
    length,
  );
  source.on('data', chunk => body.push(Buffer.from(chunk)));
  source.on('end', () => {
    if (source.bytesRead < length)
      body.fail(new GatewayError('gateway.error', 'The file became shorter while it was read'));
    else body.finish();
  });
  source.on('error', cause => body.fail(new GatewayError('gateway.error', 'The file cannot be read', { cause })));
  return body;
}

function contentType(path: string): string {
  const type = lookup(path) ?? 'application/octet-stream';
  return /^text\/|json$|javascript$|xml$/.test(type) ? `${type}; charset=utf-8` : type;
}
