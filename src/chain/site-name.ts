import type { LoadedRoute } from '../config/loaded-route.ts';

/**
 * What an operator calls a call site, as `portico routes` writes its route: `GET /api/products/{id}`, with `#part`
 * behind it.
 */
export function siteName({ method, hosts, label }: LoadedRoute, part: string | undefined): string {
  const address = `${hosts.join(',')}${label}`;
  return `${method === undefined ? '' : `${method} `}${address}${part === undefined ? '' : `#${part}`}`;
}
