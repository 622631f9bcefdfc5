import { type Call, defineService, type Service } from './service.ts';

/** A URL string names a service with one target, and may have a pattern as its path. */
export function serviceOfUrl(url: string, name: string): Service | Call {
  const { origin, pattern } = splitUrl(url);
  const service = defineService(name, { targets: [origin], cacheGroups: false });
  return pattern === undefined ? service : service(pattern);
}

/** The origin and the pattern of a URL; without a pattern (or with `/`) the request's own path is passed on. */
export function splitUrl(url: string): { readonly origin: string; readonly pattern: `/${string}` | undefined } {
  const match = /^(https?:\/\/[^/?#]+)(\/[^#]*)?$/i.exec(url);
  if (match?.[1] === undefined) throw new TypeError(`"${url}" is no http:// or https:// address`);
  const path = match[2];
  return { origin: match[1], pattern: path === undefined || path === '/' ? undefined : `/${path.slice(1)}` };
}
