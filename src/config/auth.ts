import type { CredentialKind } from '../core/user.ts';
import type { Secret } from './secret.ts';

/** How users and programs prove who they are. Routes say by their own `auth` who may call them. */
export interface Auth {
  /** Sign-in of browsers at an identity provider (OpenID Connect); needs `origin` and `session`. Default none. */
  readonly oidc?: Oidc;
  /** Access tokens in `Authorization: Bearer` (RFC 6750, RFC 9068). Default none. */
  readonly jwt?: Jwt;
  /** Keys of programs in a header. Default none. */
  readonly apiKey?: ApiKey;
  /**
   * Path of the gateway's own routes: `login`, `callback`, `logout`, `me` and `backchannel` below it. Default `/auth`.
   */
  readonly path?: `/${string}`;
  /**
   * The claim with the roles of a user: a name, or the names on the way to it, joined by dots: `'realm_access.roles'`.
   * Default `roles`.
   */
  readonly roles?: string;
}

/** The identity provider at which browsers sign in. */
export interface Oidc {
  /** The provider's URL, exactly as in its discovery document. Required. */
  readonly issuer: string;
  /** The gateway's name at the provider. Required. */
  readonly clientId: string;
  /** The gateway's secret at the provider. Required. */
  readonly secret: Secret;
  /** What is requested; `offline_access` needs a session on disk or in Redis. Default `['openid']`. */
  readonly scopes?: readonly string[];
  /** Claims of the ID token that the session keeps, beside the subject. Default: all that are about the user. */
  readonly claims?: readonly string[];
  /** Further parameters of the provider's login page: `{ audience: 'https://api.example' }`. Default none. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** The access tokens that programs send. */
export interface Jwt {
  /** The URL of the provider that issues them, exactly as in `iss`. Required. */
  readonly issuer: string;
  /** The API that they are for: one of these has to be in `aud`. Required. */
  readonly audience: string | readonly string[];
  /** Accepted signature algorithms. Default `['RS256', 'PS256', 'ES256', 'EdDSA']`. */
  readonly algorithms?: readonly string[];
  /** The URL of the provider's keys. Default: from the discovery document of the issuer. */
  readonly keys?: string;
  /** The `typ` that a token must have: `'at+jwt'` (RFC 9068). Default: `at+jwt`, `JWT` or none. */
  readonly typ?: string;
}

/** The keys of programs. */
export interface ApiKey {
  /** The request header with the key; backends do not receive it. Default `x-api-key`. */
  readonly header?: string;
  /**
   * The keys by their SHA-256 in hexadecimal digits, so that nobody can read them here: `name hash`, followed by the
   * scopes of the key; in a variable separated by semicolons or line ends. Required.
   */
  readonly hashes:
    | readonly string[]
    | {
        /** Environment variable that holds the keys. Required. */
        readonly env: string;
      };
}

/** What a route requires. Those of its folders have to be satisfied, too; only `false` removes them. */
export type RouteAuth = 'required' | 'optional' | false | RequiredAuth;

/** Who may call a route. */
export interface RequiredAuth {
  /** Scopes that the user must have, all of them. Default none. */
  readonly scopes?: readonly string[];
  /** Roles of which the user must have one. Default none. */
  readonly roles?: readonly string[];
  /** What may authenticate: `session`, `jwt` or `apiKey`. Default: all that the gateway has. */
  readonly by?: readonly CredentialKind[];
}
