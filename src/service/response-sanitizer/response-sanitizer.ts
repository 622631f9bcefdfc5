import type { CookieOptions } from '../../config/service.ts';
import { type Body, bytesBody, collect, type StreamBody } from '../../core/body.ts';
import { GatewayError } from '../../core/failure.ts';
import type { HeaderList } from '../../core/headers/header-list.ts';
import { rewritingFilter } from '../../core/headers/hop-by-hop.ts';
import { mediaType } from '../../core/headers/media-type.ts';
import { isPrivateHeader } from '../../core/headers/private-headers.ts';
import type { LeakListener } from '../../core/ports/leaks.ts';
import type { Reply } from '../../core/reply.ts';
import { publicCookie } from './cookies.ts';
import { type FieldKind, fieldKindOf } from './field-kinds.ts';
import { publicLinks, publicReference, publicRefresh, type ReferencePosition } from './references.ts';
import { SearchedBody } from './searched-body.ts';
import type { UpstreamAddresses } from './upstream-addresses.ts';

export interface ResponseSanitizerOptions {
  /** The service's name for messages. */
  readonly service: string;
  readonly known: UpstreamAddresses;
  /** Fields that reach the browser although they are hidden by default; in lower case. */
  readonly expose: ReadonlySet<string>;
  readonly cookies: CookieOptions | undefined;
  /** Whether a cookie of that name is the gateway's own, which no backend may set. */
  readonly isOwnCookie?: ((name: string) => boolean) | undefined;
  /** Whether its cache groups are respected (RFC 9875). */
  readonly cacheGroups: boolean;
  /** Whether bodies are searched for addresses, and the reaction to a match; undefined for no search. */
  readonly leakGuard: 'warn' | 'fail' | undefined;
  readonly leaked: LeakListener;
}

/**
 * A text up to this size is read before its headers are sent, so that a leak can become a 502; a longer one is
 * truncated. In bytes.
 */
const READ_FIRST = 256 * 1024;

// One service may invalidate responses that another one stored.
const GROUPS: ReadonlySet<string> = new Set(['cache-groups', 'cache-group-invalidation']);

/** Removes everything from a backend's response that identifies its target. */
export class ResponseSanitizer {
  readonly #options: ResponseSanitizerOptions;
  /** The sanitized headers. The fields are name, value, name, value, ... in wire order. */
  readonly head: (flat: readonly string[], place: ReferencePosition) => HeaderList;

  constructor(options: ResponseSanitizerOptions) {
    this.#options = options;
    const { expose, cacheGroups } = options;
    this.head = rewritingFilter<FieldKind, ReferencePosition>(
      name => (isPrivateHeader(name) && !expose.has(name)) || (!cacheGroups && GROUPS.has(name)),
      { kindOf: fieldKindOf, rewrite: (kind, value, place) => this.#publicValue(kind, value, place) },
    );
  }

  /**
   * The response with a sanitized body: HTML error pages are rewritten, other texts searched if the leak guard is on.
   */
  reply(reply: Reply, place: ReferencePosition): Reply | Promise<Reply> {
    const { body, status } = reply;
    const { leakGuard } = this.#options;
    // Most responses: without an error nothing is rewritten, and without a guard nothing is searched.
    if (body.kind !== 'stream' || (status < 400 && leakGuard === undefined) || !isSearchable(reply)) return reply;
    if (status >= 400 && FOR_PEOPLE.has(mediaType(reply.headers))) return this.#scrubbed(reply, body, place);
    if (leakGuard === undefined) return reply;
    const short = body.length !== undefined && body.length <= READ_FIRST;
    return leakGuard === 'fail' && short ? this.#readFirst(reply, body, place) : this.#watched(reply, body, place);
  }

  #publicValue(kind: FieldKind, value: string, place: ReferencePosition): string | undefined {
    const { known, cookies, isOwnCookie } = this.#options;
    switch (kind) {
      case 'location':
        return publicReference(value, place, known);
      case 'link':
        return publicLinks(value, place, known);
      case 'refresh':
        return publicRefresh(value, place, known);
      case 'cookie':
        if (isOwnCookie?.(value.slice(0, Math.max(0, value.indexOf('='))).trim()) === true) return undefined;
        return publicCookie(value, place, known, cookies);
      case 'other':
        return known.hidden(value, place.x.client);
    }
  }

  // The error page of a failing server usually describes it in detail. A short one is read first, so that it keeps a
  // length.
  #scrubbed(reply: Reply, body: StreamBody, { x }: ReferencePosition): Reply | Promise<Reply> {
    const passed = (text: string): string => this.#options.known.hidden(text, x.client);
    if (body.length !== undefined && body.length <= READ_FIRST) return scrubbedPage(reply, passed);
    return { ...reply, headers: reply.headers.without(LENGTH), body: new SearchedBody(body, { passed }, undefined) };
  }

  #watched(reply: Reply, body: StreamBody, place: ReferencePosition): Reply {
    const passed = (text: string): string => {
      this.#searched(text, place);
      return text;
    };
    return { ...reply, body: new SearchedBody(body, { passed }, body.length) };
  }

  async #readFirst(reply: Reply, body: Body, place: ReferencePosition): Promise<Reply> {
    const bytes = await collect(body, READ_FIRST, tooLong);
    this.#searched(bytes.toString('latin1'), place);
    return { ...reply, body: bytesBody(bytes) };
  }

  /** @throws GatewayError `upstream.leaks` if leaks are failures. */
  #searched(text: string, { x }: ReferencePosition): void {
    const { service, known, leakGuard, leaked } = this.#options;
    const found = known.mentionIn(text, x.client);
    if (found === undefined) return;
    leaked({ service, requestId: x.id, path: x.path, found });
    if (leakGuard === 'fail')
      throw new GatewayError('upstream.leaks', `${service} named its own address in a response`);
  }
}

async function scrubbedPage(reply: Reply, passed: (text: string) => string): Promise<Reply> {
  const text = (await collect(reply.body, READ_FIRST, tooLong)).toString('latin1');
  const page = passed(text);
  const headers = page === text ? reply.headers : reply.headers.set('Content-Length', String(page.length));
  return { ...reply, headers, body: bytesBody(Buffer.from(page, 'latin1')) };
}

function tooLong(): GatewayError {
  return new GatewayError('upstream.too_large', 'The response is too long');
}

const LENGTH: ReadonlySet<string> = new Set(['content-length']);

// Data for programs is never rewritten, because its meaning is unknown here.
const FOR_PEOPLE: ReadonlySet<string> = new Set(['text/html', 'text/plain']);

const TEXT = /^(?:text\/|application\/(?:json|xml|javascript|problem\+json|xhtml\+xml|[\w.-]+\+(?:json|xml))$)/;

/** Event streams pass unchanged, and encoded bodies cannot be searched. */
function isSearchable({ headers, longLived }: Reply): boolean {
  return longLived !== true && TEXT.test(mediaType(headers)) && !headers.has('content-encoding');
}
