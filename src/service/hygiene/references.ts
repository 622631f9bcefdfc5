import type { Exchange } from '../../core/exchange.ts';
import type { Target } from '../../core/ports/transport.ts';
import type { KnownAddresses } from './known-addresses.ts';

/** Which answer a reference stands in. */
export interface Place {
  readonly x: Exchange;
  readonly target: Target;
}

const ABSOLUTE = /^(?:(?:https?|wss?):)?\/\/([^/?#]*)(.*)$/is;

/** A backend's reference to itself as the browser has to follow it (RFC 9110 §10.2.2): to the public origin, by the public path. */
export function publicReference(reference: string, place: Place, known: KnownAddresses): string {
  const { client } = place.x;
  const [, authority, rest = ''] = ABSOLUTE.exec(reference) ?? [];
  if (authority !== undefined) {
    if (!known.isBackend(authority)) return known.hidden(reference, client);
    const origin = client === undefined ? '' : `${client.protocol}://${client.host}`;
    return known.hidden(origin + publicPath(rest.startsWith('/') ? rest : `/${rest}`, place), client);
  }
  return known.hidden(reference.startsWith('/') ? publicPath(reference, place) : reference, client);
}

/** A path of the backend, by the name that the gateway gives it. */
export function publicPath(reference: string, { x, target }: Place): string {
  const end = reference.search(/[?#]/);
  const path = end < 0 ? reference : reference.slice(0, end);
  const own = isBelow(path, target.base) ? path.slice(target.base.length) || '/' : path;
  const named = x.call?.publicPath?.(own) ?? own;
  return (x.client?.mount ?? '') + named + (end < 0 ? '' : reference.slice(end));
}

function isBelow(path: string, base: string): boolean {
  return base !== '' && path.startsWith(base) && (path.length === base.length || path[base.length] === '/');
}

/** `Link: <a>; rel=x, <b>` (RFC 8288 §3) with each reference made public. */
export function publicLinks(value: string, place: Place, known: KnownAddresses): string {
  const links = value.replace(/<([^>]*)>/g, (_, reference: string) => `<${publicReference(reference, place, known)}>`);
  return known.hidden(links, place.x.client);
}

/** `Refresh: 5; url=...` with its reference made public. */
export function publicRefresh(value: string, place: Place, known: KnownAddresses): string {
  const [, before, reference] = /^(\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?['"]?)(.*)$/i.exec(value) ?? [];
  if (before === undefined || reference === undefined) return known.hidden(value, place.x.client);
  return before + publicReference(reference, place, known);
}
