import { GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';

/**
 * Who may open a WebSocket: browsers send cookies along from any page, so another origin's page is refused unless the route names it
 * (cross-site WebSocket hijacking). A client without Origin is no browser.
 */
export function origin(allowed: readonly string[]): Stage {
  return next => x => {
    const value = x.headers.get('origin');
    if (value === undefined || allowed.includes(value) || hostOf(value) === x.client?.host) return next(x);
    throw new GatewayError('request.forbidden', 'This origin may not open a connection here');
  };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
