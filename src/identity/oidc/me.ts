import { GatewayError } from '../../core/failure.ts';
import type { Handler } from '../../core/handler.ts';
import { jsonReply, withHeader } from '../../core/reply.ts';
import { publicPath, type SignInParts, sessionOf } from './sign-in-routes.ts';

/** Tells a page who is signed in. */
export function meHandler(parts: SignInParts, maxMs: number): Handler {
  const { path } = parts;
  return async x => {
    const found = await sessionOf(parts, x);
    if (found === undefined) {
      throw new GatewayError('request.unauthorized', 'Nobody is signed in here', {
        login: publicPath(x, `${path}/login`),
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
