import { createRemoteJWKSet, jwtVerify } from 'jose';
import { CART_API } from '../identity/provider.ts';
import type { BackendRequest, BackendResponse } from './response.ts';

type UserHandler = (user: string, request: BackendRequest) => BackendResponse | Promise<BackendResponse>;

const UNKNOWN: BackendResponse = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  json: { error: 'this needs the access token of a user' },
};

/**
 * A handler for users: the access token that the gateway sends is verified with the provider's keys, since a header
 * that merely names somebody could come from anybody in the network (RFC 9068 §4).
 */
export function usersOf(
  issuer: string,
): (handle: UserHandler) => (request: BackendRequest) => Promise<BackendResponse> {
  const keys = createRemoteJWKSet(new URL('/jwks', issuer));
  const userOf = async ({ headers: { authorization = '' } }: BackendRequest): Promise<string | undefined> => {
    const [, token = ''] = /^Bearer ([\w.-]+)$/.exec(authorization) ?? [];
    try {
      const rules = {
        issuer,
        audience: CART_API,
        typ: 'at+jwt',
        algorithms: ['RS256'],
        requiredClaims: ['exp', 'sub'],
      };
      return (await jwtVerify(token, keys, rules)).payload.sub;
    } catch {
      return undefined;
    }
  };
  return handle => async request => {
    const user = await userOf(request);
    return user === undefined ? UNKNOWN : handle(user, request);
  };
}
