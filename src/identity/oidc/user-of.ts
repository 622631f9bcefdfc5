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
  return {
    issuer: claims.iss,
    subject: claims.sub,
    claims: keptClaims(claims, rule.claims),
    scopes: scopesIn(scope),
    roles: rule.rolesOf(claims),
  };
}

/** The claims that a session keeps. @param wanted those of `auth.oidc.claims`; undefined for all about the user. */
export function keptClaims(
  claims: Readonly<Record<string, unknown>>,
  wanted: readonly string[] | undefined,
): Readonly<Record<string, unknown>> {
  const isKept = (name: string): boolean => wanted?.includes(name) ?? !OF_TOKEN.has(name);
  return Object.fromEntries(Object.entries(claims).filter(([name]) => isKept(name)));
}

/** RFC 6749 §3.3. */
export function scopesIn(scope: string): readonly string[] {
  return scope.split(' ').filter(each => each !== '');
}
