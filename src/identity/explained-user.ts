import { KEY_ISSUER } from '../config/api-key-entries.ts';
import type { Auth } from '../config/auth.ts';
import { DEFAULTS } from '../config/defaults.ts';
import type { Recognised } from '../core/ports/recognised.ts';
import type { CredentialKind, User } from '../core/user.ts';
import { scopesOf } from './jwt/token-rules.ts';
import { keptClaims } from './oidc/user-of.ts';
import { rolesOf } from './roles.ts';

const KINDS: readonly CredentialKind[] = ['session', 'jwt', 'apiKey'];

/**
 * The user of an explained request, as if the identity provider had said this. Nothing is verified: an operator names
 * the user.
 * @param credentials those of the gateway: a session comes first, an API key last.
 */
export function explainedUser(
  auth: Auth,
  credentials: ReadonlySet<CredentialKind>,
  subject: string,
  claims: Readonly<Record<string, unknown>>,
): Recognised | undefined {
  const credential = KINDS.find(kind => credentials.has(kind));
  if (credential === undefined) return undefined;
  const issuer = { session: auth.oidc?.issuer, jwt: auth.jwt?.issuer, apiKey: KEY_ISSUER }[credential] ?? '';
  const path = auth.roles ?? DEFAULTS.auth.roles;
  const user: User = { issuer, subject, claims, scopes: scopesOf(claims), roles: rolesOf(claims, path) };
  return {
    credential,
    user: credential === 'session' ? { ...user, claims: keptClaims(claims, auth.oidc?.claims) } : user,
  };
}
