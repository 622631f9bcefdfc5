import { DEFAULTS } from '../config/defaults.ts';
import type { GatewayOptions } from '../config/gateway.ts';
import type { LoadedAuth } from '../config/loaded-route.ts';
import type { CredentialKind } from '../core/user.ts';

/** What the document says about credentials. */
export type SecuritySource = Pick<GatewayOptions, 'auth' | 'origin'>;

/** The credentials of a gateway as Security Scheme Objects (OpenAPI 3.1 §4.8.27). */
export function securitySchemes({ auth = {}, origin = '' }: SecuritySource): Readonly<Record<string, object>> {
  const cookie = origin.startsWith('https:') ? '__Host-portico' : 'portico';
  return {
    ...(auth.oidc && { session: { type: 'apiKey', in: 'cookie', name: cookie } }),
    ...(auth.jwt && { jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } }),
    ...(auth.apiKey && {
      apiKey: { type: 'apiKey', in: 'header', name: auth.apiKey.header ?? DEFAULTS.auth.apiKeyHeader },
    }),
  };
}

/** The credentials of which a route needs one; an empty one stands for a request without. */
export function securityOf(
  rules: LoadedAuth | undefined,
  source: SecuritySource,
): readonly Readonly<Record<string, readonly string[]>>[] | undefined {
  if (rules === undefined) return undefined;
  const known = Object.keys(securitySchemes(source)) as CredentialKind[];
  const accepted = known.filter(kind => rules.rules.every(({ by }) => by === undefined || by.includes(kind)));
  const scopes = [...new Set(rules.rules.flatMap(rule => rule.scopes ?? []))];
  return [...accepted.map(kind => ({ [kind]: scopes })), ...(rules.required ? [] : [{}])];
}
