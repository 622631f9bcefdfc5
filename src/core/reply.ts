import { type Body, bytesBody, NO_BODY } from './body.ts';
import type { FailureCode } from './failure.ts';
import { HeaderList } from './headers/header-list.ts';
import type { PurgeLabels } from './purge.ts';

/** A response on its way out. It exists from its head on; the body may still be arriving. */
export interface Reply {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Body;
  /**
   * An event stream or a tunnel: it ends when its reader wishes. It has no total timeout and no place in the count of
   * calls, and nothing buffers it. The code that makes a reply sets it; absent for any other.
   */
  readonly longLived?: boolean;
  /**
   * What it was made of, where it is a stored response or was made of such: it is no fresher, and stale when they are.
   */
  readonly dependencies?: Dependencies;
  /** Called once what its write made stale has been purged: gives the response to send. */
  readonly whenPurged?: () => Reply;
  /** Absent where every backend answered. */
  readonly fallbacks?: readonly FallbackUse[];
}

/** What stands in a response in place of what its backend should have said. */
export interface FallbackUse {
  /** Of which part; undefined for the whole response. */
  readonly part: string | undefined;
  /** The code of the failure. */
  readonly reason: FailureCode;
}

/**
 * The same response, not storable unless it says otherwise: it must not be reused when its backend is healthy again.
 */
export function standingIn(reply: Reply, fallbacks: readonly FallbackUse[]): Reply {
  if (fallbacks.length === 0) return reply;
  const { headers } = reply;
  return {
    ...reply,
    fallbacks,
    headers: headers.has('cache-control') ? headers : headers.add('Cache-Control', 'no-store'),
  };
}

/** How long what a response was made of may be used, and by what it is purged. */
export interface Dependencies {
  /** Whether any copy of it may be kept. */
  readonly storable: boolean;
  /** On the monotonic clock; undefined where no lifetime is known. */
  readonly freshUntil: number | undefined;
  readonly labels: PurgeLabels;
  /**
   * Whether what is stored says more than this: a fallback or nothing stands in for parts, and each of their backends
   * failed.
   */
  readonly makeshift?: true;
}

export function emptyReply(status: number, headers: HeaderList = HeaderList.empty): Reply {
  return { status, headers, body: NO_BODY };
}

export function bytesReply(status: number, contentType: string, bytes: Buffer): Reply {
  return {
    status,
    headers: new HeaderList(['Content-Type', contentType, 'Content-Length', String(bytes.length)]),
    body: bytesBody(bytes),
  };
}

/** @throws TypeError for a value JSON cannot carry (a cycle, a BigInt). */
export function jsonReply(status: number, value: unknown): Reply {
  return bytesReply(status, 'application/json; charset=utf-8', Buffer.from(JSON.stringify(value) ?? 'null'));
}

export function withHeader(reply: Reply, name: string, value: string): Reply {
  return { ...reply, headers: reply.headers.set(name, value) };
}
