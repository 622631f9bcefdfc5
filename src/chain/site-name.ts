import type { LoadedRoute } from '../config/loaded-route.ts';

/**
 * The name of a call site for operators, as `portico routes` prints its route: `GET /api/products/{id}`, followed by
 * `#part`.
 */
export function siteName({ method, hosts, label }: LoadedRoute, part: string | undefined): string {
  const address = `${hosts.join(',')}${label}`;
  return `${method === undefined ? '' : `${method} `}${address}${part === undefined ? '' : `#${part}`}`;
}
