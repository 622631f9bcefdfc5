import { GatewayError } from '../../core/failure.ts';
import type { Handler } from '../../core/handler.ts';
import { jsonReply, withHeader } from '../../core/reply.ts';
import type { SignInParts } from './sign-in-routes.ts';

/** Tells a page who is signed in. */
export function meHandler({ cookie, sessions, path }: SignInParts, maxMs: number): Handler {
  return async x => {
    const value = x.details.ownCookies?.get(cookie.name);
    const found = value === undefined ? undefined : await sessions.find(value);
    if (found === undefined) {
      throw new GatewayError('request.unauthorized', 'Nobody is signed in here', {
        login: `${x.client?.mount ?? ''}${path}/login`,
        headers: ['WWW-Authenticate', `Session realm="${path}"`],
      });
    }
    const { user, startedAt } = found.record;
    const { issuer, subject, claims, scopes, roles } = user;
    const times = {
      startedAt: new Date(startedAt).toISOString(),
      endsAt: new Date(startedAt + maxMs).toISOString(),
    };
    const reply = withHeader(
      jsonReply(200, { issuer, subject, claims, scopes, roles, ...times }),
      'Cache-Control',
      'no-store',
    );
    return found.setCookie === undefined
      ? reply
      : { ...reply, headers: reply.headers.add('Set-Cookie', found.setCookie) };
  };
}
