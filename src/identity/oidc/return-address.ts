const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Where a browser goes after its sign-in: a path of this origin, or `/` for everything else, so that a link to the
 * sign-in cannot lead to another site (RFC 9700 §4.11).
 * @param own paths below this one are the sign-in itself.
 */
export function returnAddress(text: string | null | undefined, origin: string, own: string): string {
  if (text === null || text === undefined || !text.startsWith('/') || CONTROL.test(text)) return '/';
  const url = URL.parse(text, origin);
  if (url === null || url.origin !== origin) return '/';
  const address = `${url.pathname}${url.search}${url.hash}`;
  // A path such as `/.//evil` is normalised to one that begins with two slashes.
  if (address.startsWith('//')) return '/';
  return url.pathname === own || url.pathname.startsWith(`${own}/`) ? '/' : address;
}
