import { DEFAULTS } from '../config/defaults.ts';
import type { AnyContext, LoadedDefinition } from '../config/loaded-route.ts';
import { compilePattern, withQuery } from '../config/path-pattern.ts';
import { contextOf } from '../config/request-context.ts';
import type { Handler } from '../core/handler.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import { emptyReply } from '../core/reply.ts';

type RedirectTarget = NonNullable<LoadedDefinition['redirect']>;

/**
 * Redirects to another address. A path pattern is filled with the route's params and gets the client's query appended.
 */
export function redirectHandler(redirect: RedirectTarget): Handler {
  const { to, status } = typeof redirect === 'object' ? redirect : { to: redirect, status: undefined };
  const locationOf = locating(to);
  return x => {
    const location = locationOf(x);
    return emptyReply(status ?? DEFAULTS.redirect.status, HeaderList.of({ Location: location, 'Content-Length': '0' }));
  };
}

function locating(to: string | ((c: AnyContext) => string)): (x: Parameters<Handler>[0]) => string {
  if (typeof to === 'function') return x => to(contextOf(x));
  const absolute = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)(.*)$/i.exec(to);
  const origin = absolute?.[1] ?? '';
  const fill = compilePattern(absolute?.[2] ?? to);
  return x => {
    const { path, search } = withQuery(fill(x), x.search);
    const mount = origin === '' ? (x.client?.mount ?? '') : '';
    return `${origin}${mount}${path}${search}`;
  };
}
