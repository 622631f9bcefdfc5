import type { CookieOptions } from '../../config/service.ts';
import { type Body, bytesBody, collect, type StreamBody } from '../../core/body.ts';
import { GatewayError } from '../../core/failure.ts';
import { HeaderList } from '../../core/headers/header-list.ts';
import { endToEndFilter } from '../../core/headers/hop-by-hop.ts';
import { mediaType } from '../../core/headers/media-type.ts';
import { isPrivateHeader } from '../../core/headers/private-headers.ts';
import type { LeakListener } from '../../core/ports/leaks.ts';
import type { Reply } from '../../core/reply.ts';
import { publicCookie } from './cookies.ts';
import { FieldKinds } from './field-kinds.ts';
import { publicLinks, publicReference, publicRefresh, type ReferencePosition } from './references.ts';
import { SearchedBody } from './searched-body.ts';
import type { UpstreamAddresses } from './upstream-addresses.ts';

export interface ResponseSanitizerOptions {
  /** The service's name, for messages. */
  readonly service: string;
  readonly known: UpstreamAddresses;
  /** Fields that reach the browser though they are hidden by default; in lower case. */
  readonly expose: ReadonlySet<string>;
  readonly cookies: CookieOptions | undefined;
  /** Whether its word on groups of stored responses counts (RFC 9875). */
  readonly cacheGroups: boolean;
  /** Whether bodies are searched for addresses, and what a find does; undefined searches none. */
  readonly leakGuard: 'warn' | 'fail' | undefined;
  readonly leaked: LeakListener;
}

/**
 * The longest text that is read before its head goes out, so that a leak can still be a 502; longer ones break off. In
 * bytes.
 */
const READ_FIRST = 256 * 1024;

// One service may make stale what another one's responses are stored as.
const GROUPS: ReadonlySet<string> = new Set(['cache-groups', 'cache-group-invalidation']);

/** What of a backend's response reaches the browser: nothing that shows which target it was. */
export class ResponseSanitizer {
  readonly #options: ResponseSanitizerOptions;
  readonly #endToEnd: (flat: readonly string[]) => HeaderList;
  readonly #kinds = new FieldKinds();

  constructor(options: ResponseSanitizerOptions) {
    this.#options = options;
    const { expose, cacheGroups } = options;
    this.#endToEnd = endToEndFilter(
      name => (isPrivateHeader(name) && !expose.has(name)) || (!cacheGroups && GROUPS.has(name)),
    );
  }

  /** The head that may travel on. `flat` is name, value, name, value, ... as on the wire. */
  head(flat: readonly string[], place: ReferencePosition): HeaderList {
    const kept = this.#endToEnd(flat);
    let changed: string[] | undefined;
    for (let i = 0; i < kept.flat.length; i += 2) {
      const kind = this.#kinds.of(kept.flat[i] ?? '');
      if (kind === 'plain') continue;
      const value = kept.flat[i + 1] ?? '';
      const hidden = this.#publicValue(kind, value, place);
      if (hidden === value) continue;
      changed ??= kept.flat.slice();
      changed[i + 1] = hidden;
    }
    return changed === undefined ? kept : new HeaderList(changed);
  }

  /**
   * The response with a body that may travel on: error pages for people are scrubbed, other texts searched where a
   * guard is set.
   */
  reply(reply: Reply, place: ReferencePosition): Reply | Promise<Reply> {
    const { body } = reply;
    if (body.kind !== 'stream' || !isSearchable(reply)) return reply;
    if (reply.status >= 400 && FOR_PEOPLE.has(mediaType(reply.headers))) return this.#scrubbed(reply, body, place);
    const { leakGuard } = this.#options;
    if (leakGuard === undefined) return reply;
    const short = body.length !== undefined && body.length <= READ_FIRST;
    return leakGuard === 'fail' && short ? this.#readFirst(reply, body, place) : this.#watched(reply, body, place);
  }

  #publicValue(
    kind: 'location' | 'link' | 'refresh' | 'cookie' | 'other',
    value: string,
    place: ReferencePosition,
  ): string {
    const { known, cookies } = this.#options;
    switch (kind) {
      case 'location':
        return publicReference(value, place, known);
      case 'link':
        return publicLinks(value, place, known);
      case 'refresh':
        return publicRefresh(value, place, known);
      case 'cookie':
        return publicCookie(value, place, known, cookies);
      case 'other':
        return known.hidden(value, place.x.client);
    }
  }

  // A page that a failing server makes by itself is where it says most about itself. A short one is read first, so that
  // it keeps a length.
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

  /** @throws GatewayError `upstream.leaks` where a leak is a failure. */
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

// What programs read is never rewritten: only they know what a text in it means.
const FOR_PEOPLE: ReadonlySet<string> = new Set(['text/html', 'text/plain']);

const TEXT = /^(?:text\/|application\/(?:json|xml|javascript|problem\+json|xhtml\+xml|[\w.-]+\+(?:json|xml))$)/;

/** Event streams pass as they come; what is encoded cannot be read. */
function isSearchable({ headers, longLived }: Reply): boolean {
  return longLived !== true && TEXT.test(mediaType(headers)) && !headers.has('content-encoding');
}
