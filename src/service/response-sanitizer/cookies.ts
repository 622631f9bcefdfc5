import type { CookieOptions } from '../../config/service.ts';
import { publicPath, type ReferencePosition } from './references.ts';
import { hostnameOf, type UpstreamAddresses } from './upstream-addresses.ts';

/**
 * Converts a backend's Set-Cookie (RFC 6265 §4.1) for the browser: a Domain that does not include the public host is
 * dropped, so that the cookie belongs to the public host; the Path becomes the public one. Secure and SameSite stay
 * unless the service sets them.
 */
export function publicCookie(
  value: string,
  place: ReferencePosition,
  known: UpstreamAddresses,
  options: CookieOptions = {},
): string {
  const [pair = '', ...attributes] = value.split(';');
  const prefix = PREFIX.exec(pair)?.[1]?.toLowerCase();
  const allowed = prefix === undefined ? options : withinPrefix(prefix, options);
  // RFC 6265bis §4.1.3.2: with another path or a domain the browser would reject such a cookie.
  const passed =
    prefix === 'host'
      ? attributes
      : attributes.map(attribute => publicAttribute(attribute, place, known)).filter(text => text !== undefined);
  return known.hidden([pair, ...asSaid(passed, allowed)].join(';'), place.x.client);
}

const PREFIX = /^\s*__(host|secure|http)-/i;

/** The cookie options of a service, without attributes that the prefix of a name forbids (RFC 6265bis §4.1.3). */
function withinPrefix(prefix: string, { domain, secure, sameSite }: CookieOptions): CookieOptions {
  return {
    ...(domain !== undefined && prefix !== 'host' && { domain }),
    ...(secure === true && { secure }),
    ...(sameSite !== undefined && { sameSite }),
  };
}

function publicAttribute(attribute: string, place: ReferencePosition, known: UpstreamAddresses): string | undefined {
  const [, name = '', text = ''] = /^\s*([^=\s]*)\s*(?:=\s*(.*?)\s*)?$/s.exec(attribute) ?? [];
  const lower = name.toLowerCase();
  if (lower === 'path' && text.startsWith('/')) return ` ${name}=${publicPath(text, place)}`;
  if (lower !== 'domain') return attribute;
  return isPublic(text, place, known) ? attribute : undefined;
}

/** RFC 6265 §5.1.3: whether the public host may set a cookie for this domain. */
function isPublic(written: string, { x }: ReferencePosition, known: UpstreamAddresses): boolean {
  const domain = written.replace(/^\./, '').toLowerCase();
  const host = hostnameOf(x.client);
  if (host === domain) return true;
  return host.endsWith(`.${domain}`) && !known.isBackend(domain, host);
}

function asSaid(attributes: readonly string[], { domain, secure, sameSite }: CookieOptions): string[] {
  const replaced = [
    domain === undefined ? undefined : 'domain',
    secure === undefined ? undefined : 'secure',
    sameSite === undefined ? undefined : 'samesite',
  ];
  const kept = attributes.filter(attribute => !replaced.includes(nameOf(attribute)));
  if (domain !== undefined) kept.push(` Domain=${domain}`);
  if (secure === true) kept.push(' Secure');
  if (sameSite !== undefined) kept.push(` SameSite=${sameSite}`);
  return kept;
}

function nameOf(attribute: string): string {
  return (attribute.split('=', 1)[0] ?? '').trim().toLowerCase();
}
