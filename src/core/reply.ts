import { type Body, bytesBody, NO_BODY } from './body.ts';
import { stringifyExactly } from './exact-json.ts';
import type { FailureCode } from './failure.ts';
import { HeaderList } from './headers/header-list.ts';
import type { PurgeLabels } from './purge.ts';

/** A response within the chains. It exists once its headers are known; the body may still be arriving. */
export interface Reply {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Body;
  /**
   * Whether it is an event stream or a tunnel, which ends when its reader wishes: no total timeout applies, it does not
   * count as a call, and nothing buffers it. Set by the code that creates the reply.
   */
  readonly longLived?: boolean;
  /** The lifetime and labels of the responses that it was made of. */
  readonly dependencies?: Dependencies;
  /** Returns the response to send; called once after the purges of its write. */
  readonly whenPurged?: () => Reply;
  /** Absent if every backend responded. */
  readonly fallbacks?: readonly FallbackUse[];
}

/** A fallback in place of a backend's response. */
export interface FallbackUse {
  /** The part; undefined for the whole response. */
  readonly part: string | undefined;
  /** The code of the failure. */
  readonly reason: FailureCode;
  /** Set for an optional part that is missing: nothing took its place. */
  readonly absent?: true;
}

/** The same response, not storable by default, because it must not be reused when its backend recovers. */
export function standingIn(reply: Reply, fallbacks: readonly FallbackUse[]): Reply {
  if (fallbacks.length === 0) return reply;
  const { headers } = reply;
  return {
    ...reply,
    fallbacks,
    headers: headers.has('cache-control') ? headers : headers.add('Cache-Control', 'no-store'),
  };
}

/** The lifetime of the responses that a reply was made of, and their purge labels. */
export interface Dependencies {
  /** Whether the reply may be stored. */
  readonly storable: boolean;
  /** On the monotonic clock; undefined without a known lifetime. */
  readonly freshUntil: number | undefined;
  readonly labels: PurgeLabels;
  /**
   * Whether a stored response is more complete than this one: parts are missing or replaced because their backends
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

/**
 * @param known values within it that come from JSON.
 * @throws GatewayError `reply.invalid` for a value that JSON does not have.
 */
export function jsonReply(status: number, value: unknown, known?: readonly unknown[]): Reply {
  return bytesReply(status, 'application/json; charset=utf-8', Buffer.from(stringifyExactly(value, known)));
}

export function withHeader(reply: Reply, name: string, value: string): Reply {
  return { ...reply, headers: reply.headers.set(name, value) };
}
