import type { User } from '../../core/user.ts';

/** Claims about the token, not about the user (OpenID Connect Core §2, RFC 7519 §4.1). */
const OF_TOKEN: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'nonce',
  'at_hash',
  'c_hash',
  's_hash',
  'azp',
  'sid',
  'auth_time',
  'typ',
]);

/** What an ID token says. */
export interface IdClaims {
  readonly iss: string;
  readonly sub: string;
  readonly [name: string]: unknown;
}

export interface UserRule {
  /** The claims that are kept; undefined for all. */
  readonly claims: readonly string[] | undefined;
  readonly rolesOf: (claims: Readonly<Record<string, unknown>>) => readonly string[];
}

/** The user of an ID token. @param scope what was granted, separated by spaces. */
export function userOf(claims: IdClaims, scope: string, rule: UserRule): User {
  const isKept = (name: string) => rule.claims?.includes(name) ?? !OF_TOKEN.has(name);
  return {
    issuer: claims.iss,
    subject: claims.sub,
    claims: Object.fromEntries(Object.entries(claims).filter(([name]) => isKept(name))),
    scopes: scope.split(' ').filter(each => each !== ''),
    roles: rule.rolesOf(claims),
  };
}
