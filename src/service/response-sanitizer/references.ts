import type { Client, Exchange } from '../../core/exchange.ts';
import type { Target } from '../../core/ports/transport.ts';
import { isBelow, type PublicPath } from '../../core/public-path.ts';
import { publicPrefix } from './public-prefix.ts';
import { hostnameOf, type UpstreamAddresses } from './upstream-addresses.ts';

/** The response that contains a reference. */
export interface ReferencePosition {
  readonly x: Exchange;
  readonly target: Target;
}

const ABSOLUTE = /^(?:(?:https?|wss?):)?\/\/([^/?#]*)(.*)$/is;

/** Maps a backend's reference to itself to the public origin and path (RFC 9110 §10.2.2). */
export function publicReference(reference: string, place: ReferencePosition, known: UpstreamAddresses): string {
  const { client } = place.x;
  const [, authority, rest = ''] = ABSOLUTE.exec(reference) ?? [];
  if (authority === undefined)
    return known.hidden(reference.startsWith('/') ? publicPath(reference, place) : reference, client);
  if (known.isBackend(authority, hostnameOf(client))) {
    const origin = client === undefined ? '' : `${client.protocol}://${client.host}`;
    return known.hidden(origin + publicPath(rest.startsWith('/') ? rest : `/${rest}`, place), client);
  }
  return known.hidden(isPublic(authority, client) ? onPublicOrigin(reference, rest, place) : reference, client);
}

function isPublic(authority: string, client: Client | undefined): boolean {
  const port = client?.protocol === 'https' ? /:443$/ : /:80$/;
  return authority.toLowerCase().replace(port, '') === client?.host.replace(port, '');
}

// A backend that uses X-Forwarded-Host names the public origin with its own path.
function onPublicOrigin(reference: string, rest: string, place: ReferencePosition): string {
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  const named = publicPath(path, place);
  return named === path ? reference : reference.slice(0, reference.length - rest.length) + named;
}

/** Maps a backend's path to the public one. */
export function publicPath(reference: string, place: ReferencePosition): string {
  const end = reference.search(/[?#]/);
  const path = end < 0 ? reference : reference.slice(0, end);
  const named = publicName(path, place);
  return (named === path ? path : onThisHost(named)) + (end < 0 ? '' : reference.slice(end));
}

function publicName(path: string, { x, target }: ReferencePosition): string {
  const { client, call } = x;
  // A backend that uses X-Forwarded-Prefix has used the public path already.
  const prefix = publicPrefix(x, target);
  if (prefix !== undefined && isBelow(path, prefix)) return path;
  const own = isBelow(path, target.base) ? path.slice(target.base.length) || '/' : path;
  return (client?.mount ?? '') + (call?.publicPath === undefined ? own : mapped(own, call.publicPath));
}

// After a base path is removed, the rest may start with what browsers parse as another host (WHATWG URL, "relative
// slash state"): two slashes, a backslash for one of them, tabs between them.
function onThisHost(path: string): string {
  return path.replace(/^[/\\\t\r\n]+/, '/');
}

function mapped(path: string, { from, to }: PublicPath): string {
  const below = from === '' || isBelow(path, from);
  return below ? to + path.slice(from.length) || '/' : path;
}

/** Maps each reference in `Link: <a>; rel=x, <b>` (RFC 8288 §3). */
export function publicLinks(value: string, place: ReferencePosition, known: UpstreamAddresses): string {
  const links = value.replace(/<([^>]*)>/g, (_, reference: string) => `<${publicReference(reference, place, known)}>`);
  return known.hidden(links, place.x.client);
}

/** Maps the reference in `Refresh: 5; url=...`. */
export function publicRefresh(value: string, place: ReferencePosition, known: UpstreamAddresses): string {
  const [, before, reference] = /^(\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?['"]?)(.*)$/i.exec(value) ?? [];
  if (before === undefined || reference === undefined) return known.hidden(value, place.x.client);
  return before + publicReference(reference, place, known);
}
